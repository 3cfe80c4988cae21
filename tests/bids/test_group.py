"""The group level: a line for each mask, whatever its sidecar says, and a sentence for each damaged mask."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from deskull import UsageError, Volume, formats
from deskull.batch.records import Record, Status, records_table
from deskull.bids.failures import RECORDS
from deskull.bids.group import COLUMNS, group
from deskull.provenance import Provenance


def add_mask(out, name, volume_ml=8):
    """A mask of cubes of 1 ml in a field of 10 x 10 x 10 of them."""
    mask = np.zeros((10, 10, 10), np.uint8)
    mask.flat[:volume_ml] = 1
    path = out / name
    formats.write(Volume(mask, np.diag([10.0, 10.0, 10.0, 1.0])), path)
    return path


def rows(out):
    with (out / "group_brain.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_table_has_a_line_for_each_mask(tmp_path):
    add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz", 3)
    add_mask(tmp_path, "sub-01/ses-1/anat/sub-01_ses-1_run-2_desc-brain_mask.nii.gz")
    assert group(tmp_path) == (2, 0, [])
    first, second = rows(tmp_path)
    assert list(first) == list(COLUMNS)
    assert (first["participant_id"], first["session_id"], first["entities"]) == ("sub-01", "ses-1", "run-2 desc-brain")
    assert (second["participant_id"], second["session_id"], second["volume_ml"]) == ("sub-02", "n/a", "3.00")
    assert second["mask"] == "sub-02/anat/sub-02_desc-brain_mask.nii.gz"


def test_origin_of_a_mask_is_read_from_its_sidecar(tmp_path):
    mask = add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    made = {"Version": "1.2", "Parameters": {"model": "small"}}
    sidecar = mask.with_name("sub-02_desc-brain_mask.json")
    sidecar.write_text(json.dumps({"GeneratedBy": [made], "Sources": ["bids:raw:x"]}))
    group(tmp_path)
    (row,) = rows(tmp_path)
    assert (row["source"], row["version"], row["model"]) == ("bids:raw:x", "1.2", "small")


@pytest.mark.parametrize("content", ["", "[]", '{"GeneratedBy": 3}', '{"GeneratedBy": []}', "null"])
def test_damaged_sidecar_leaves_the_origin_unknown(tmp_path, content):
    mask = add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    mask.with_name("sub-02_desc-brain_mask.json").write_text(content)
    assert group(tmp_path) == (1, 0, [])
    assert rows(tmp_path)[0]["source"] == "n/a"


@pytest.mark.parametrize("jobs", [1, 2])
def test_damaged_mask_is_reported_and_the_others_are_listed(tmp_path, jobs):
    add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    broken = tmp_path / "sub-03" / "sub-03_desc-brain_mask.nii.gz"
    broken.parent.mkdir()
    broken.write_bytes(b"no image")
    count, _, (fault,) = group(tmp_path, jobs)
    assert count == 1
    assert fault.startswith(f"{broken}: is not")


def test_earlier_table_is_replaced(tmp_path):
    (tmp_path / "group_brain.tsv").write_text("old")
    add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    group(tmp_path)
    assert len(rows(tmp_path)) == 1


def test_folder_without_masks_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no masks"):
        group(tmp_path)


@pytest.mark.parametrize("label", ["", "T2w"])
def test_intracranial_volume_stands_in_the_line_of_the_brain_mask(tmp_path, label):
    add_mask(tmp_path, f"sub-02/anat/sub-02_desc-brain{label}_mask.nii.gz", 3)
    add_mask(tmp_path, f"sub-02/anat/sub-02_desc-icv{label}_mask.nii.gz", 5)
    assert group(tmp_path) == (1, 0, [])
    (row,) = rows(tmp_path)
    assert (row["volume_ml"], row["icv_ml"]) == ("3.00", "5.00")


def test_intracranial_volume_is_unknown_without_its_mask(tmp_path):
    add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    group(tmp_path)
    assert rows(tmp_path)[0]["icv_ml"] == "n/a"


def test_intracranial_mask_without_a_brain_mask_is_reported(tmp_path):
    mask = add_mask(tmp_path, "sub-02/anat/sub-02_desc-icv_mask.nii.gz")
    assert group(tmp_path) == (0, 0, [f"{mask}: has no brain mask beside it; run the participant level again."])


def test_damaged_intracranial_mask_is_reported(tmp_path):
    add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    broken = tmp_path / "sub-02" / "anat" / "sub-02_desc-icv_mask.nii.gz"
    broken.write_bytes(b"no image")
    count, _, (fault,) = group(tmp_path)
    assert count == 0
    assert fault.startswith(f"{broken}: is not")


@pytest.mark.parametrize("ending", ["mask", "quality"])
def test_json_file_of_a_gigabyte_is_not_read(tmp_path, ending):
    mask = add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    with mask.with_name(f"sub-02_desc-brain_{ending}.json").open("wb") as file:
        file.truncate(10**9)
    assert group(tmp_path) == (1, 0, [])
    assert (rows(tmp_path)[0]["source"], rows(tmp_path)[0]["verdict"]) == ("n/a", "n/a")


@pytest.fixture
def failed(tmp_path):
    """Derivatives of a scan that was stripped, and the record of two that were not."""
    mask = add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    made = {"Version": "1.2", "Parameters": {"model": "small"}}
    fields = {"GeneratedBy": [made], "Sources": ["bids:raw:sub-02/anat/sub-02_T1w.nii.gz"]}
    mask.with_name("sub-02_desc-brain_mask.json").write_text(json.dumps(fields))
    with records_table(tmp_path / RECORDS) as add:
        add(Record("raw/sub-02/anat/sub-02_T1w.nii.gz", Status.done, 8.0))
        for name in ("sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w.nii.gz", "sub-03/anat/sub-03_T2w.nii.gz"):
            add(Record(f"raw/{name}", Status.failed, error=f"raw/{name}: is damaged; copy it again."))
    return tmp_path


def test_scan_that_failed_has_a_line_that_says_why(failed):
    assert group(failed) == (1, 2, [])
    row, done, _ = rows(failed)
    assert (row["participant_id"], row["session_id"], row["entities"]) == ("sub-01", "ses-1", "run-2")
    assert row["source"] == "bids:raw:sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w.nii.gz"
    assert (row["status"], row["error"]) == ("failed", "is damaged; copy it again.")
    assert (row["mask"], row["volume_ml"], row["verdict"]) == ("n/a", "n/a", "n/a")
    assert (done["status"], done["error"]) == ("done", "n/a")


def test_scan_that_failed_and_was_stripped_later_has_no_line_of_failure(failed):
    with records_table(failed / RECORDS) as add:
        add(Record("raw/sub-03/anat/sub-03_T2w.nii.gz", Status.done, 8.0))
    assert group(failed).n_failed == 1


def test_older_mask_of_a_scan_that_failed_since_says_so(failed):
    with records_table(failed / RECORDS) as add:
        add(Record("raw/sub-02/anat/sub-02_T1w.nii.gz", Status.failed, error="exceeded --timeout 1."))
    assert group(failed).n_failed == 3
    row = rows(failed)[1]
    assert (row["status"], row["error"], row["volume_ml"]) == ("failed", "exceeded --timeout 1.", "8.00")


def test_failures_have_lines_where_there_is_no_mask_at_all(failed):
    (failed / "sub-02/anat/sub-02_desc-brain_mask.nii.gz").unlink()
    assert group(failed) == (0, 2, [])


@pytest.mark.parametrize(("border", "verdict"), [(0.5, "pass"), (-6.0, "n/a")])
def test_verdict_counts_if_it_is_that_on_the_mask_of_the_sidecar(tmp_path, border, verdict):
    mask = add_mask(tmp_path, "sub-02/anat/sub-02_desc-brain_mask.nii.gz")
    for ending, stated in (("mask", border), ("quality", 0.5)):
        made = Provenance("default", "ab" * 32, "brain", stated).generated_by()
        fields = {"quality": {"verdict": "pass"}, "GeneratedBy": [made]}
        mask.with_name(f"sub-02_desc-brain_{ending}.json").write_text(json.dumps(fields))
    group(tmp_path)
    assert rows(tmp_path)[0]["verdict"] == verdict
