"""The NFBS-like data set: layout, splits, the same bytes again."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull import InputError, formats
from deskull.data.checks import check_case
from deskull.data.layouts.files import Listing
from deskull.data.layouts.nfbs import find_nfbs
from deskull.data.splits import read_splits
from deskull.train.synthesis.nfbs import plan_subjects, synthesise_nfbs


def digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*_T1w*.nii.gz")}


@pytest.fixture(scope="module")
def made(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nfbs")
    (folder / "maps").mkdir()
    name = "scatterbrains_13.nii.gz"
    (folder / "maps" / name).symlink_to((data / "labelmaps" / name).resolve())
    (head,) = synthesise_nfbs(folder / "maps", folder / "out", folder / "cache")
    return folder, head


def test_files_have_the_names_and_the_grid_of_nfbs(made):
    folder, head = made
    assert head.name.startswith("A000")
    scan = formats.read(folder / "out" / head.name / f"sub-{head.name}_ses-NFB3_T1w.nii.gz")
    assert scan.shape == (256, 256, 192)
    np.testing.assert_allclose(scan.voxel_sizes, 1)
    cases, problems = find_nfbs(Listing.of(folder / "out"))
    assert not problems
    check = check_case(cases[0])
    assert check.usable
    assert not check.warnings
    volume = formats.read(cases[0].mask).data.sum() / 1000
    assert 900 < volume < 1900


def test_subject_of_a_validation_label_map_is_for_validation(made):
    folder, head = made
    assert read_splits(folder / "out" / "splits.csv")[head.name].split == "validation"


def test_missing_file_is_made_again_with_the_same_bytes(made):
    folder, head = made
    before = digest(folder / "out")
    head.path("T1w_brain").unlink()
    list(synthesise_nfbs(folder / "maps", folder / "out", folder / "cache"))
    assert digest(folder / "out") == before


def test_folder_without_label_maps_is_refused(tmp_path):
    with pytest.raises(InputError, match="no label maps"):
        plan_subjects(tmp_path, tmp_path / "out")
