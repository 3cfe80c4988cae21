"""Folders: masks and scans are paired by name."""

from __future__ import annotations

import pytest

from deskull import InputError
from deskull.checking.folders import pairs_of_folders


@pytest.fixture
def folders(tmp_path):
    """Make two folders of empty files."""

    def make(scans: list[str], masks: list[str]):
        for folder, names in (("scans", scans), ("masks", masks)):
            (tmp_path / folder).mkdir()
            for name in names:
                (tmp_path / folder / name).touch()
        return tmp_path / "scans", tmp_path / "masks"

    return make


def test_mask_belongs_to_the_scan_whose_name_it_carries(folders):
    found = pairs_of_folders(*folders(["a.nii.gz", "b.mgz"], ["a_brainmask.nii.gz", "b_mask.nii.gz"]))
    assert [(pair.scan.name, pair.mask.name) for pair in found.pairs] == [
        ("a.nii.gz", "a_brainmask.nii.gz"),
        ("b.mgz", "b_mask.nii.gz"),
    ]


def test_scans_and_masks_may_lie_in_one_folder(folders):
    scans, _ = folders(["a.nii.gz", "a_mask.nii.gz"], [])
    (pair,) = pairs_of_folders(scans, scans).pairs
    assert (pair.scan.name, pair.mask.name) == ("a.nii.gz", "a_mask.nii.gz")


def test_files_without_a_partner_are_named_and_left_out(folders):
    found = pairs_of_folders(*folders(["a.nii", "b.nii", "c.nii", "d.nii", "e.nii"], ["a_mask.nii", "z_mask.nii"]))
    assert [pair.scan.name for pair in found.pairs] == ["a.nii"]
    mask, scans = found.left_out
    assert "z_mask.nii: has no scan in" in mask
    assert "has no mask of 4 scans (b.nii, c.nii, d.nii and 1 more); they are left out" in scans


def test_folders_without_any_pair_are_refused(folders):
    with pytest.raises(InputError, match="no mask has the name of a scan"):
        pairs_of_folders(*folders(["a.nii"], ["b_mask.nii"]))
