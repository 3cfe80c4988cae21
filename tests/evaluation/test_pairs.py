"""Pairs: which files belong together, by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskull import InputError
from deskull.data.cases import Case
from deskull.evaluation.pairs import Pair, find_pairs, find_scans, pair_cases, pair_models


@pytest.fixture
def touch(tmp_path):
    """Create empty files below the temporary folder; only their names matter here."""

    def _touch(*names: str) -> list[Path]:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return [tmp_path / name for name in names]

    return _touch


def test_masks_of_several_models_are_paired_with_the_same_references(touch, tmp_path):
    touch("a/x_brainmask.nii.gz", "a/y_brainmask.nii.gz", "b/x.nii.gz", "b/y.nii.gz")
    touch("ref/x_mask.nii.gz", "ref/y_mask.nii.gz")
    pairs = pair_models({"A": tmp_path / "a", "B": tmp_path / "b"}, tmp_path / "ref")
    assert [pair.case for pair in pairs["A"]] == ["x", "y"]
    assert pairs["B"][1] == Pair("y", tmp_path / "b" / "y.nii.gz", tmp_path / "ref" / "y_mask.nii.gz")


def test_reference_without_prediction_is_left_out_with_a_warning(touch, tmp_path):
    touch("a/y.nii.gz", "ref/x_mask.nii.gz", "ref/y_mask.nii.gz")
    with pytest.warns(UserWarning, match=r"x: has no prediction in .*a; it is left out"):
        assert [pair.case for pair in find_pairs(tmp_path / "a", tmp_path / "ref")] == ["y"]


def test_prediction_without_reference_is_left_out_with_a_warning(touch, tmp_path):
    touch("a/x.nii.gz", "a/y.nii.gz", "ref/y_mask.nii.gz")
    with pytest.warns(UserWarning, match=r"x: has no reference in .*ref; it is left out"):
        find_pairs(tmp_path / "a", tmp_path / "ref")


def test_single_files_are_one_case_whatever_they_are_called(touch):
    reference, mask, other = touch("truth.nii.gz", "x_mask.nii.gz", "other.nii.gz")
    pairs = pair_models({"A": mask, "B": other}, reference)
    assert [model_pairs[0].case for model_pairs in pairs.values()] == ["x", "x"]


def test_hidden_files_are_ignored(touch, tmp_path):
    touch("a/x_mask.nii.gz", "ref/x_mask.nii.gz", "a/._x_mask.nii.gz")
    assert [pair.case for pair in find_pairs(tmp_path / "a", tmp_path / "ref")] == ["x"]


def test_images_without_a_mask_suffix_are_ignored_beside_those_with_one(touch, tmp_path):
    touch("a/x_mask.nii.gz", "a/x.nii.gz", "ref/x.nii.gz")
    (pair,) = find_pairs(tmp_path / "a", tmp_path / "ref")
    assert pair.predicted.name == "x_mask.nii.gz"


def test_each_case_has_its_own_region_of_interest_in_a_folder(touch, tmp_path):
    touch("a/x.nii", "a/y.nii", "ref/x.nii", "ref/y.nii", "roi/x_roi.nii", "roi/y_roi.nii", "roi/y_mask.nii")
    pairs = find_pairs(tmp_path / "a", tmp_path / "ref", tmp_path / "roi")
    assert [pair.roi.name for pair in pairs] == ["x_roi.nii", "y_roi.nii"]


def test_one_region_of_interest_holds_for_all_cases(touch, tmp_path):
    (roi,) = touch("roi.nii")
    touch("a/x.nii", "a/y.nii", "ref/x.nii", "ref/y.nii")
    assert [pair.roi for pair in find_pairs(tmp_path / "a", tmp_path / "ref", roi)] == [roi, roi]


def test_case_without_a_region_of_interest_is_an_error(touch, tmp_path):
    touch("a/x.nii", "ref/x.nii", "roi/y_roi.nii")
    with pytest.raises(InputError, match=r"has 0 regions of interest for x; it needs one, x_roi\.nii\.gz"):
        find_pairs(tmp_path / "a", tmp_path / "ref", tmp_path / "roi")


@pytest.mark.parametrize(
    ("predicted", "reference", "fault"),
    [
        ("none", "ref", "none: no such file or folder"),
        ("a", "ref/y.nii", "one is a folder and one is a file"),
        ("a", "ref", "no two masks have the same case name"),
        ("twice", "ref", "belongs to the same case as"),
    ],
)
def test_files_that_cannot_be_paired_are_refused(touch, tmp_path, predicted, reference, fault):
    touch("a/x.nii", "ref/y.nii", "twice/y_mask.nii", "twice/y_brainmask.nii")
    with pytest.raises(InputError, match=fault):
        find_pairs(tmp_path / predicted, tmp_path / reference)


def _cases(*names: str) -> list[Case]:
    return [Case(f"long_{name}", "1", Path(f"{name}.nii.gz"), Path(f"{name}_m.nii")) for name in names]


def test_masks_are_paired_with_the_cases_of_a_table_by_the_names_of_the_scans(touch, tmp_path):
    touch("a/x_brainmask.nii.gz")
    with pytest.warns(UserWarning, match="long_y: has no prediction in"):
        pairs = pair_cases(tmp_path / "a", _cases("x", "y"))
    assert pairs == [Pair("x", tmp_path / "a" / "x_brainmask.nii.gz", Path("x_m.nii"), subject="1")]


def test_folder_of_predictions_that_is_missing_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder; give the output folder of 'deskull strip'"):
        pair_cases(tmp_path / "none", _cases("x"))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_folder_without_any_mask_of_the_table_is_refused(touch, tmp_path):
    touch("a/z_brainmask.nii.gz")
    with pytest.raises(InputError, match="has no mask of any case of the table"):
        pair_cases(tmp_path / "a", _cases("x"))


def test_scan_of_a_case_is_the_image_with_its_name(touch, tmp_path):
    touch("x_T1w.nii.gz", "x_T1w_mask.nii.gz", "x_T1w_roi.nii.gz", "unrelated.nii.gz", "y.mgz")
    assert find_scans(tmp_path, {"x_T1w", "y"}) == {"x_T1w": tmp_path / "x_T1w.nii.gz", "y": tmp_path / "y.mgz"}


def test_missing_scans_are_listed_in_a_warning(touch, tmp_path):
    touch("raw/a.nii.gz")
    with pytest.warns(UserWarning, match=r"no scan of b, c, d and 1 more"):
        assert list(find_scans(tmp_path / "raw", list("abcde"))) == ["a"]


def test_single_scan_belongs_to_the_only_case(touch):
    (scan,) = touch("a.nii.gz")
    assert find_scans(scan, {"whatever"}) == {"whatever": scan}


@pytest.mark.parametrize(
    ("scans", "cases", "fault"),
    [
        ("raw/a.nii.gz", ("a", "b"), "is one file, but there are 2 cases"),
        ("raw", ("z",), "has no scan of any case; the scan of z must be z.nii.gz"),
        ("none", ("a",), "no such file or folder"),
        ("twice", ("a",), "belongs to the same case as a"),
    ],
)
def test_scans_that_do_not_fit_the_cases_are_refused(touch, tmp_path, scans, cases, fault):
    touch("raw/a.nii.gz", "twice/a.nii.gz", "twice/a.nii")
    with pytest.raises(InputError, match=fault):
        find_scans(tmp_path / scans, cases)
