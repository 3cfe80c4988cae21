"""Headers of NIfTI: what real writers get wrong is read, saying so; what no image has is refused."""

from __future__ import annotations

import gzip
import struct
import warnings

import nibabel as nib
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension

from deskull import InputError, Volume, formats
from deskull.errors import GeometryWarning

VOXELS = np.random.default_rng(0).integers(0, 900, (12, 10, 9)).astype(np.int16)
AFFINE = np.array([[2.0, 0, 0, -12], [0, 2, 0, -10], [0, 0, 3, -9], [0, 0, 0, 1]])
ROTATED = np.array([[-2.0, 0, 0, 12], [0, -2, 0, 10], [0, 0, 3, -9], [0, 0, 0, 1]])
KINDS = {".nii": nib.Nifti1Image, "2.nii": nib.Nifti2Image}


def image(affine=AFFINE, kind=nib.Nifti1Image):
    made = kind(VOXELS, affine)
    made.header.set_qform(affine, 1)
    made.header.set_sform(affine, 1)
    made.header.set_xyzt_units("mm", "sec")
    return made


def write(path, made=None, **fields):
    """Write an image whose header fields are changed in the bytes of the file."""
    made = made or image()
    content = bytearray(made.to_bytes())
    size = made.header.sizeof_hdr
    header = type(made.header)(bytes(content[:size]), check=False)
    for name, value in fields.items():
        header[name] = value
    content[:size] = header.binaryblock
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else bytes(content))
    return path


def reads_without_a_warning(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return formats.read(path)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"dim": [0] * 8}, "claims 0 dimensions"),
        ({"dim": [9, 12, 10, 9, 1, 1, 1, 1]}, "claims 9 dimensions"),
        ({"dim": [-3, 12, 10, 9, 1, 1, 1, 1]}, "claims -3 dimensions"),
        ({"dim": [3, -12, 10, 9, 1, 1, 1, 1]}, "-12x10x9 voxels"),
        ({"dim": [3, 0, 10, 9, 1, 1, 1, 1]}, "no voxels"),
        ({"dim": [3, 32767, 32767, 32767, 1, 1, 1, 1]}, "more than any"),
        ({"dim": [3, 13, 10, 9, 1, 1, 1, 1]}, "cut short"),
        ({"vox_offset": -352}, "byte -352"),
        ({"vox_offset": np.nan}, "byte nan"),
        ({"vox_offset": np.inf}, "byte inf"),
        ({"vox_offset": 1e12}, "byte 1e\\+12"),
        ({"vox_offset": 3000}, "cut short"),
        ({"datatype": 0}, r"unknown type \(0\)"),
        ({"datatype": 1}, "single bits"),
        ({"datatype": 32}, "complex numbers"),
        ({"datatype": 128}, r"colours \(RGB\)"),
        ({"datatype": 1536}, "128-bit floats"),
        ({"datatype": 1792}, "complex numbers"),
        ({"datatype": 2048}, "complex numbers"),
        ({"datatype": 2304}, r"colours \(RGBA\)"),
        ({"datatype": 9999}, r"unknown type \(9999\)"),
        ({"scl_slope": 2, "scl_inter": np.inf}, "intercept is not a number"),
        ({"magic": b"ni1"}, "that of a pair of files"),
        ({"sizeof_hdr": 0}, "not a NIfTI image"),
        ({"pixdim": [1, np.nan, 2, 3, 0, 0, 0, 0], "sform_code": 0}, "zero or not a number"),
        ({"quatern_b": 0.9, "quatern_c": 0.9, "sform_code": 0}, "quaternion"),
        ({"srow_x": [0] * 4, "srow_y": [0] * 4, "srow_z": [0] * 4, "qform_code": 0}, "voxel size is zero"),
        ({"srow_x": [1e30, 0, 0, 0]}, "repair the header"),
        ({"srow_x": [2, 0, 0, 1e30]}, "km from the origin"),
        ({"srow_x": [2000, 0, 0, 0], "srow_y": [0, 2000, 0, 0], "srow_z": [0, 0, 2000, 0]}, "micrometres"),
    ],
)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.filterwarnings("ignore::deskull.errors.GeometryWarning")
def test_a_header_with_a_value_that_no_scan_has_is_refused(tmp_path, fields, fault, suffix):
    path = tmp_path / f"scan{suffix}"
    with pytest.raises(InputError, match=fault) as caught:
        formats.read(write(path, **fields))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("excess", [4e-7, 5e-6])
def test_a_quaternion_longer_than_1_by_rounding_is_normalised(tmp_path, excess):
    path = write(tmp_path / "scan.nii", image(ROTATED), quatern_d=1 + excess, sform_code=0)
    np.testing.assert_allclose(reads_without_a_warning(path).affine, ROTATED, atol=1e-4)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000), ("micron", 0.001)])
@pytest.mark.parametrize("kind", KINDS.values())
def test_units_other_than_millimetres_are_applied_with_a_warning(tmp_path, unit, factor, kind):
    given = np.diag([1 / factor] * 3 + [1]) @ AFFINE
    made = image(given, kind)
    made.header.set_xyzt_units(unit, "sec")
    with pytest.warns(GeometryWarning, match="converted to millimetres"):
        volume = formats.read(write(tmp_path / "scan.nii", made))
    np.testing.assert_allclose(volume.affine, AFFINE, rtol=1e-6)


@pytest.mark.parametrize("unit", ["meter", "micron"])
def test_units_in_which_the_image_is_no_head_are_taken_for_millimetres_with_a_warning(tmp_path, unit):
    made = image()
    made.header.set_xyzt_units(unit, "sec")
    with pytest.warns(GeometryWarning, match="millimetres are assumed"):
        volume = formats.read(write(tmp_path / "scan.nii", made))
    np.testing.assert_allclose(volume.affine, AFFINE)


@pytest.mark.filterwarnings("ignore::deskull.errors.GeometryWarning")
def test_a_result_keeps_the_unit_and_the_numbers_of_the_header(tmp_path):
    made = image(np.diag([1000.0] * 3 + [1]) @ AFFINE)
    made.header.set_xyzt_units("micron", "sec")
    volume = formats.read(write(tmp_path / "scan.nii", made))
    formats.write(volume, tmp_path / "copy.nii")
    assert (tmp_path / "copy.nii").read_bytes() == (tmp_path / "scan.nii").read_bytes()


@pytest.mark.parametrize("rows", [np.zeros((3, 4)), np.full((3, 4), np.nan), np.ones((3, 4))])
def test_a_damaged_sform_beside_a_good_qform_is_not_used_with_a_warning(tmp_path, rows):
    path = write(tmp_path / "scan.nii", srow_x=rows[0], srow_y=rows[1], srow_z=rows[2])
    with pytest.warns(GeometryWarning, match="sform is damaged"):
        volume = formats.read(path)
    np.testing.assert_allclose(volume.affine, AFFINE)


@pytest.mark.filterwarnings("ignore::deskull.errors.GeometryWarning")
def test_a_result_of_a_scan_with_a_damaged_sform_has_the_qform_in_every_reader(tmp_path):
    path = write(tmp_path / "scan.nii", srow_x=[0] * 4, srow_y=[0] * 4, srow_z=[0] * 4)
    formats.write(formats.read(path), tmp_path / "copy.nii")
    np.testing.assert_allclose(nib.load(tmp_path / "copy.nii").affine, AFFINE)


def test_a_damaged_qform_beside_a_good_sform_is_not_used_with_a_warning(tmp_path):
    path = write(tmp_path / "scan.nii", quatern_b=np.nan)
    with pytest.warns(GeometryWarning, match="qform is damaged"):
        volume = formats.read(path)
    np.testing.assert_allclose(volume.affine, AFFINE)


def test_an_sform_of_other_voxel_sizes_than_pixdim_is_used_with_a_warning(tmp_path):
    path = write(tmp_path / "scan.nii", qform_code=0, pixdim=[1, 1, 1, 1, 0, 0, 0, 0])
    with pytest.warns(GeometryWarning, match="sform has voxels of 2 x 2 x 3, but its field pixdim says 1 x 1 x 1"):
        assert formats.read(path).voxel_sizes == pytest.approx([2, 2, 3])


def test_an_sform_of_the_voxel_sizes_of_pixdim_gives_no_warning(tmp_path):
    reads_without_a_warning(write(tmp_path / "scan.nii", qform_code=0))


def test_bits_that_are_not_those_of_the_type_give_a_warning(tmp_path):
    with pytest.warns(GeometryWarning, match="claims 8 bits per voxel, but its type int16 is used"):
        volume = formats.read(write(tmp_path / "scan.nii", bitpix=8))
    np.testing.assert_array_equal(volume.data, VOXELS)


def test_voxels_placed_inside_the_header_are_read_after_it_with_a_warning(tmp_path):
    with pytest.warns(GeometryWarning, match="inside itself"):
        volume = formats.read(write(tmp_path / "scan.nii", vox_offset=1))
    np.testing.assert_array_equal(volume.data, VOXELS)


def with_extensions():
    made = image()
    made.header.extensions.append(Nifti1Extension("comment", b"first"))
    made.header.extensions.append(Nifti1Extension("comment", b"second, somewhat longer"))
    return made


@pytest.mark.parametrize(
    ("position", "size", "kept"),
    [(352, 0, []), (352, -16, []), (352, 2**30, []), (368, 7, [b"first"]), (368, 4000, [b"first"])],
)
def test_a_damaged_extension_is_ignored_with_a_warning_and_the_result_is_valid(tmp_path, position, size, kept):
    path = write(tmp_path / "scan.nii", with_extensions())
    content = bytearray(path.read_bytes())
    content[position : position + 4] = struct.pack("<i", size)
    path.write_bytes(content)
    with pytest.warns(GeometryWarning, match="extension is damaged"):
        volume = formats.read(path)
    formats.write(volume, tmp_path / "copy.nii")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copy = nib.load(tmp_path / "copy.nii")
    np.testing.assert_array_equal(np.asarray(copy.dataobj), VOXELS)
    assert [extension.get_content() for extension in copy.header.extensions] == kept


def test_good_extensions_come_back_byte_for_byte(tmp_path):
    path = write(tmp_path / "scan.nii", with_extensions())
    formats.write(reads_without_a_warning(path), tmp_path / "copy.nii")
    assert (tmp_path / "copy.nii").read_bytes() == path.read_bytes()


def test_zeros_after_the_last_extension_are_no_damage(tmp_path):
    path = write(tmp_path / "scan.nii", with_extensions())
    content = path.read_bytes()
    header = nib.Nifti1Header(content[:348], check=False)
    offset = int(header["vox_offset"])
    header["vox_offset"] = offset + 64
    path.write_bytes(header.binaryblock + content[348:offset] + bytes(64) + content[offset:])
    np.testing.assert_array_equal(reads_without_a_warning(path).data, VOXELS)


@pytest.mark.parametrize("dtype", [np.float16, np.bool_])
def test_types_that_nifti_lacks_are_written_as_the_nearest(tmp_path, dtype):
    data = (VOXELS > 400).astype(dtype)
    formats.write(Volume(data, AFFINE), tmp_path / "scan.nii")
    np.testing.assert_array_equal(formats.read(tmp_path / "scan.nii").data, data)


def test_an_axis_longer_than_nifti_1_allows_is_written_as_nifti_2(tmp_path):
    data = np.zeros((33000, 2, 2), np.uint8)
    formats.write(Volume(data, np.diag([0.02, 2, 2, 1])), tmp_path / "long.nii")
    assert nib.load(tmp_path / "long.nii").shape == data.shape


def test_a_sheared_affine_is_written_as_an_sform_without_a_qform(tmp_path):
    sheared = AFFINE.copy()
    sheared[0, 1] = 0.3
    formats.write(Volume(VOXELS, sheared), tmp_path / "scan.nii")
    np.testing.assert_allclose(reads_without_a_warning(tmp_path / "scan.nii").affine, sheared)
