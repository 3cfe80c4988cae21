"""Mask files: the names of their cases, and the regions of interest beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskull import InputError
from deskull.evaluation.mask_files import case_name, images_in, masks_in, roi_of


@pytest.fixture
def folder(tmp_path):
    """Create empty files in a folder; only their names matter here."""

    def _fill(*names: str) -> Path:
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return _fill


@pytest.mark.parametrize(
    "name",
    [
        "x_mask.nii",
        "x_brainmask.nii.gz",
        "x_desc-brain_mask.nii.gz",
        "x_brain_mask.mgz",
        "x_seg.nrrd",
        "x_MASK.nii",
        "x.nii",
    ],
)
def test_mask_suffix_is_no_part_of_the_case_name(name):
    assert case_name(Path(name)) == "x"


def test_only_images_that_are_not_hidden_are_listed(folder):
    paths = images_in(folder("b.nii", "a.mgz", "._a.mgz", "notes.txt"))
    assert [path.name for path in paths] == ["a.mgz", "b.nii"]


def test_folders_are_no_images(folder, tmp_path):
    (tmp_path / "series.nii").mkdir()
    assert images_in(folder("a.nii")) == [tmp_path / "a.nii"]


@pytest.mark.parametrize(
    ("names", "masks"),
    [
        (["x.nii", "y.nii"], {"x": "x.nii", "y": "y.nii"}),
        (["x.nii", "x_mask.nii", "y.nii"], {"x": "x_mask.nii"}),
        (["x_mask.nii", "x_roi.nii"], {"x": "x_mask.nii"}),
        ([], {}),
    ],
)
def test_masks_are_the_files_with_a_mask_suffix_or_else_all_images(folder, names, masks):
    assert {case: path.name for case, path in masks_in(folder(*names)).items()} == masks


def test_two_masks_of_one_case_are_refused(folder):
    with pytest.raises(InputError, match=r"x_mask\.nii: belongs to the same case as x_brainmask\.nii"):
        masks_in(folder("x_mask.nii", "x_brainmask.nii"))


@pytest.mark.parametrize(
    ("names", "region"),
    [(["x_roi.nii", "x_mask.nii", "y_roi.nii"], "x_roi.nii"), (["x.nii"], "x.nii")],
)
def test_region_of_interest_of_a_case_is_the_file_with_its_name(folder, names, region):
    assert roi_of("x", folder(*names)).name == region


@pytest.mark.parametrize("names", [["y_roi.nii"], ["x_roi.nii", "x_roi.mgz"]])
def test_case_without_exactly_one_region_of_interest_is_refused(folder, names):
    with pytest.raises(InputError, match=r"regions of interest for x; it needs one, x_roi\.nii\.gz"):
        roi_of("x", folder(*names))


def test_no_region_of_interest_is_none():
    assert roi_of("x", None) is None
