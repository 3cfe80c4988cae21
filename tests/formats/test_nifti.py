"""NIfTI: awkward headers come back byte for byte, voxels exactly."""

from __future__ import annotations

import gzip
import os
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deskull import InputError, Volume, formats
from tests.formats.headers import MAKERS, raw_image

GEOMETRY = ("dim_info", "pixdim", "xyzt_units", "toffset", "slice_duration", "qform_code", "sform_code", "descrip")
QUATERNION = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")
SFORM = ("srow_x", "srow_y", "srow_z")


def header_of(path: Path):
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    kind = nib.Nifti2Header if content[:4] in (b"\x1c\x02\0\0", b"\0\0\x02\x1c") else nib.Nifti1Header
    return kind(content[: kind.sizeof_hdr], check=False), content


def assert_same_geometry(before: Path, after: Path, *, frames: bool = True) -> None:
    (first, _), (second, _) = header_of(before), header_of(after)
    assert first.endianness == second.endianness
    for field in (*GEOMETRY, *QUATERNION, *SFORM):
        assert first[field].tobytes() == second[field].tobytes(), field
    if frames:
        assert first["dim"].tobytes() == second["dim"].tobytes()


@pytest.fixture
def voxels() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(-200, 3000, (12, 10, 9)).astype(np.int16)


@pytest.fixture
def affine() -> np.ndarray:
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (-12, -10, -9)
    return affine


def save(image, path: Path) -> Path:
    content = raw_image(image)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_awkward_headers_come_back_byte_for_byte(tmp_path, voxels, affine, name, suffix):
    before = save(MAKERS[name](voxels, affine), tmp_path / f"scan{suffix}")
    volume = formats.read(before)
    after = tmp_path / f"copy{suffix}"
    formats.write(volume, after)
    first, second = header_of(before)[1], header_of(after)[1]
    assert_same_geometry(before, after)
    voxel_bytes = volume.data.size * volume.data.dtype.itemsize
    assert first[-voxel_bytes:] == second[-voxel_bytes:]
    np.testing.assert_array_equal(nib.load(before).get_fdata(), nib.load(after).get_fdata())
    np.testing.assert_array_equal(nib.load(before).affine, nib.load(after).affine)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MAKERS)
def test_a_mask_keeps_the_geometry_bytes_of_its_scan(tmp_path, voxels, affine, name):
    before = save(MAKERS[name](voxels, affine), tmp_path / "scan.nii.gz")
    volume = formats.read(before)
    mask = volume.with_data((volume.data > 0).astype(np.uint8))
    after = tmp_path / "mask.nii.gz"
    formats.write(mask, after)
    assert_same_geometry(before, after)
    loaded = nib.load(after)
    assert loaded.get_data_dtype().newbyteorder("=") == np.uint8
    np.testing.assert_array_equal(np.squeeze(np.asarray(loaded.dataobj)), np.squeeze(mask.data))


def test_extensions_are_kept(tmp_path, voxels, affine):
    before = save(MAKERS["with_extension"](voxels, affine), tmp_path / "scan.nii")
    formats.write(formats.read(before), tmp_path / "copy.nii")
    found = nib.load(tmp_path / "copy.nii").header.extensions
    assert [extension.get_content() for extension in found] == [
        extension.get_content() for extension in nib.load(before).header.extensions
    ]
    assert len(found) == 1


@pytest.mark.parametrize("which", [".hdr", ".img"])
def test_pairs_are_read_by_either_name(tmp_path, voxels, affine, which):
    image = nib.Nifti1Pair(voxels, affine)
    nib.save(image, tmp_path / "scan.img")
    volume = formats.read(tmp_path / f"scan{which}")
    np.testing.assert_array_equal(volume.data, voxels)
    np.testing.assert_allclose(volume.affine, affine)
    formats.write(volume, tmp_path / "out.nii.gz")
    written = nib.load(tmp_path / "out.nii.gz").header
    for field in ("dim", *GEOMETRY, *QUATERNION, *SFORM):
        assert written[field].tobytes() == nib.load(tmp_path / "scan.hdr").header[field].tobytes(), field


def test_a_pair_without_its_other_half_is_refused(tmp_path, voxels, affine):
    nib.save(nib.Nifti1Pair(voxels, affine), tmp_path / "scan.img")
    (tmp_path / "scan.hdr").unlink()
    with pytest.raises(InputError, match=r"other half scan\.hdr is missing"):
        formats.read(tmp_path / "scan.img")


@pytest.mark.parametrize("given", ["scan.hdr", "scan.img"])
def test_a_short_data_file_of_a_pair_is_named_once_beside_the_file_that_was_asked_for(tmp_path, voxels, affine, given):
    nib.save(nib.Nifti1Pair(voxels, affine), tmp_path / "scan.img")
    os.truncate(tmp_path / "scan.img", 100)
    with pytest.raises(InputError, match="ends before its last voxel") as refused:
        formats.read(tmp_path / given)
    assert str(refused.value).count(str(tmp_path)) == 1
    assert "scan.img" in str(refused.value)


def test_a_short_header_of_a_pair_is_called_a_header(tmp_path, voxels, affine):
    nib.save(nib.Nifti1Pair(voxels, affine), tmp_path / "scan.img")
    os.truncate(tmp_path / "scan.hdr", 100)
    with pytest.raises(InputError, match=r"scan.img: its header 'scan.hdr' ends before"):
        formats.read(tmp_path / "scan.img")


@pytest.mark.parametrize("magic", [b"ni1\0", b"\0\0\0\0", b"abcd"])
def test_a_single_file_without_the_name_of_its_format_is_refused_without_a_warning(tmp_path, voxels, affine, magic):
    path = save(nib.Nifti1Image(voxels, affine), tmp_path / "scan.nii")
    content = path.read_bytes()
    path.write_bytes(content[:344] + magic + content[348:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=r"name (them|the pair) \.hdr and \.img"):
            formats.read(path)


def test_a_file_that_is_compressed_twice_is_named_as_such(tmp_path, voxels, affine):
    path = save(nib.Nifti1Image(voxels, affine), tmp_path / "scan.nii.gz")
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputError, match="is compressed twice"):
        formats.read(path)


def test_an_analyze_pair_is_read_with_a_warning(tmp_path, voxels):
    nib.save(nib.AnalyzeImage(voxels, np.diag([-2.0, 2.0, 2.0, 1.0])), tmp_path / "old.img")
    with pytest.warns(UserWarning, match="states no orientation") as caught:
        volume = formats.read(tmp_path / "old.hdr")
    assert len(caught) == 1
    np.testing.assert_array_equal(volume.data, voxels)
    np.testing.assert_allclose(volume.voxel_sizes, 2.0)


def test_a_big_endian_analyze_pair_is_read(tmp_path, voxels):
    image = nib.AnalyzeImage(voxels, np.diag([-2.0, 2.0, 2.0, 1.0]))
    header = image.header.as_byteswapped(">")
    nib.save(nib.AnalyzeImage(voxels.astype(">i2"), None, header), tmp_path / "old.img")
    with pytest.warns(UserWarning, match="states no orientation"):
        np.testing.assert_array_equal(formats.read(tmp_path / "old.img").data, voxels)


def test_a_pair_in_upper_case_is_read(tmp_path, voxels, affine):
    nib.save(nib.Nifti1Pair(voxels, affine), tmp_path / "scan.img")
    (tmp_path / "scan.img").rename(tmp_path / "SCAN.IMG")
    (tmp_path / "scan.hdr").rename(tmp_path / "SCAN.HDR")
    np.testing.assert_array_equal(formats.read(tmp_path / "SCAN.IMG").data, voxels)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("qform_only", {"pixdim": [0, 2, 2, 2, 1, 1, 1, 1]}),
        ("sform_only", {"pixdim": [1, -2, -2, -2, 1, 1, 1, 1]}),
        ("both", {"vox_offset": 0}),
    ],
)
def test_headers_with_usual_mistakes_are_read_as_nibabel_reads_them(tmp_path, voxels, affine, name, fields):
    content = bytearray(raw_image(MAKERS[name](voxels, affine)))
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    for field, value in fields.items():
        header[field] = value
    content[:348] = header.binaryblock
    (tmp_path / "scan.nii").write_bytes(content)
    volume = formats.read(tmp_path / "scan.nii")
    np.testing.assert_array_equal(volume.data, voxels)
    np.testing.assert_allclose(volume.affine, nib.load(tmp_path / "scan.nii").affine)
    formats.write(volume, tmp_path / "copy.nii")
    assert_same_geometry(tmp_path / "scan.nii", tmp_path / "copy.nii")


def test_an_sform_that_differs_from_the_qform_is_used_with_a_warning(tmp_path, voxels, affine):
    path = save(MAKERS["disagreeing"](voxels, affine), tmp_path / "scan.nii")
    with pytest.warns(UserWarning, match="disagree"):
        volume = formats.read(path)
    np.testing.assert_allclose(volume.affine, affine)


def test_an_sform_that_equals_the_qform_gives_no_warning(tmp_path, voxels, affine):
    path = save(MAKERS["both"](voxels, affine), tmp_path / "scan.nii")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        formats.read(path)


def test_slope_and_intercept_give_the_real_values(tmp_path, voxels, affine):
    path = save(MAKERS["scaled_integers"](voxels, affine), tmp_path / "scan.nii")
    volume = formats.read(path)
    assert (volume.slope, volume.inter) == (0.25, -100)
    np.testing.assert_allclose(volume.values(), nib.load(path).get_fdata(), atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(
    data=hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]),
        hnp.array_shapes(min_dims=3, max_dims=4, min_side=2, max_side=5),
        elements={"min_value": 0, "max_value": 200},
    ),
    translation=st.tuples(*[st.floats(-300, 300, width=32)] * 3),
)
def test_any_array_without_a_header_is_read_back_as_it_was_written(tmp_path_factory, data, translation):
    folder = tmp_path_factory.mktemp("any")
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[:3, 3] = translation
    formats.write(Volume(data, affine), folder / "any.nii.gz")
    back = formats.read(folder / "any.nii.gz")
    np.testing.assert_array_equal(back.data, data)
    assert back.data.dtype == data.dtype
    np.testing.assert_allclose(back.affine, affine, atol=1e-4)


def test_one_volume_is_written_twice_to_the_same_bytes(tmp_path, voxels, affine):
    formats.write(Volume(voxels, affine), tmp_path / "a.nii.gz")
    formats.write(Volume(voxels, affine), tmp_path / "b.nii.gz")
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()
