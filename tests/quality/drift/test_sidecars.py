"""Sidecars: which JSON files describe a scan, and what is read of them."""

from __future__ import annotations

import json

import pytest

from deskull.errors import InputError
from deskull.quality.drift.quality_files import QualityFileWarning
from deskull.quality.drift.reading import read_cohort


def _write(path, **content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def study(tmp_path):
    """A T1w and a T2w scan, a run of EPI, and the raw dataset beside them."""
    anat = tmp_path / "out" / "sub-01" / "anat"
    for path in (
        anat / "sub-01_desc-brain_quality.json",
        anat / "sub-01_desc-brainT2w_quality.json",
        tmp_path / "out" / "sub-01" / "func" / "sub-01_task-rest_run-2_desc-brain_quality.json",
    ):
        _write(path, quality={"predicted_dice": 0.9})
    return tmp_path


def _labels(study, column):
    return read_cohort(study / "out", study / "raw").labels.get(column, ())


def test_sidecar_of_the_same_name_describes_the_scan(study):
    _write(study / "raw/sub-01/anat/sub-01_T1w.json", Manufacturer="A")
    _write(study / "raw/sub-01/anat/sub-01_T2w.json", Manufacturer="B")
    assert _labels(study, "Manufacturer") == ("B", "A", "")  # in the order of the files' names


def test_scanner_in_a_quality_file_counts_where_no_sidecar_tells_it(study):
    for name in ("sub-01_desc-brain", "sub-01_desc-brainT2w"):
        path = study / "out" / "sub-01" / "anat" / f"{name}_quality.json"
        _write(path, quality={"predicted_dice": 0.9, "input": {"Manufacturer": "of DICOM"}})
    _write(study / "raw/sub-01/anat/sub-01_T2w.json", Manufacturer="B")
    assert _labels(study, "Manufacturer") == ("B", "of DICOM", "")


def test_sidecar_above_is_inherited_and_a_nearer_one_comes_first(study):
    _write(study / "raw/T1w.json", Manufacturer="above", StationName="S")
    _write(study / "raw/sub-01/anat/sub-01_T1w.json", Manufacturer="near")
    assert _labels(study, "Manufacturer") == ("", "near", "")
    assert _labels(study, "StationName") == ("", "S", "")


def test_sidecar_with_another_entity_describes_another_scan(study):
    _write(study / "raw/sub-01/func/sub-01_task-rest_run-1_bold.json", Manufacturer="other")
    _write(study / "raw/task-rest_bold.json", Manufacturer="all runs")
    assert _labels(study, "Manufacturer") == ("", "", "all runs")


def test_field_strength_is_read_as_a_label(study):
    _write(study / "raw/T1w.json", MagneticFieldStrength=3.0)
    assert _labels(study, "MagneticFieldStrength") == ("", "3", "")


def test_name_of_a_patient_is_not_read(study):
    _write(study / "raw/T1w.json", PatientName="Smith", Manufacturer="A")
    assert "PatientName" not in read_cohort(study / "out", study / "raw").labels


def test_sidecar_of_dcm2niix_lies_beside_the_quality_file(tmp_path):
    _write(tmp_path / "scan_12_quality.json", quality={"predicted_dice": 0.9})
    _write(tmp_path / "scan_12.json", Manufacturer="A")
    assert read_cohort(tmp_path).labels["Manufacturer"] == ("A",)


def test_columns_of_participants_are_labels(study):
    _write(study / "raw/T1w.json")
    (study / "raw/participants.tsv").write_text("participant_id\tsite\nsub-01\there\n")
    assert _labels(study, "site") == ("here",) * 3


def test_damaged_sidecar_is_left_out_with_a_warning(study):
    _write(study / "raw/T1w.json")
    (study / "raw/T1w.json").write_text("{")
    with pytest.warns(QualityFileWarning, match=r"T1w.json: cannot be read as JSON .* It is left out"):
        assert _labels(study, "Manufacturer") == ()


def test_missing_folder_is_refused(study):
    with pytest.raises(InputError, match="raw: is no folder; give the dataset that holds the scans"):
        read_cohort(study / "out", study / "raw")
