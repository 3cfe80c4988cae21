"""BIDS derivatives: masks as fMRIPrep and others name them find their scans."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.checking.derivatives import pairs_of_derivatives

pytest.importorskip("ancpbids", reason="needs ancpbids (deskull[bids])")

SCANS = (
    "sub-01/ses-1/anat/sub-01_ses-1_run-1_T1w",
    "sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w",
    "sub-02/anat/sub-02_T1w",
    "sub-02/anat/sub-02_T2w",
    "sub-03/anat/sub-03_T2w",
    "sub-03/anat/sub-03_FLAIR",
    "sub-02/func/sub-02_task-rest_bold",
)


@pytest.fixture
def dataset(tmp_path):
    """A raw dataset without voxels, and a function that adds masks to its derivatives and pairs them."""
    raw, derivatives = tmp_path / "raw", tmp_path / "derivatives"
    for root, names in ((raw, SCANS), (derivatives, ())):
        root.mkdir()
        (root / "dataset_description.json").write_text(json.dumps({"Name": "x", "BIDSVersion": "1.9.0"}))
        for name in names:
            path = root / f"{name}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def pair(*masks: str):
        for name in masks:
            path = derivatives / f"{name}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return pairs_of_derivatives(raw, derivatives)

    return pair


def named(found) -> list[tuple[str, str]]:
    """Names of the paired files."""
    return [(pair.scan.name, pair.mask.name) for pair in found.pairs]


@pytest.mark.parametrize(
    ("mask", "scan"),
    [
        ("sub-02/anat/sub-02_desc-brain_mask", "sub-02_T1w"),
        ("sub-02/anat/sub-02_desc-brainT2w_mask", "sub-02_T2w"),
        ("sub-02/anat/sub-02_label-brain_mask", "sub-02_T1w"),
        ("sub-02/anat/sub-02_label-brain_desc-manual_mask", "sub-02_T1w"),
        ("sub-02/func/sub-02_task-rest_desc-brain_mask", "sub-02_task-rest_bold"),
        ("sub-01/ses-1/anat/sub-01_ses-1_run-2_desc-brain_mask", "sub-01_ses-1_run-2_T1w"),
    ],
)
def test_mask_belongs_to_the_scan_with_its_entities(dataset, mask, scan):
    assert named(dataset(mask)) == [(f"{scan}.nii.gz", f"{mask.rpartition('/')[2]}.nii.gz")]


def test_mask_of_two_possible_scans_is_a_fault_and_the_others_go_on(dataset):
    found = dataset("sub-03/anat/sub-03_desc-brain_mask", "sub-02/anat/sub-02_desc-brain_mask")
    assert named(found) == [("sub-02_T1w.nii.gz", "sub-02_desc-brain_mask.nii.gz")]
    (fault,) = found.faults
    assert "could belong to 2 scans (sub-03_FLAIR.nii.gz, sub-03_T2w.nii.gz)" in fault


def test_sidecar_that_names_the_scan_decides(dataset, tmp_path):
    dataset("sub-03/anat/sub-03_desc-brain_mask")
    sidecar = tmp_path / "derivatives" / "sub-03" / "anat" / "sub-03_desc-brain_mask.json"
    sidecar.write_text(json.dumps({"Sources": ["bids:raw:sub-03/anat/sub-03_T2w.nii.gz"]}))
    assert named(dataset()) == [("sub-03_T2w.nii.gz", "sub-03_desc-brain_mask.nii.gz")]


def test_mask_without_a_scan_is_a_fault(dataset):
    found = dataset("sub-01/ses-1/anat/sub-01_ses-1_desc-brain_mask")
    assert not found.pairs
    assert "no scan of" in found.faults[0]
    assert "has its entities" in found.faults[0]


def test_anatomical_scans_without_a_mask_are_named(dataset):
    (text,) = dataset("sub-02/anat/sub-02_desc-brain_mask").left_out
    assert "has no mask of 5 scans" in text


def test_masks_of_other_things_are_not_taken(dataset):
    found = dataset(
        "sub-02/anat/sub-02_desc-brain_mask",
        "sub-02/anat/sub-02_desc-icv_mask",
        "sub-02/anat/sub-02_label-CSF_mask",
        "sub-02/anat/sub-02_desc-brainstem_mask",
    )
    assert len(found.pairs) == 1
    assert not found.faults


def write_images(tmp_path, *, mask_shape: tuple[int, int, int]) -> None:
    """Write voxels for a scan of ``sub-02`` and for its mask in a space."""
    scan = Volume(np.arange(8**3, dtype=np.int16).reshape(8, 8, 8), np.diag([20.0, 20, 20, 1]))
    mask = Volume(np.ones(mask_shape, np.uint8), scan.affine)
    formats.write(scan, tmp_path / "raw" / "sub-02" / "anat" / "sub-02_T1w.nii.gz", overwrite=True)
    folder = tmp_path / "derivatives" / "sub-02" / "anat"
    formats.write(mask, folder / "sub-02_space-T1w_desc-brain_mask.nii.gz", overwrite=True)


def test_mask_in_a_space_is_taken_if_it_lies_on_the_grid_of_the_scan(dataset, tmp_path):
    write_images(tmp_path, mask_shape=(8, 8, 8))
    assert named(dataset()) == [("sub-02_T1w.nii.gz", "sub-02_space-T1w_desc-brain_mask.nii.gz")]


def test_mask_on_another_grid_is_left_out(dataset, tmp_path):
    write_images(tmp_path, mask_shape=(8, 8, 9))
    found = dataset("sub-03/anat/sub-03_desc-brainT2w_mask")
    assert len(found.pairs) == 1
    assert "sub-02_space-T1w_desc-brain_mask.nii.gz is left out: only masks on the grid" in found.left_out[0]


def test_derivatives_without_a_brain_mask_are_refused(dataset):
    with pytest.raises(InputError, match="holds no brain masks named as BIDS asks"):
        dataset("sub-02/anat/sub-02_label-GM_probseg")
