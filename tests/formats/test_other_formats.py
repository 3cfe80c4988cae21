"""MGH, NRRD and MetaImage: geometry and voxels come back exactly."""

from __future__ import annotations

import gzip

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import InputError, OutputError, Volume, formats

AFFINE = np.array([[-0.9, 0.1, 0, 80], [0, 0, 1.1, -120], [0.05, -1.2, 0, 99.5], [0, 0, 0, 1]])
VOXELS = np.random.default_rng(1).integers(0, 900, (7, 6, 5)).astype(np.int16)


def lps_direction(affine: np.ndarray) -> np.ndarray:
    lps = np.diag([-1, -1, 1, 1]) @ affine
    return lps[:3, :3] / np.sqrt((lps[:3, :3] ** 2).sum(axis=0))


@pytest.fixture
def mgz(tmp_path):
    header = nib.freesurfer.mghformat.MGHHeader()
    image = nib.MGHImage(VOXELS, AFFINE, header)
    image.header["tr"], image.header["flip_angle"] = 2300, 0.15
    nib.save(image, tmp_path / "scan.mgz")
    return tmp_path / "scan.mgz"


def test_mgh_geometry_is_byte_equal(tmp_path, mgz):
    volume = formats.read(mgz)
    np.testing.assert_array_equal(volume.data, VOXELS)
    np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-5)
    formats.write(volume, tmp_path / "copy.mgz")
    before, after = (gzip.decompress(p.read_bytes()) for p in (mgz, tmp_path / "copy.mgz"))
    assert before == after


def test_mgh_mask_keeps_the_geometry_bytes(tmp_path, mgz):
    volume = formats.read(mgz)
    formats.write(volume.with_data((VOXELS > 400).astype(np.uint8)), tmp_path / "mask.mgz")
    before, after = (gzip.decompress(p.read_bytes()) for p in (mgz, tmp_path / "mask.mgz"))
    assert before[4:20] == after[4:20]  # size
    assert before[28:90] == after[28:90]  # RAS flag, voxel sizes, direction cosines, centre
    np.testing.assert_array_equal(np.asarray(nib.load(tmp_path / "mask.mgz").dataobj), VOXELS > 400)


@pytest.mark.parametrize(
    ("dtype", "stored"), [(np.uint16, np.uint16), (np.float64, np.float32), (np.int8, np.int32), (np.uint8, np.uint8)]
)
def test_mgh_takes_types_it_lacks_as_wider_ones(tmp_path, dtype, stored):
    formats.write(Volume(VOXELS.clip(0, 100).astype(dtype), AFFINE), tmp_path / "a.mgz")
    back = formats.read(tmp_path / "a.mgz")
    assert back.data.dtype.newbyteorder("=") == stored
    np.testing.assert_array_equal(back.data, VOXELS.clip(0, 100))


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


def test_mgh_keeps_the_bytes_nibabel_would_mend(tmp_path, mgz):
    content = bytearray(gzip.decompress(mgz.read_bytes()))
    content[28:30] = b"\0\0"  # no orientation; the direction cosines are left as they are
    content += b"a tag of FreeSurfer's"
    (tmp_path / "odd.mgh").write_bytes(content)
    with pytest.warns(UserWarning, match="FreeSurfer's default"):
        volume = formats.read(tmp_path / "odd.mgh")
    formats.write(volume, tmp_path / "copy.mgh")
    assert (tmp_path / "copy.mgh").read_bytes() == bytes(content)


def test_mgh_series_and_its_mean(tmp_path):
    series = np.stack([VOXELS, VOXELS + 2], axis=-1)
    formats.write(Volume(series, AFFINE), tmp_path / "series.mgz")
    volume = formats.read(tmp_path / "series.mgz")
    np.testing.assert_array_equal(volume.data, series)
    formats.write(volume.mean_frame(), tmp_path / "mean.mgz")
    np.testing.assert_allclose(formats.read(tmp_path / "mean.mgz").data, VOXELS + 1)


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


@pytest.mark.parametrize("suffix", [".mgz", ".nrrd", ".mha"])
def test_another_familys_header_gives_way(tmp_path, suffix):
    image = nib.Nifti1Image(VOXELS, AFFINE)
    image.header.set_slope_inter(0.5, 3)
    scaled = Volume(VOXELS, AFFINE, 0.5, 3.0, image.header)
    formats.write(scaled, tmp_path / f"a{suffix}")
    np.testing.assert_allclose(formats.read(tmp_path / f"a{suffix}").values(), VOXELS * 0.5 + 3)
    formats.write(formats.read(tmp_path / f"a{suffix}"), tmp_path / "back.nii.gz")
    np.testing.assert_allclose(formats.read(tmp_path / "back.nii.gz").affine, AFFINE, atol=1e-4)


def test_metaimage_colours_are_refused(tmp_path):
    colour = sitk.GetImageFromArray(np.zeros((5, 6, 7, 3), np.uint8), isVector=True)
    sitk.WriteImage(colour, str(tmp_path / "rgb.mha"))
    with pytest.raises(InputError, match="colours"):
        formats.read(tmp_path / "rgb.mha")


@pytest.mark.parametrize("suffix", [".mhd", ".nhdr", ".img", ".hdr"])
def test_detached_files_are_not_written(tmp_path, suffix):
    with pytest.raises(OutputError, match="nothing is written with this ending"):
        formats.write(Volume(VOXELS, AFFINE), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_nrrd_without_orientation_warns(tmp_path):
    nrrd.write(str(tmp_path / "plain.nrrd"), VOXELS, {"spacings": [1.0, 2.0, 3.0]})
    with pytest.warns(UserWarning, match="no orientation"):
        volume = formats.read(tmp_path / "plain.nrrd")
    np.testing.assert_allclose(volume.voxel_sizes, (1, 2, 3))


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
def test_metaimage_geometry_is_equal(tmp_path, suffix):
    image = sitk.GetImageFromArray(VOXELS.T)
    angle = np.deg2rad(12)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    image.SetDirection(turn.ravel().tolist())
    image.SetSpacing((0.9, 1.1, 1 / 3))
    image.SetOrigin((1 / 7, -20.25, 3))
    sitk.WriteImage(image, str(tmp_path / f"scan{suffix}"))
    volume = formats.read(tmp_path / f"scan{suffix}")
    np.testing.assert_array_equal(volume.data, VOXELS)
    expected = np.diag([-1, -1, 1]) @ turn @ np.diag([0.9, 1.1, 1 / 3])
    np.testing.assert_allclose(volume.affine[:3, :3], expected)
    formats.write(volume.with_data((VOXELS > 400).astype(np.uint8)), tmp_path / "mask.mha")
    after = sitk.ReadImage(str(tmp_path / "mask.mha"))
    before = sitk.ReadImage(str(tmp_path / f"scan{suffix}"))
    assert after.GetDirection() == before.GetDirection()
    assert after.GetSpacing() == before.GetSpacing()
    assert after.GetOrigin() == before.GetOrigin()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(after).T, VOXELS > 400)


def test_metaimage_series(tmp_path):
    series = np.stack([VOXELS, VOXELS + 1], axis=-1)
    formats.write(Volume(series, np.diag([-1.0, -2.0, 3.0, 1.0])), tmp_path / "series.mha")
    back = formats.read(tmp_path / "series.mha")
    np.testing.assert_array_equal(back.data, series)
    np.testing.assert_allclose(back.affine, np.diag([-1.0, -2.0, 3.0, 1.0]))


@settings(max_examples=20, deadline=None)
@given(
    suffix=st.sampled_from([".nii.gz", ".mgz", ".nrrd", ".mha"]),
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 6)] * 3),
)
def test_every_format_keeps_any_rotation(tmp_path_factory, suffix, angles, spacing):
    from scipy.spatial.transform import Rotation

    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles).as_matrix() @ np.diag(spacing)
    affine[:3, 3] = (10, -20, 30)
    path = tmp_path_factory.mktemp("any") / f"scan{suffix}"
    formats.write(Volume(VOXELS, affine), path)
    back = formats.read(path)
    np.testing.assert_allclose(back.affine, affine, atol=2e-4)
    np.testing.assert_array_equal(back.data, VOXELS)
