"""NRRD: geometry and voxels come back exactly."""

from __future__ import annotations

import nrrd
import numpy as np
import pytest

from deskull import Volume, formats

AFFINE = np.array([[-0.9, 0.1, 0, 80], [0, 0, 1.1, -120], [0.05, -1.2, 0, 99.5], [0, 0, 0, 1]])
VOXELS = np.random.default_rng(1).integers(0, 900, (7, 6, 5)).astype(np.int16)


@pytest.mark.parametrize("space", ["left-posterior-superior", "right-anterior-superior", "left-anterior-superior"])
def test_nrrd_header_comes_back(tmp_path, space):
    header = {
        "space": space,
        "space directions": AFFINE[:3, :3].T,
        "space origin": AFFINE[:3, 3],
        "kinds": ["domain"] * 3,
        "encoding": "raw",
        "remark": "kept",
    }
    nrrd.write(str(tmp_path / "scan.nrrd"), VOXELS, header)
    volume = formats.read(tmp_path / "scan.nrrd")
    signs = {"left-posterior-superior": (-1, -1, 1), "left-anterior-superior": (-1, 1, 1)}.get(space, (1, 1, 1))
    np.testing.assert_allclose(volume.affine, np.diag([*signs, 1]) @ AFFINE)
    formats.write(volume.with_data((VOXELS > 400).astype(np.uint8)), tmp_path / "mask.nrrd")
    data, after = nrrd.read(str(tmp_path / "mask.nrrd"))
    np.testing.assert_array_equal(data, VOXELS > 400)
    assert data.dtype == np.uint8
    before = nrrd.read_header(str(tmp_path / "scan.nrrd"))
    for field in ("space", "space directions", "space origin", "kinds", "remark"):
        np.testing.assert_array_equal(before[field], after[field])


def test_nrrd_frames_go_last_and_back(tmp_path):
    series = np.stack([VOXELS, VOXELS + 1])
    directions = np.vstack([np.full(3, np.nan), AFFINE[:3, :3].T])
    header = {"space": "RAS", "space directions": directions, "space origin": AFFINE[:3, 3]}
    header |= {"kinds": ["list", "domain", "domain", "domain"]}
    nrrd.write(str(tmp_path / "series.nrrd"), series, header)
    volume = formats.read(tmp_path / "series.nrrd")
    assert volume.data.shape == (7, 6, 5, 2)
    formats.write(volume, tmp_path / "copy.nrrd")
    data, after = nrrd.read(str(tmp_path / "copy.nrrd"))
    np.testing.assert_array_equal(data, series)
    assert list(after["kinds"]) == header["kinds"]
    formats.write(volume.mean_frame(), tmp_path / "mean.nrrd")
    assert formats.read(tmp_path / "mean.nrrd").data.shape == (7, 6, 5)


def test_nrrd_output_is_reproducible(tmp_path):
    for name in ("a", "b"):
        formats.write(Volume(VOXELS, AFFINE), tmp_path / f"{name}.nrrd")
    content = (tmp_path / "a.nrrd").read_bytes()
    assert content == (tmp_path / "b.nrrd").read_bytes()
    assert b"# on " not in content.partition(b"\n\n")[0]


def test_nrrd_series_without_directions(tmp_path):
    series = np.stack([VOXELS, VOXELS + 2], axis=-1)
    nrrd.write(str(tmp_path / "s.nrrd"), series, {"spacings": [1.0, 1.0, 2.0, 3.0]})
    with pytest.warns(UserWarning, match="no orientation"):
        volume = formats.read(tmp_path / "s.nrrd")
    formats.write(volume.mean_frame(), tmp_path / "mean.nrrd")
    data, header = nrrd.read(str(tmp_path / "mean.nrrd"))
    assert data.shape == VOXELS.shape
    np.testing.assert_allclose(header["spacings"], (1, 1, 2))


def test_nrrd_without_orientation_warns(tmp_path):
    nrrd.write(str(tmp_path / "plain.nrrd"), VOXELS, {"spacings": [1.0, 2.0, 3.0]})
    with pytest.warns(UserWarning, match="no orientation"):
        volume = formats.read(tmp_path / "plain.nrrd")
    np.testing.assert_allclose(volume.voxel_sizes, (1, 2, 3))
