"""Checks of cases: real files with one error each."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import Volume, formats
from deskull.data.cases import Case
from deskull.data.checks import CheckResult, check_case, check_cases

SHAPE = (20, 18, 16)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
INSIDE = np.zeros(SHAPE, np.uint8)
INSIDE[5:15, 5:13, 4:12] = 1
SCAN = np.random.default_rng(0).integers(1, 900, SHAPE).astype(np.int16)


@pytest.fixture
def case(tmp_path) -> Case:
    """A case without errors, of four files."""
    files = {"raw": SCAN, "mask": INSIDE, "brain": SCAN * INSIDE, "roi": np.ones(SHAPE, np.uint8)}
    for kind, voxels in files.items():
        formats.write(Volume(voxels, AFFINE), tmp_path / f"{kind}.nii.gz")
    return Case("a", "a", *(tmp_path / f"{kind}.nii.gz" for kind in files))


def put(case: Case, kind: str, voxels: np.ndarray, affine: np.ndarray = AFFINE) -> None:
    formats.write(Volume(voxels, affine), getattr(case, kind), overwrite=True)


def test_case_without_errors_is_usable_and_has_no_warnings(case):
    assert check_case(case) == CheckResult()
    assert check_case(case).usable


@pytest.mark.parametrize("kind", ["raw", "mask", "brain", "roi"])
def test_damaged_file_is_the_only_error(case, kind):
    path = getattr(case, kind)
    path.write_bytes(path.read_bytes()[:-200])
    (error,) = check_case(case).errors
    assert error.startswith(f"{path}: ")


@pytest.mark.parametrize("kind", ["raw", "mask", "brain", "roi"])
def test_missing_file_is_an_error(case, kind):
    getattr(case, kind).unlink()
    assert "no such file" in check_case(case).errors[0]


def test_folder_in_the_place_of_a_file_is_an_error(case):
    case.mask.unlink()
    case.mask.mkdir()
    assert "is a folder" in check_case(case).errors[0]


@pytest.mark.parametrize("kind", ["mask", "brain", "roi"])
@pytest.mark.parametrize(("shift_mm", "usable"), [(0.9, True), (1.1, False)])
def test_files_may_lie_half_a_voxel_apart(case, kind, shift_mm, usable):
    moved = AFFINE.copy()
    moved[1, 3] = shift_mm
    put(case, kind, formats.read(getattr(case, kind)).data, moved)
    assert check_case(case).usable == usable


@pytest.mark.parametrize("kind", ["mask", "brain", "roi"])
def test_files_of_different_shapes_are_an_error(case, kind):
    put(case, kind, formats.read(getattr(case, kind)).data[1:])
    assert "is on another grid than" in check_case(case).errors[0]
    assert "(19, 18, 16)" in check_case(case).errors[0]


@pytest.mark.parametrize(
    ("voxels", "fault"),
    [
        (INSIDE * 0, "is empty"),
        (INSIDE * 0 + 1, "is full"),
        (INSIDE + (SCAN > 500), "is not binary"),
        (INSIDE * 0.3, "is not binary"),
        (INSIDE * -1.0, "is not binary"),
        (INSIDE + 1, "is not binary"),
        (np.where(INSIDE, 1.0, np.nan), "not finite numbers"),
        (np.stack([INSIDE, INSIDE], -1), "has 2 frames"),
    ],
)
def test_mask_that_is_not_binary_is_an_error(case, voxels, fault):
    put(case, "mask", voxels)
    (error,) = check_case(case).errors
    assert fault in error


def test_mask_of_0_and_255_is_binary(case):
    put(case, "mask", INSIDE * 255)
    assert check_case(case).usable


def test_mask_with_scaled_values_is_binary(case):
    image = nib.Nifti1Image(INSIDE.astype(float), AFFINE)
    image.set_data_dtype(np.int16)  # nibabel then stores 0 as -32768, with a slope
    nib.save(image, case.mask)
    assert formats.read(case.mask).slope != 1
    assert check_case(case).usable


def test_empty_region_of_interest_is_an_error(case):
    put(case, "roi", INSIDE * 0)
    assert "roi.nii.gz: is empty" in check_case(case).errors[0]


def test_scan_with_the_same_value_everywhere_is_an_error(case):
    put(case, "raw", SCAN * 0 + 7)
    assert "has the same value in every voxel" in check_case(case).errors[0]


def test_brain_of_another_mask_is_a_warning(case):
    put(case, "brain", SCAN * np.roll(INSIDE, 3, axis=0))
    result = check_case(case)
    (warning,) = result.warnings
    assert result.usable
    assert warning.startswith(f"{case.brain}: differs from the scan times the mask in")


@pytest.mark.parametrize(("n_differing", "n_warnings"), [(2, 0), (6, 1)])  # of 5760 voxels
def test_brain_may_differ_by_rounding_and_in_few_voxels(case, n_differing, n_warnings):
    rounded = SCAN * INSIDE * np.float32(1 + 1e-6)
    rounded[7 : 7 + n_differing, 7, 7] = 0
    put(case, "brain", rounded)
    assert len(check_case(case).warnings) == n_warnings


def test_brain_of_a_scaled_scan_may_be_rounded_to_integers(case):
    scan = Volume(SCAN, AFFINE, slope=0.37, inter=0.0)
    formats.write(scan, case.raw, overwrite=True)
    put(case, "brain", np.round(scan.values() * INSIDE).astype(np.int16))
    assert check_case(case).warnings == ()


def test_warnings_while_reading_become_those_of_the_case(case, recwarn):
    image = nib.Nifti1Image(SCAN, AFFINE)
    image.set_sform(None, 0)
    image.set_qform(AFFINE @ np.diag([1, 1, -1, 1.0]), 1)
    image.set_sform(AFFINE, 1)
    nib.save(image, case.raw)
    (warning,) = check_case(case).warnings
    assert "sform and qform disagree" in warning
    assert not recwarn.list


def test_series_is_checked_by_its_mean(case):
    put(case, "raw", np.stack([SCAN, SCAN], -1))
    assert check_case(case) == CheckResult()


@pytest.mark.parametrize("jobs", [1, 2])
def test_cases_are_checked_independently(case, tmp_path, jobs):
    broken = Case("b", "b", tmp_path / "none.nii", case.mask)
    cases = [case, broken, replace(case, name="c")]
    results = dict(check_cases(cases, jobs))  # in the order in which they end
    assert [results[c].usable for c in cases] == [True, False, True]


def test_no_cases_need_no_checks():
    assert list(check_cases([], jobs=4)) == []
