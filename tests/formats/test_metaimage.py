"""MetaImage: what ITK reads is read equally, what ITK reads wrongly or crashes on is refused in a sentence."""

from __future__ import annotations

import gzip
import os
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from deskull import InputError, Volume, formats
from deskull.errors import GeometryWarning, IntensityWarning
from deskull.options import ReadOptions
from tests.formats.damage import damage_header, is_read_or_refused_in_a_sentence

sitk = pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")

SHAPE = (4, 3, 2)
VOXELS = np.arange(24, dtype=np.int16).reshape(SHAPE, order="F")
RAW = VOXELS.tobytes(order="F")
FIELDS = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False",
    "TransformMatrix": "0 1 0 0 0 1 1 0 0",
    "Offset": "1.5 -2 0.1",
    "ElementSpacing": "1 2 3",
    "DimSize": "4 3 2",
    "ElementType": "MET_SHORT",
}
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def metaimage(path, data=RAW, name="LOCAL", line_break="\n", **changes):
    """Write a file by hand; a field changed to None is left out."""
    fields = {key: value for key, value in {**FIELDS, **changes}.items() if value is not None}
    lines = [f"{key} = {value}" for key, value in {**fields, "ElementDataFile": name}.items()]
    header = "".join(line + line_break for line in lines).encode("latin-1")
    path.write_bytes(header + (data if name in ("LOCAL", "Local") else b""))
    return path


def detached(folder, name="scan.raw", data=RAW, **changes):
    (folder / name).write_bytes(data)
    return metaimage(folder / "scan.mhd", name=name, **changes)


def itk_affine(image):
    size = image.GetDimension()
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (size, size))[:3, :3] @ np.diag(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return LPS_TO_RAS @ affine


def assert_read_as_by_itk(path):
    volume, image = formats.read(path), sitk.ReadImage(str(path))
    np.testing.assert_array_equal(
        volume.data.reshape(volume.data.shape + volume.trailing), sitk.GetArrayFromImage(image).T
    )
    np.testing.assert_allclose(volume.affine, itk_affine(image), rtol=1e-15, atol=1e-200)


TYPES = {
    "MET_CHAR": np.int8,
    "MET_UCHAR": np.uint8,
    "MET_SHORT": np.int16,
    "MET_USHORT": np.uint16,
    "MET_INT": np.int32,
    "MET_UINT": np.uint32,
    "MET_LONG": np.int32,
    "MET_ULONG": np.uint32,
    "MET_LONG_LONG": np.int64,
    "MET_ULONG_LONG": np.uint64,
    "MET_FLOAT": np.float32,
    "MET_DOUBLE": np.float64,
}


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(TYPES)),
    big_endian=st.booleans(),
    compression=st.sampled_from([None, zlib.compress, gzip.compress]),
    frames=st.sampled_from([None, 1, 3]),
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    spacing=st.tuples(*[st.floats(0.1, 9)] * 3),
    offset=st.tuples(*[st.floats(-500, 500)] * 3),
    line_break=st.sampled_from(["\n", "\r\n"]),
)
def test_every_valid_file_is_read_as_by_itk(
    tmp_path_factory, name, big_endian, compression, frames, angles, spacing, offset, line_break
):
    shape = SHAPE if frames is None else (*SHAPE, frames)
    dtype = np.dtype(TYPES[name]).newbyteorder(">" if big_endian else "<")
    data = np.random.default_rng(0).integers(0, 100, shape).astype(dtype).tobytes(order="F")
    data = compression(data) if compression else data
    direction = np.eye(len(shape))
    direction[:3, :3] = Rotation.from_euler("xyz", angles).as_matrix()
    extra = [1.0] * (len(shape) - 3)
    path = metaimage(
        tmp_path_factory.mktemp("any") / "scan.mha",
        data,
        line_break=line_break,
        NDims=len(shape),
        DimSize=" ".join(map(str, shape)),
        BinaryDataByteOrderMSB=big_endian,
        CompressedData=compression is not None,
        CompressedDataSize=len(data) if compression else None,
        TransformMatrix=" ".join(map(repr, direction.ravel().tolist())),
        ElementSpacing=" ".join(map(repr, [*spacing, *extra])),
        Offset=" ".join(map(repr, [*offset, *extra])),
        ElementType=name,
    )
    assert_read_as_by_itk(path)


VARIANTS = {
    "BinaryData is missing": {"BinaryData": None},
    "ElementByteOrderMSB": {"BinaryDataByteOrderMSB": None, "ElementByteOrderMSB": "False"},
    "Rotation and Position": {
        "Offset": None,
        "TransformMatrix": None,
        "Rotation": "0 1 0 1 0 0 0 0 1",
        "Position": "5 6 7",
    },
    "Orientation and Origin": {"TransformMatrix": None, "Orientation": "0 1 0 1 0 0 0 0 1", "Origin": "5 6 7"},
    "ElementSize only": {"ElementSpacing": None, "ElementSize": "1 2 3"},
    "ElementSpacing and ElementSize": {"ElementSize": "5 5 5"},
    "negative spacing": {"ElementSpacing": "1 -2 3"},
    "sheared": {"TransformMatrix": "1 0.2 0 0 1 0 0 0 1"},
    "CenterOfRotation": {"CenterOfRotation": "9 9 9"},
    "HeaderSize 0": {"HeaderSize": "0"},
    "array type": {"ElementType": "MET_SHORT_ARRAY"},
    "one channel": {"ElementNumberOfChannels": "1"},
    "no ObjectType": {"ObjectType": None},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_of_the_header_is_read_as_by_itk(tmp_path, name):
    assert_read_as_by_itk(metaimage(tmp_path / "scan.mha", **VARIANTS[name]))


def test_header_size_minus_one_reads_the_end_of_the_file(tmp_path):
    path = detached(tmp_path, data=b"anything" + RAW, HeaderSize=-1)
    assert_read_as_by_itk(path)


def test_header_size_skips_bytes_of_the_data_file(tmp_path):
    assert_read_as_by_itk(detached(tmp_path, data=b"anything" + RAW, HeaderSize=8))


def test_compressed_data_without_their_size_are_read(tmp_path):
    path = metaimage(tmp_path / "scan.mha", zlib.compress(RAW), CompressedData="True")
    np.testing.assert_array_equal(formats.read(path).data, VOXELS)


@pytest.mark.parametrize("end", ["\n", ""])
def test_detached_data_are_read_whether_or_not_the_last_line_ends(tmp_path, end):
    path = detached(tmp_path)
    path.write_bytes(path.read_bytes().rstrip(b"\n") + end.encode())
    np.testing.assert_array_equal(formats.read(path).data, VOXELS)


def test_data_file_with_a_percent_sign_in_its_name_is_read(tmp_path):
    np.testing.assert_array_equal(formats.read(detached(tmp_path, "scan%20.raw")).data, VOXELS)


def test_voxels_as_text_are_read(tmp_path):
    path = metaimage(tmp_path / "scan.mha", b" ".join(b"%d" % n for n in range(24)), BinaryData="False")
    np.testing.assert_array_equal(formats.read(path).data, VOXELS)


def test_scaling_is_ignored_as_by_itk_with_a_warning(tmp_path):
    path = metaimage(tmp_path / "scan.mha", ElementToIntensityFunctionSlope="2", ElementToIntensityFunctionOffset="-5")
    with pytest.warns(IntensityWarning, match="is ignored, as ITK does"):
        assert_read_as_by_itk(path)


def test_micrometres_are_converted_with_a_warning(tmp_path):
    path = metaimage(tmp_path / "scan.mha", ElementSpacing="1000 2000 3000", DistanceUnits="um")
    with pytest.warns(UserWarning, match="converted to mm"):
        volume = formats.read(path)
    np.testing.assert_allclose(volume.voxel_sizes, (1, 2, 3))


def test_directions_that_are_not_of_length_1_are_read_as_by_itk_with_a_warning(tmp_path):
    path = metaimage(tmp_path / "scan.mha", TransformMatrix="0 2 0 0 0 1 1 0 0")
    with pytest.warns(GeometryWarning, match="directions are not of length 1"):
        assert_read_as_by_itk(path)


def test_header_without_orientation_warns(tmp_path):
    with pytest.warns(UserWarning, match="no orientation"):
        formats.read(metaimage(tmp_path / "scan.mha", TransformMatrix=None))


def test_written_header_keeps_geometry_and_tags_byte_for_byte(tmp_path):
    path = metaimage(tmp_path / "scan.mha", Offset="1.50 -2e0 0.1000", Name="Müller", CenterOfRotation="0 0 0")
    formats.write(formats.read(path), tmp_path / "copy.mha")
    lines = (tmp_path / "copy.mha").read_bytes().split(b"\n")
    for field in ("ObjectType", "NDims", "TransformMatrix", "Offset", "ElementSpacing", "DimSize", "Name"):
        line = next(one for one in path.read_bytes().split(b"\n") if one.startswith(field.encode()))
        assert line in lines


def test_itk_reads_a_written_mask_with_the_same_geometry(tmp_path):
    path = metaimage(tmp_path / "scan.mha")
    mask = (VOXELS > 7).astype(np.uint8)
    formats.write(formats.read(path).with_data(mask), tmp_path / "mask.mha")
    before, after = sitk.ReadImage(str(path)), sitk.ReadImage(str(tmp_path / "mask.mha"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(after).T, mask)
    for get in (sitk.Image.GetDirection, sitk.Image.GetSpacing, sitk.Image.GetOrigin, sitk.Image.GetPixelID):
        assert get(after) == (get(before) if get is not sitk.Image.GetPixelID else sitk.sitkUInt8)


@pytest.mark.parametrize("dtype", [*sorted({np.dtype(t).str for t in TYPES.values()}), ">i2", ">f8", "?", "<f2"])
def test_itk_reads_what_is_written_of_any_type(tmp_path, dtype):
    data = (VOXELS % 2).astype(dtype)
    formats.write(Volume(data, np.diag([-1.0, -2.0, 3.0, 1.0])), tmp_path / "new.mha")
    image = sitk.ReadImage(str(tmp_path / "new.mha"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image).T, data)
    np.testing.assert_allclose(itk_affine(image), np.diag([-1.0, -2.0, 3.0, 1.0]))


def test_mean_of_a_series_is_written_with_three_axes(tmp_path):
    matrix = "0 1 0 0 0 0 1 0 1 0 0 0 0 0 0 1"
    fields = {"NDims": 4, "DimSize": "4 3 2 2", "ElementSpacing": "1 2 3 4", "Offset": "1 2 3 4"}
    path = metaimage(tmp_path / "series.mha", RAW + RAW, TransformMatrix=matrix, AnatomicalOrientation="RAI?", **fields)
    volume = formats.read(path)
    formats.write(volume.mean_frame(), tmp_path / "mean.mha")
    image = sitk.ReadImage(str(tmp_path / "mean.mha"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image).T, VOXELS)
    np.testing.assert_array_equal(itk_affine(image), volume.affine)
    np.testing.assert_array_equal(formats.read(tmp_path / "mean.mha").affine, volume.affine)


def test_writing_the_same_volume_twice_gives_the_same_bytes(tmp_path):
    for name in ("a.mha", "b.mha"):
        formats.write(Volume(VOXELS, np.eye(4)), tmp_path / name)
    assert (tmp_path / "a.mha").read_bytes() == (tmp_path / "b.mha").read_bytes()


def compressed(path, data, **changes):
    return metaimage(path, data, CompressedData="True", CompressedDataSize=len(data), **changes)


PACKED = zlib.compress(np.random.default_rng(0).integers(0, 999, 24).astype(np.int16).tobytes())
DAMAGED = {
    "zlib stream with a wrong checksum": (lambda p: compressed(p, PACKED[:-1] + b"!"), "damaged compressed data"),
    "zlib stream with a flipped byte": (lambda p: compressed(p, PACKED[:9] + b"\xff" + PACKED[10:]), "damaged"),
    "zlib stream cut short": (lambda p: compressed(p, PACKED[:-6]), "cut short"),
    "zlib stream that ends too soon": (lambda p: compressed(p, zlib.compress(RAW[:-2])), "cut short"),
    "zlib stream that holds too much": (lambda p: compressed(p, zlib.compress(RAW + b"!")), "more data than"),
    "bomb": (lambda p: compressed(p, zlib.compress(bytes(50_000_000))), "more data than"),
    "not a zlib stream": (lambda p: compressed(p, b"no zlib at all"), "damaged"),
    "raw data cut short": (lambda p: metaimage(p, RAW[:-1]), "cut short"),
    "no data": (lambda p: metaimage(p, b""), "cut short"),
    "far too many raw data": (lambda p: metaimage(p, RAW + bytes(100_000)), "more data than"),
    "HeaderSize beyond the end": (lambda p: metaimage(p, HeaderSize=10**17), "cut short"),
    "HeaderSize below -1": (lambda p: metaimage(p, HeaderSize=-2), "HeaderSize"),
    "HeaderSize -1 in a short file": (lambda p: metaimage(p, DimSize="400 300 200", HeaderSize=-1), "cut short"),
    "HeaderSize -1 without compressed size": (
        lambda p: metaimage(p, PACKED, CompressedData="True", HeaderSize=-1),
        "cut short",
    ),
    "NDims 100": (lambda p: metaimage(p, NDims=100), "NDims"),
    "NDims -1": (lambda p: metaimage(p, NDims=-1), "NDims"),
    "NDims 0": (lambda p: metaimage(p, NDims=0), "NDims"),
    "NDims 1000000": (lambda p: metaimage(p, NDims=1_000_000), "NDims"),
    "NDims missing": (lambda p: metaimage(p, NDims=None), "NDims"),
    "NDims 2": (lambda p: metaimage(p, NDims=2, DimSize="4 6"), "2-D"),
    "negative DimSize": (lambda p: metaimage(p, DimSize="4 -3 2"), "DimSize"),
    "zero DimSize": (lambda p: metaimage(p, DimSize="4 0 2"), "DimSize"),
    "huge DimSize": (lambda p: metaimage(p, DimSize="99999 99999 99999"), "repair the header|claims"),
    "DimSize of more digits than any": (lambda p: metaimage(p, DimSize="4 3 " + "9" * 400), "DimSize"),
    "DimSize that promises more than the file holds": (lambda p: metaimage(p, DimSize="400 300 200"), "cut short"),
    "DimSize of too few axes": (lambda p: metaimage(p, DimSize="4 6"), "DimSize"),
    "DimSize missing": (lambda p: metaimage(p, DimSize=None), "DimSize"),
    "unknown type": (lambda p: metaimage(p, ElementType="MET_%n%s"), "ElementType"),
    "type missing": (lambda p: metaimage(p, ElementType=None), "ElementType"),
    "colours": (lambda p: metaimage(p, ElementNumberOfChannels=3), "colours"),
    "spacing missing": (lambda p: metaimage(p, ElementSpacing=None), "no voxel size"),
    "spacing zero": (lambda p: metaimage(p, ElementSpacing="0 1 1"), "voxel size is zero"),
    "spacing NaN": (lambda p: metaimage(p, ElementSpacing="nan 1 1"), "finite numbers"),
    "spacing 1e30": (lambda p: metaimage(p, ElementSpacing="1e30 1 1"), "1e.30 mm"),
    "spacing of words": (lambda p: metaimage(p, ElementSpacing="one two three"), "finite numbers"),
    "micrometres without their unit": (lambda p: metaimage(p, ElementSpacing="1000 1000 1000"), "micrometres"),
    "unknown unit": (lambda p: metaimage(p, DistanceUnits="furlong"), "DistanceUnits"),
    "singular matrix": (lambda p: metaimage(p, TransformMatrix="1 0 0 1 0 0 0 0 1"), "singular"),
    "short matrix": (lambda p: metaimage(p, TransformMatrix="1 0 0 0 1 0"), "TransformMatrix"),
    "text with a word": (lambda p: metaimage(p, b"1 2 three " * 9, BinaryData="False"), "not a number"),
    "text cut short": (lambda p: metaimage(p, b"1 " * 23, BinaryData="False"), "cut short"),
    "text that holds too much": (lambda p: metaimage(p, b"1 " * 25, BinaryData="False"), "more voxels"),
    "text beyond the type": (lambda p: metaimage(p, b"99999 " * 24, BinaryData="False"), "do not fit"),
    "no ElementDataFile": (lambda p: (p.write_bytes(b"NDims = 3\n" * 9), p)[1], "is not a MetaImage"),
    "LIST": (lambda p: metaimage(p, name="LIST"), "several files"),
    "pattern": (lambda p: metaimage(p, name="slice%03d.raw 1 20 1"), "several files"),
    "printf %n": (lambda p: metaimage(p, name="%n%n%n%n"), "several files"),
    "printf %s": (lambda p: metaimage(p, name="%s" * 40), "several files"),
    "missing data file": (lambda p: metaimage(p, name="gone.raw"), "does not exist"),
    "name of data file too long": (lambda p: metaimage(p, name="a" * 5000), "cannot be opened"),
    "data file that is the folder": (lambda p: metaimage(p, name="."), "not a regular file"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_file_is_refused_in_one_sentence(tmp_path, name):
    make, fault = DAMAGED[name]
    path = make(tmp_path / "scan.mha")
    with pytest.raises(InputError, match=fault) as caught:
        formats.read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message.replace(str(path), "")) < 250


def test_voxels_of_an_earlier_file_never_fill_a_damaged_one(tmp_path):
    earlier = np.random.default_rng(1).integers(0, 2**15, (64, 64, 32)).astype(np.int16)
    formats.write(Volume(earlier, np.eye(4)), tmp_path / "earlier.mha")
    formats.read(tmp_path / "earlier.mha")
    content = (tmp_path / "earlier.mha").read_bytes()
    (tmp_path / "damaged.mha").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cut short"):
        formats.read(tmp_path / "damaged.mha")


def test_data_file_outside_the_folder_is_read_only_if_permitted(tmp_path):
    (tmp_path / "headers").mkdir()
    (tmp_path / "scan.raw").write_bytes(RAW)
    path = metaimage(tmp_path / "headers" / "scan.mhd", name="../scan.raw")
    with pytest.raises(InputError, match="allow_outside_data"):
        formats.read(path)
    np.testing.assert_array_equal(formats.read(path, ReadOptions(allow_outside_data=True)).data, VOXELS)


def test_data_file_in_a_folder_below_is_read(tmp_path):
    (tmp_path / "raw").mkdir()
    np.testing.assert_array_equal(formats.read(detached(tmp_path, "raw/scan.raw")).data, VOXELS)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_header_with_damaged_bytes_is_read_or_refused_in_a_sentence(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    path = metaimage(folder / f"mutant{os.getpid()}.mha")
    damage_header(path, path.stat().st_size - len(RAW), data)
    assert is_read_or_refused_in_a_sentence(path)
