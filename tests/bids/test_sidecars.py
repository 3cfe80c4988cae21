"""Sidecars of derivatives: the scan that they name, and nothing outside of the dataset."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from deskull.bids.sidecars import place_of_scan, read_fields, sidecar_of


def test_sidecar_lies_beside_its_image():
    assert sidecar_of(Path("a/sub-01_desc-brain_mask.nii.gz")) == Path("a/sub-01_desc-brain_mask.json")


def test_first_source_in_the_raw_dataset_is_the_scan():
    fields = {"Sources": ["bids:raw:sub-01/anat/sub-01_T1w.nii.gz", "bids:raw:other.nii.gz"]}
    assert place_of_scan(fields) == PurePosixPath("sub-01/anat/sub-01_T1w.nii.gz")


@pytest.mark.parametrize(
    "sources",
    [None, [], "bids:raw:a.nii", [3], ["a.nii"], ["bids:raw:/etc/a.nii"], ["bids:raw:../a.nii"], ["bids:raw:a\0.nii"]],
)
def test_source_that_is_no_scan_of_the_dataset_is_none(sources):
    assert place_of_scan({"Sources": sources}) is None


@pytest.mark.parametrize("content", ["", "[1]", "{", "\udcff".encode("utf-8", "surrogatepass").decode("latin-1")])
def test_file_that_holds_no_object_has_no_fields(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert read_fields(tmp_path / "a.json") == {}


def test_file_that_is_missing_has_no_fields(tmp_path):
    assert read_fields(tmp_path / "none.json") == {}
