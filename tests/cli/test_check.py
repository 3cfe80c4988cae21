"""``deskull check``: masks of any tool."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from deskull import Stripper, formats
from deskull.demo import make_head


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder with a scan of a head, and one with its mask."""
    root = tmp_path_factory.mktemp("check")
    head = make_head(voxel_size=2)
    mask = Stripper().strip(head, border=1.5).mask
    for folder, name, volume in (("scans", "a.nii.gz", head), ("masks", "a_mask.nii.gz", mask)):
        (root / folder).mkdir()
        formats.write(volume, root / folder / name)
    return root / "scans", root / "masks"


def test_mask_of_another_border_passes_and_its_border_is_told(deskull, folders):
    scans, masks = folders
    done = deskull("check", scans / "a.nii.gz", masks / "a_mask.nii.gz", "--json")
    assert done.exit_code == 0, done.output
    quality = json.loads(done.stdout)["quality"]
    assert quality["measures"]["given_border_mm"] == pytest.approx(1.5, abs=0.25)
    assert quality["measures"]["given_dice"] > 0.99


def test_half_a_mask_does_not_pass(deskull, folders, tmp_path):
    scans, masks = folders
    whole = formats.read(masks / "a_mask.nii.gz")
    half = np.array(whole.data)
    half[half.shape[0] // 2 :] = 0
    formats.write(whole.with_data(half), tmp_path / "half.nii.gz")
    done = deskull("check", scans / "a.nii.gz", tmp_path / "half.nii.gz", "--json")
    quality = json.loads(done.stdout)["quality"]
    assert quality["verdict"] in ("review", "fail")
    assert any("inside of the brain's border are missing" in reason for reason in quality["reasons"])


def test_folders_are_paired_by_name_and_written_to_a_table(deskull, folders, tmp_path):
    scans, masks = folders
    done = deskull("check", scans, masks, "-o", tmp_path / "check.tsv")
    assert done.exit_code == 0, done.output
    with (tmp_path / "check.tsv").open() as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    assert (row["scan"], row["mask"]) == (str(scans / "a.nii.gz"), str(masks / "a_mask.nii.gz"))
    assert float(row["dice"]) > 0.99


def test_mask_on_another_grid_is_refused(deskull, folders, tmp_path):
    scans, masks = folders
    whole = formats.read(masks / "a_mask.nii.gz")
    formats.write(
        whole.part((slice(0, 40), slice(0, whole.shape[1]), slice(0, whole.shape[2]))), tmp_path / "part.nii.gz"
    )
    done = deskull("check", scans / "a.nii.gz", tmp_path / "part.nii.gz")
    assert done.exit_code == 1
    assert "resample it to the scan's grid" in done.output


def test_existing_table_is_kept_without_overwrite(deskull, folders, tmp_path):
    (tmp_path / "check.tsv").write_text("mine")
    assert deskull("check", *folders, "-o", tmp_path / "check.tsv").exit_code == 1
    assert (tmp_path / "check.tsv").read_text() == "mine"
