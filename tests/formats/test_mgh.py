"""MGH and MGZ: header, voxels and footer come back exactly."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest

from deskull import Volume, formats

AFFINE = np.array([[-0.9, 0.1, 0, 80], [0, 0, 1.1, -120], [0.05, -1.2, 0, 99.5], [0, 0, 0, 1]])
VOXELS = np.random.default_rng(1).integers(0, 900, (7, 6, 5)).astype(np.int16)


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
