"""Checks of cases: real files with one fault each."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.data.cases import Case
from deskull.data.checks import check_case, check_cases

SHAPE = (20, 18, 16)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
INSIDE = np.zeros(SHAPE, np.uint8)
INSIDE[5:15, 5:13, 4:12] = 1
SCAN = np.random.default_rng(0).integers(1, 900, SHAPE).astype(np.int16)


@pytest.fixture
def case(tmp_path) -> Case:
    """A case in order, of four files."""
    files = {"raw": SCAN, "mask": INSIDE, "brain": SCAN * INSIDE, "roi": np.ones(SHAPE, np.uint8)}
    for kind, voxels in files.items():
        formats.write(Volume(voxels, AFFINE), tmp_path / f"{kind}.nii.gz")
    return Case("a", "a", *(tmp_path / f"{kind}.nii.gz" for kind in files))


def put(case: Case, kind: str, voxels: np.ndarray, affine: np.ndarray = AFFINE) -> None:
    formats.write(Volume(voxels, affine), getattr(case, kind), overwrite=True)


def test_a_case_in_order(case):
    check = check_case(case)
    assert check.usable
    assert check.remarks == ()


@pytest.mark.parametrize("kind", ["raw", "mask", "brain", "roi"])
def test_files_that_cannot_be_read(case, kind):
    path = getattr(case, kind)
    path.write_bytes(path.read_bytes()[:-200])
    (fault,) = check_case(case).faults
    assert fault.startswith(f"{path}: ")
    path.unlink()
    assert "no such file" in check_case(case).faults[0]


@pytest.mark.parametrize("kind", ["mask", "brain", "roi"])
def test_other_grids(case, kind):
    voxels = formats.read(getattr(case, kind)).data
    for shift, usable in ((0.9, True), (1.1, False)):
        moved = AFFINE.copy()
        moved[1, 3] = shift
        put(case, kind, voxels, moved)
        assert check_case(case).usable == usable
    assert "1.1 mm" in check_case(case).faults[0]
    put(case, kind, voxels[1:])
    assert "shapes (19, 18, 16) and " in check_case(case).faults[0]


@pytest.mark.parametrize(
    ("voxels", "fault"),
    [
        (INSIDE * 0, "is empty"),
        (INSIDE * 0 + 1, "is full"),
        (INSIDE + (SCAN > 500), "not binary"),
        (INSIDE * 0.3, "not binary"),
        (INSIDE * -1.0, "not binary"),
        (INSIDE + 1, "not binary"),
        (np.where(INSIDE, 1.0, np.nan), "no numbers"),
        (np.stack([INSIDE, INSIDE], -1), "has 2 frames"),
    ],
)
def test_masks_that_are_none(case, voxels, fault):
    put(case, "mask", voxels)
    (found,) = check_case(case).faults
    assert fault in found


def test_masks_of_other_values_and_scalings(case):
    put(case, "mask", INSIDE * 255)
    assert check_case(case).usable
    image = nib.Nifti1Image(INSIDE.astype(float), AFFINE)
    image.set_data_dtype(np.int16)  # nibabel then stores 0 as -32768, with a slope
    nib.save(image, case.mask)
    assert formats.read(case.mask).slope != 1
    assert check_case(case).usable


def test_empty_regions_and_blank_scans(case):
    put(case, "roi", INSIDE * 0)
    assert "roi.nii.gz: is empty" in check_case(case).faults[0]
    put(case, "raw", SCAN * 0 + 7)
    assert "one value everywhere" in check_case(case).faults[0]


def test_a_brain_of_another_mask_is_a_remark(case):
    put(case, "brain", SCAN * np.roll(INSIDE, 3, axis=0))
    check = check_case(case)
    assert check.usable
    (remark,) = check.remarks
    assert "differs from scan times mask in" in remark
    assert f"{case.brain}: " in remark


def test_a_brain_may_differ_by_rounding_and_in_few_voxels(case):
    rounded = SCAN * INSIDE * np.float32(1 + 1e-6)
    rounded[7:9, 7, 7] = 0  # 2 of 5760 voxels
    put(case, "brain", rounded)
    assert check_case(case).remarks == ()
    rounded[7:13, 7, 7] = 0
    put(case, "brain", rounded)
    assert "0.1%" in check_case(case).remarks[0]


def test_a_scaled_scan_with_a_rounded_brain(case):
    scan = Volume(SCAN, AFFINE, slope=0.37, inter=0.0)
    formats.write(scan, case.raw, overwrite=True)
    put(case, "brain", np.round(scan.values() * INSIDE).astype(np.int16))
    assert check_case(case).remarks == ()


def test_warnings_of_reading_become_remarks(case, recwarn):
    image = nib.Nifti1Image(SCAN, AFFINE)
    image.set_sform(None, 0)
    image.set_qform(AFFINE @ np.diag([1, 1, -1, 1.0]), 1)
    image.set_sform(AFFINE, 1)
    nib.save(image, case.raw)
    (remark,) = check_case(case).remarks
    assert "sform and qform disagree" in remark
    assert not recwarn.list


def test_several_at_a_time_find_the_same(case, tmp_path):
    broken = Case("b", "b", tmp_path / "none.nii", case.mask)
    cases = [case, broken, replace(case, name="c")]
    found = dict(check_cases(cases, jobs=2))  # in the order in which they end
    assert [found[c].usable for c in cases] == [True, False, True]
    assert found == dict(check_cases(cases, jobs=1))
    assert list(check_cases([], jobs=4)) == []


def test_a_series_is_checked_by_its_mean(case):
    put(case, "raw", np.stack([SCAN, SCAN], -1))
    assert check_case(case).usable
    assert check_case(case).remarks == ()


def test_faults_are_input_errors_not_bugs(case):
    case.mask.unlink()
    case.mask.mkdir()
    assert "is a folder" in check_case(case).faults[0]
    with pytest.raises(InputError):
        formats.read(case.mask)
