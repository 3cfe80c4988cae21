"""MGH and MGZ: header, voxels and footer come back exactly."""

from __future__ import annotations

import gzip
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.errors import GeometryWarning

AFFINE = np.array([[-0.9, 0.1, 0, 80], [0, 0, 1.1, -120], [0.05, -1.2, 0, 99.5], [0, 0, 0, 1]])
VOXELS = np.random.default_rng(1).integers(0, 900, (7, 6, 5)).astype(np.int16)


@pytest.fixture
def mgz(tmp_path):
    header = nib.freesurfer.mghformat.MGHHeader()
    image = nib.MGHImage(VOXELS, AFFINE, header)
    image.header["tr"], image.header["flip_angle"] = 2300, 0.15
    nib.save(image, tmp_path / "scan.mgz")
    return tmp_path / "scan.mgz"


def test_header_voxels_and_footer_come_back_byte_for_byte(tmp_path, mgz):
    volume = formats.read(mgz)
    np.testing.assert_array_equal(volume.data, VOXELS)
    np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-5)
    formats.write(volume, tmp_path / "copy.mgz")
    before, after = (gzip.decompress(p.read_bytes()) for p in (mgz, tmp_path / "copy.mgz"))
    assert before == after


def test_a_mask_keeps_the_geometry_bytes_of_its_scan(tmp_path, mgz):
    volume = formats.read(mgz)
    formats.write(volume.with_data((VOXELS > 400).astype(np.uint8)), tmp_path / "mask.mgz")
    before, after = (gzip.decompress(p.read_bytes()) for p in (mgz, tmp_path / "mask.mgz"))
    assert before[4:20] == after[4:20]  # size
    assert before[28:90] == after[28:90]  # RAS flag, voxel sizes, direction cosines, centre
    np.testing.assert_array_equal(np.asarray(nib.load(tmp_path / "mask.mgz").dataobj), VOXELS > 400)


@pytest.mark.parametrize(
    ("dtype", "stored"), [(np.uint16, np.uint16), (np.float64, np.float32), (np.int8, np.int32), (np.uint8, np.uint8)]
)
def test_types_that_mgh_lacks_are_written_as_wider_ones(tmp_path, dtype, stored):
    formats.write(Volume(VOXELS.clip(0, 100).astype(dtype), AFFINE), tmp_path / "a.mgz")
    back = formats.read(tmp_path / "a.mgz")
    assert back.data.dtype.newbyteorder("=") == stored
    np.testing.assert_array_equal(back.data, VOXELS.clip(0, 100))


def test_bytes_that_nibabel_would_change_are_kept(tmp_path, mgz):
    content = bytearray(gzip.decompress(mgz.read_bytes()))
    content[28:30] = b"\0\0"  # no orientation; the direction cosines are left as they are
    content += b"a tag of FreeSurfer's"
    (tmp_path / "odd.mgh").write_bytes(content)
    with pytest.warns(UserWarning, match="FreeSurfer's default"):
        volume = formats.read(tmp_path / "odd.mgh")
    formats.write(volume, tmp_path / "copy.mgh")
    assert (tmp_path / "copy.mgh").read_bytes() == bytes(content)


def test_a_series_and_its_mean_are_read_back(tmp_path):
    series = np.stack([VOXELS, VOXELS + 2], axis=-1)
    formats.write(Volume(series, AFFINE), tmp_path / "series.mgz")
    volume = formats.read(tmp_path / "series.mgz")
    np.testing.assert_array_equal(volume.data, series)
    formats.write(volume.mean_frame(), tmp_path / "mean.mgz")
    np.testing.assert_allclose(formats.read(tmp_path / "mean.mgz").data, VOXELS + 1)


def changed(path, **fields):
    """Write the uncompressed scan with other header fields: their position and big-endian bytes."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    for position, value in fields.values():
        content[position : position + len(value)] = value
    odd = path.with_name("odd.mgh")
    odd.write_bytes(content)
    return odd


def integer(value):
    return value.to_bytes(4, "big", signed=True)


@pytest.mark.parametrize(
    ("position", "value", "fault"),
    [
        (0, integer(2), r"not an MGH image \(version 2\)"),
        (0, integer(0x301), "not an MGH image"),
        (4, integer(-7), "claims -7x6x5x1 voxels"),
        (4, integer(0), "no voxels"),
        (4, integer(8), "cut short"),
        (4, integer(2**31 - 1), "cut short|voxels"),
        (16, integer(40000), "frames"),
        (20, integer(2), r"long integers \(FreeSurfer type 2\)"),
        (20, integer(5), r"single bits \(MRI_BITMAP\) \(FreeSurfer type 5\)"),
        (20, integer(6), "tensors"),
        (20, integer(7), "complex numbers"),
        (20, integer(9), "colours"),
        (20, integer(77), r"an unknown type \(FreeSurfer type 77\)"),
        (30, bytes(12), "voxel size is zero"),
        (30, b"\x7f\x80\0\0" * 3, "not finite"),
        (30, b"\x7f\x7f\xff\xff" * 3, "not finite|too large|voxels of"),
        (30, b"\x7f\xc0\0\0" * 3, "not finite"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_header_with_a_value_that_no_scan_has_is_refused(mgz, position, value, fault):
    path = changed(mgz, field=(position, value))
    with pytest.raises(InputError, match=fault) as caught:
        formats.read(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("intent", [1, 2])
def test_labels_of_freesurfer_7_are_read(mgz, intent):
    path = changed(mgz, version=(0, integer(intent << 8 | 1)))
    np.testing.assert_array_equal(formats.read(path).data, VOXELS)


def test_a_compressed_file_that_ends_in_the_header_is_refused(mgz):
    mgz.write_bytes(gzip.compress(gzip.decompress(mgz.read_bytes())[:200]))
    with pytest.raises(InputError, match="cut short"):
        formats.read(mgz)


def test_axes_that_mgh_lacks_are_left_out(tmp_path):
    formats.write(Volume(VOXELS, AFFINE, trailing=(1, 1)), tmp_path / "scan.mgz")
    assert formats.read(tmp_path / "scan.mgz").data.shape == VOXELS.shape


def test_an_image_cropped_in_memory_is_written_with_a_new_header(tmp_path, mgz):
    volume = formats.read(mgz)
    formats.write(replace(volume, data=volume.data[2:]), tmp_path / "part.mgz")
    np.testing.assert_array_equal(formats.read(tmp_path / "part.mgz").data, VOXELS[2:])


def test_directions_that_are_not_of_length_1_give_a_warning(mgz):
    path = changed(mgz, field=(42, b"\0" * 3))
    with pytest.warns(GeometryWarning, match="not of length 1"):
        formats.read(path)
