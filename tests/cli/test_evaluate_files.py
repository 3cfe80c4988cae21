"""``deskull evaluate`` on single files and folders: pairs, regions, encodings of masks, grids."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from deskull import Volume, formats
from deskull.evaluation.metrics import score

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
MASK = np.zeros((24, 24, 24), np.uint8)
MASK[6:18, 6:18, 6:18] = 1
SHIFTED = np.roll(MASK, 1, 0)


def write(folder, **masks):
    """Write masks by the stems of their names."""
    for name, mask in masks.items():
        formats.write(Volume(mask, AFFINE), folder / f"{name}.nii.gz")


@pytest.fixture
def folders(tmp_path):
    """Predictions and references of two cases."""
    for case in ("a", "b"):
        write(tmp_path / "pred", **{f"{case}_brainmask": SHIFTED})
        write(tmp_path / "ref", **{f"{case}_mask": MASK})
    return tmp_path / "pred", tmp_path / "ref"


def dice_of(done, case="a"):
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["cases"][case]["dice"]


def test_folders_are_paired_by_case(deskull, folders):
    expected = score(SHIFTED, MASK, (3.0, 3.0, 3.0)).dice
    assert dice_of(deskull("evaluate", *folders, "--json", "-")) == pytest.approx(expected)


def test_two_files_are_a_pair(deskull, folders):
    files = folders[0] / "a_brainmask.nii.gz", folders[1] / "a_mask.nii.gz"
    assert dice_of(deskull("evaluate", *files, "--json", "-")) == pytest.approx(score(SHIFTED, MASK).dice)


def test_csv_has_a_line_for_each_case(deskull, folders, tmp_path):
    deskull("evaluate", *folders, "--csv", tmp_path / "s.csv")
    header, *lines = (tmp_path / "s.csv").read_text().splitlines()
    assert header.startswith("case,dice,iou,")
    assert [line.split(",")[0] for line in lines] == ["a", "b"]


def test_region_limits_what_is_compared(deskull, tmp_path):
    wrong, region = MASK.copy(), np.ones_like(MASK)
    wrong[:4], region[:4] = 1, 0
    write(tmp_path / "pred", a=wrong)
    write(tmp_path / "ref", a_mask=MASK, a_roi=region)
    done = deskull("evaluate", tmp_path / "pred", tmp_path / "ref", "--roi", tmp_path / "ref", "--json", "-")
    assert dice_of(done) == 1


def scaled_mask(path):
    image = nib.Nifti1Image(MASK.astype(float), AFFINE)
    image.set_data_dtype(np.int16)  # nibabel then stores 0 as -32768, with a slope
    nib.save(image, path)


def mask_of_nan(path):
    nib.save(nib.Nifti1Image(np.where(MASK, 1.0, np.nan).astype(np.float32), AFFINE), path)


@pytest.mark.parametrize("make", [scaled_mask, mask_of_nan])
def test_unusual_encoding_of_a_mask_is_read(deskull, tmp_path, make):
    make(tmp_path / "a.nii.gz")
    write(tmp_path, ref=MASK)
    assert dice_of(deskull("evaluate", tmp_path / "a.nii.gz", tmp_path / "ref.nii.gz", "--json", "-")) == 1


def test_cases_without_a_partner_are_named(deskull, folders):
    write(folders[0], c_brainmask=MASK)
    write(folders[1], d_mask=MASK)
    done = deskull("evaluate", *folders)
    assert "c: has no reference" in done.stderr
    assert "d: has no prediction" in done.stderr


def test_missing_region_is_named(deskull, folders, tmp_path):
    write(tmp_path / "roi", x_roi=MASK)
    done = deskull("evaluate", *folders, "--roi", tmp_path / "roi")
    assert done.exit_code == 1
    assert "0 regions of interest for a" in done.stderr


def test_two_references_of_one_case_are_refused(deskull, folders):
    write(folders[1], a_seg=MASK)
    assert "same case" in deskull("evaluate", *folders).stderr


def test_table_may_not_replace_an_input(deskull, folders):
    path = folders[0] / "a_brainmask.nii.gz"
    before = path.read_bytes()
    assert deskull("evaluate", path, path, "--csv", path, "--overwrite").exit_code == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(("name", "fault"), [("moved", "30.0 mm"), ("cropped", "shape"), ("none", "no such")])
def test_mask_on_another_grid_is_refused(deskull, tmp_path, name, fault):
    moved = AFFINE.copy()
    moved[0, 3] += 30
    write(tmp_path, a=MASK)
    formats.write(Volume(MASK, moved), tmp_path / "moved.nii.gz")
    formats.write(Volume(MASK[1:], moved), tmp_path / "cropped.nii.gz")
    done = deskull("evaluate", tmp_path / "a.nii.gz", tmp_path / f"{name}.nii.gz")
    assert done.exit_code == 1
    assert fault in done.stderr
