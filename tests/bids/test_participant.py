"""The participant level: names of derivatives, what sidecars say and inherit, and the dataset's own description."""

from __future__ import annotations

import json

import pytest

from deskull import UsageError
from deskull.bids.participant import describe, plan
from deskull.errors import DeskullWarning
from deskull.formats.b_values import FoundBValues
from deskull.options import StripOptions
from tests.bids.conftest import SCANS, add_scan


def tasks_of(raw, out, *scans):
    options = StripOptions(threads=1, model="small", border=2.0)
    return plan(raw, out, [raw / f"{scan}.nii.gz" for scan in scans], options)


@pytest.mark.parametrize(
    ("scan", "mask", "brain"),
    [
        (SCANS[0], "sub-01_ses-1_run-1_desc-brain_mask", "sub-01_ses-1_run-1_desc-brain_T1w"),
        (SCANS[2], "sub-01_ses-1_desc-brainT2w_mask", "sub-01_ses-1_desc-brain_T2w"),
        (SCANS[5], "sub-02_desc-brainFLAIR_mask", "sub-02_desc-brain_FLAIR"),
        ("sub-02/func/sub-02_task-a_bold", "sub-02_task-a_desc-brain_mask", "sub-02_task-a_desc-brain_bold"),
    ],
)
def test_derivatives_have_the_entities_of_the_scan_and_a_description(raw, tmp_path, scan, mask, brain):
    (task,) = tasks_of(raw, tmp_path / "out", scan)
    folder = tmp_path / "out" / scan.rpartition("/")[0]
    assert task.files == {"brainmask": folder / f"{mask}.nii.gz", "brain": folder / f"{brain}.nii.gz"}
    quality = f"{mask.removesuffix('mask')}quality"
    assert list(task.sidecars) == [folder / f"{stem}.json" for stem in (mask, brain, quality)]


def test_masks_of_a_session_have_different_names(raw, tmp_path):
    tasks = tasks_of(raw, tmp_path / "out", *SCANS)
    assert len({task.mask for task in tasks}) == len(SCANS)


def test_sidecars_state_the_source(raw, tmp_path):
    (task,) = tasks_of(raw, tmp_path / "out", SCANS[4])
    mask, brain, _ = (json.loads(sidecar.text()) for sidecar in task.sidecars.values())
    assert mask["Type"] == "Brain"
    assert brain["SkullStripped"] is True
    for fields in (mask, brain):
        assert fields["Sources"] == ["bids:raw:sub-02/anat/sub-02_T1w.nii.gz"]


def test_brain_repeats_the_sidecar_of_the_scan_and_the_mask_does_not(raw, tmp_path):
    (raw / f"{SCANS[4]}.json").write_text('{"RepetitionTime": 2.3}')
    (task,) = tasks_of(raw, tmp_path / "out", SCANS[4])
    mask, brain, _ = (json.loads(sidecar.text()) for sidecar in task.sidecars.values())
    assert brain["RepetitionTime"] == 2.3
    assert "RepetitionTime" not in mask


def test_one_of_two_files_of_the_same_scan_is_planned(raw, tmp_path):
    add_scan(raw, SCANS[4], ".nii")
    scans = [raw / f"{SCANS[4]}{suffix}" for suffix in (".nii", ".nii.gz")]
    with pytest.warns(DeskullWarning, match=r"sub-02_T1w.nii: has the same name as sub-02_T1w.nii.gz"):
        (task,) = plan(raw, tmp_path / "out", scans, StripOptions(threads=1))
    assert task.scan == scans[1]


def test_sidecars_added_later_are_found_by_the_next_plan(raw, tmp_path):
    tasks_of(raw, tmp_path / "out", SCANS[4])
    (raw / "T1w.json").write_text('{"FlipAngle": 9}')
    (task,) = tasks_of(raw, tmp_path / "out", SCANS[4])
    assert json.loads(list(task.sidecars.values())[1].text())["FlipAngle"] == 9


def test_description_names_the_raw_dataset(raw, tmp_path):
    describe(raw, tmp_path / "out")
    fields = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert (fields["DatasetType"], fields["DatasetLinks"]) == ("derivative", {"raw": "../raw"})
    assert fields["GeneratedBy"][0]["Name"] == "deskull"


def test_existing_files_of_the_dataset_are_kept(raw, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    describe(raw, tmp_path)
    describe(raw, tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_folder_of_another_dataset_is_refused(raw, tmp_path):
    (tmp_path / "dataset_description.json").write_text('{"Name": "mine"}')
    with pytest.raises(UsageError, match="holds another dataset"):
        describe(raw, tmp_path)
    assert not (tmp_path / ".bidsignore").exists()


@pytest.mark.parametrize(
    ("scan", "name"),
    [(SCANS[0], "sub-01_ses-1_run-1_desc-icv_mask"), (SCANS[2], "sub-01_ses-1_desc-icvT2w_mask")],
)
def test_intracranial_mask_has_a_name_and_a_sidecar_of_its_own(raw, tmp_path, scan, name):
    options = StripOptions(outputs=("brainmask", "icvmask"), threads=1, model="small")
    (task,) = plan(raw, tmp_path / "out", [raw / f"{scan}.nii.gz"], options)
    file = tmp_path / "out" / scan.rpartition("/")[0] / f"{name}.nii.gz"
    assert task.files["icvmask"] == file
    fields = json.loads(task.sidecars[file.with_name(f"{name}.json")].text())
    assert (fields["Type"], fields["Sources"]) == ("ROI", [f"bids:raw:{scan}.nii.gz"])


def test_series_inherits_the_b_values_of_the_dataset(raw, tmp_path):
    add_scan(raw, "sub-02/dwi/sub-02_dwi")
    (raw / "dwi.bval").write_text("0 1000")
    (task,) = tasks_of(raw, tmp_path / "out", "sub-02/dwi/sub-02_dwi")
    assert task.b_values == FoundBValues(raw / "dwi.bval")


def test_kinds_of_results_that_are_not_asked_for_are_named(raw, tmp_path):
    options = StripOptions(outputs=("brainmask",), threads=1)
    (task,) = plan(raw, tmp_path / "out", [raw / f"{SCANS[4]}.nii.gz"], options)
    assert [path.name for path in task.other_files] == ["sub-02_desc-brain_T1w.nii.gz", "sub-02_desc-icv_mask.nii.gz"]
