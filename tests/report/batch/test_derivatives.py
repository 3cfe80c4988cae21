"""Derivatives: the scan of a mask is found through the sidecar, and nowhere outside of the raw dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskull.batch.records import Record, Status, records_table
from deskull.bids.failures import RECORDS
from deskull.provenance import Provenance
from deskull.report.batch.derivatives import find_derivatives, is_derivatives

SCAN = "sub-01/anat/sub-01_T1w.nii.gz"


@pytest.fixture
def derivatives(tmp_path):
    """A raw dataset with a scan, and derivatives with its mask."""
    (tmp_path / "raw" / SCAN).parent.mkdir(parents=True)
    (tmp_path / "raw" / SCAN).touch()
    out = tmp_path / "out"
    (out / SCAN).parent.mkdir(parents=True)
    (out / "dataset_description.json").write_text(json.dumps({"DatasetLinks": {"raw": "../raw"}}))
    (out / "sub-01" / "anat" / "sub-01_desc-brain_mask.nii.gz").touch()
    write_sidecar(out, f"bids:raw:{SCAN}")
    return out


def write_sidecar(out, source):
    made = Provenance("default", "ab" * 32, "brain", 0.5).generated_by()
    sidecar = {"Sources": [source], "GeneratedBy": [made]}
    (out / "sub-01" / "anat" / "sub-01_desc-brain_mask.json").write_text(json.dumps(sidecar))


def test_scan_is_the_one_that_the_sidecar_names_in_the_linked_dataset(derivatives):
    ((name, scan, mask, cells),) = find_derivatives(derivatives)
    assert (name, scan) == (SCAN, derivatives.parent / "raw" / SCAN)
    assert mask.name == "sub-01_desc-brain_mask.nii.gz"
    assert (cells["model"], cells["border_mm"]) == ("default", "0.5")


def test_raw_dataset_that_is_given_counts_more_than_the_link(derivatives, tmp_path):
    (tmp_path / "raw").rename(tmp_path / "moved")
    assert find_derivatives(derivatives)[0][1] is None
    assert find_derivatives(derivatives, tmp_path / "moved")[0][1] == tmp_path / "moved" / SCAN


@pytest.mark.parametrize("source", ["bids:raw:../secret.nii.gz", "bids:raw:/etc/passwd", "elsewhere", 3, "bids:raw:\0"])
def test_source_outside_of_the_raw_dataset_is_not_followed(derivatives, source):
    write_sidecar(derivatives, source)
    ((name, scan, *_),) = find_derivatives(derivatives)
    assert scan is None
    assert name == "sub-01/anat/sub-01_desc-brain_mask.nii.gz"


def test_scan_that_failed_is_listed_without_a_mask_and_one_with_a_mask_once(derivatives):
    with records_table(derivatives / RECORDS) as add:
        for name in (SCAN, "sub-02/anat/sub-02_T1w.nii.gz"):
            add(Record(f"/raw/{name}", Status.failed, error=f"/raw/{name}: is damaged; copy it again."))
    _, (name, scan, mask, cells) = find_derivatives(derivatives)
    assert (name, scan, mask) == ("sub-02/anat/sub-02_T1w.nii.gz", None, None)
    assert cells == {"status": "failed", "error": "is damaged; copy it again."}


@pytest.mark.parametrize("description", ["[]", "{", '{"DatasetLinks": 1}', '{"DatasetLinks": {"raw": 1}}'])
def test_damaged_description_leaves_the_scans_unknown(derivatives, description):
    (derivatives / "dataset_description.json").write_text(description)
    assert find_derivatives(derivatives)[0][1] is None


def test_folder_without_a_description_is_no_dataset(tmp_path: Path):
    assert not is_derivatives(tmp_path)
