"""NRRD: what pynrrd reads is read equally, and what is no scan or no sound file is refused in a sentence."""

from __future__ import annotations

import bz2
import gzip

import nrrd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import InputError, Volume, formats
from deskull.errors import GeometryWarning
from deskull.options import ReadOptions
from tests.formats.nrrd_files import AFFINE, DIRECTIONS, PLAIN, RAW, SHAPE, VOXELS, nrrd_file, series

sitk = pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")


def read_by_pynrrd(path):
    return nrrd.read(str(path))[0]


@settings(max_examples=40, deadline=None)
@given(
    code=st.sampled_from(["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]),
    big_endian=st.booleans(),
    encoding=st.sampled_from(["raw", "gzip", "bzip2", "ascii"]),
    matrix=st.lists(st.floats(-3, 3), min_size=9, max_size=9).filter(
        lambda one: abs(np.linalg.det(np.reshape(one, (3, 3)))) > 0.5
    ),
)
def test_every_file_of_pynrrd_is_read_equally(tmp_path_factory, code, big_endian, encoding, matrix):
    path = tmp_path_factory.mktemp("any") / "scan.nrrd"
    data = VOXELS.astype((">" if big_endian else "<") + code)
    header = {"space": "RAS", "space directions": np.reshape(matrix, (3, 3)), "space origin": [1, 2, 3]}
    nrrd.write(str(path), data, {**header, "encoding": encoding})
    volume = formats.read(path)
    np.testing.assert_array_equal(volume.data, data)
    np.testing.assert_array_equal(volume.affine[:3, :3], np.reshape(matrix, (3, 3)).T)


SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "RAS": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "LAS": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "LPS": (-1, -1, 1),
}


@pytest.mark.parametrize("space", SPACES)
def test_anatomical_space_gives_the_affine(tmp_path, space):
    volume = formats.read(nrrd_file(tmp_path / "scan.nrrd", space=space))
    np.testing.assert_array_equal(volume.data, VOXELS)
    np.testing.assert_array_equal(volume.affine, np.diag([*SPACES[space], 1]) @ AFFINE)


@pytest.mark.parametrize("space", ["left-posterior-superior-time", "LPST"])
def test_space_with_time_gives_a_series(tmp_path, space):
    directions = " ".join(f"({','.join(map(repr, [*row, 0]))})" for row in AFFINE[:3, :3].T.tolist())
    fields = {"space": space, "space_directions": f"{directions} (0,0,0,2)", "space_origin": "(80,-120,99.5,0)"}
    path = nrrd_file(tmp_path / "s.nrrd", RAW * 2, dimension=4, sizes="4 3 2 2", kinds=None, **fields)
    volume = formats.read(path)
    assert volume.n_frames == 2
    np.testing.assert_array_equal(volume.affine, np.diag([-1, -1, 1, 1]) @ AFFINE)
    formats.write(volume.mean_frame(), tmp_path / "mean.nrrd")
    np.testing.assert_array_equal(formats.read(tmp_path / "mean.nrrd").affine, volume.affine)


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("kind", ["list", "time"])
def test_axis_of_frames_goes_last_and_back(tmp_path, axis, kind):
    path = series(tmp_path / "series.nrrd", kind, axis)
    volume = formats.read(path)
    np.testing.assert_array_equal(volume.data, np.stack([VOXELS, VOXELS + 100], -1))
    np.testing.assert_array_equal(volume.affine, AFFINE)
    formats.write(volume, tmp_path / "copy.nrrd")
    np.testing.assert_array_equal(read_by_pynrrd(tmp_path / "copy.nrrd"), read_by_pynrrd(path))


@pytest.mark.parametrize("axis", range(4))
def test_mean_of_frames_loses_their_axis_in_every_field(tmp_path, axis):
    labels = ["x", "y", "z"]
    labels.insert(axis, "the frames")
    path = series(tmp_path / "series.nrrd", "list", axis, labels=" ".join(f'"{label}"' for label in labels))
    formats.write(formats.read(path).mean_frame(), tmp_path / "mean.nrrd")
    data, header = nrrd.read(str(tmp_path / "mean.nrrd"))
    np.testing.assert_array_equal(data, VOXELS + 50)
    np.testing.assert_array_equal(header["space directions"], AFFINE[:3, :3].T)
    assert header["labels"] == ["x", "y", "z"]
    assert header["kinds"] == ["domain"] * 3


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_axis_of_one_sample_is_kept(tmp_path):
    first, second, third = DIRECTIONS.split(" ")
    fields = {"dimension": 4, "sizes": "4 3 1 2", "kinds": "domain domain vector domain"}
    path = nrrd_file(tmp_path / "scan.nrrd", space_directions=f"{first} {second} none {third}", **fields)
    volume = formats.read(path)
    assert volume.shape == SHAPE
    formats.write(volume, tmp_path / "copy.nrrd")
    assert read_by_pynrrd(tmp_path / "copy.nrrd").shape == (4, 3, 1, 2)


def test_series_without_directions_is_read_by_its_kinds(tmp_path):
    fields = {**PLAIN, "spacings": "nan 1 2 3", "kinds": "list domain domain domain", "dimension": 4}
    data = np.stack([VOXELS, VOXELS + 100], 0).tobytes(order="F")
    path = nrrd_file(tmp_path / "s.nrrd", data, sizes="2 4 3 2", **fields)
    with pytest.warns(UserWarning, match="no orientation"):
        volume = formats.read(path)
    np.testing.assert_array_equal(volume.data[..., 1], VOXELS + 100)
    np.testing.assert_allclose(volume.voxel_sizes, (1, 2, 3))


def test_series_without_directions_or_kinds_has_its_frames_last(tmp_path):
    path = nrrd_file(tmp_path / "s.nrrd", RAW * 2, sizes="4 3 2 2", dimension=4, kinds=None,
                     **{**PLAIN, "spacings": "1 1 2 3"})  # fmt: skip
    with pytest.warns(UserWarning, match="no orientation"):
        volume = formats.read(path)
    formats.write(volume.mean_frame(), tmp_path / "mean.nrrd")
    assert list(nrrd.read_header(str(tmp_path / "mean.nrrd"))["spacings"]) == [1, 1, 2]


def test_directions_without_a_space_warn(tmp_path):
    with pytest.warns(UserWarning, match="no anatomical space"):
        volume = formats.read(nrrd_file(tmp_path / "scan.nrrd", **{"space": None, "space dimension": 3}))
    np.testing.assert_array_equal(volume.affine, AFFINE)


@pytest.mark.parametrize(
    ("unit", "factor"), [("um", 1e-3), ("\u00b5m", 1e-3), ("microns", 1e-3), ("cm", 10), ("m", 1000)]
)
def test_other_units_are_converted_with_a_warning(tmp_path, unit, factor):
    directions = " ".join(f"({','.join(map(repr, row))})" for row in (AFFINE[:3, :3].T / factor).tolist())
    fields = {"space_directions": directions, "space_origin": None}
    path = nrrd_file(tmp_path / "scan.nrrd", **fields, space_units=" ".join([f'"{unit}"'] * 3))
    with pytest.warns(UserWarning, match="converted to mm"):
        volume = formats.read(path)
    np.testing.assert_allclose(volume.affine[:3, :3], AFFINE[:3, :3])
    formats.write(volume, tmp_path / "copy.nrrd")
    with pytest.warns(UserWarning, match="converted to mm"):
        np.testing.assert_array_equal(formats.read(tmp_path / "copy.nrrd").affine, volume.affine)


def test_units_of_axes_apply_to_spacings(tmp_path):
    path = nrrd_file(tmp_path / "scan.nrrd", **{**PLAIN, "spacings": "1000 2 3"}, units='"um" "mm" "mm"')
    with pytest.warns(UserWarning, match="converted to mm"):
        volume = formats.read(path)
    np.testing.assert_allclose(volume.voxel_sizes, (1, 2, 3))


ENCODED = {
    "gzip": gzip.compress(RAW),
    "gz": gzip.compress(RAW[:10]) + gzip.compress(RAW[10:]),
    "bzip2": bz2.compress(RAW),
    "bz2": bz2.compress(RAW),
    "ascii": b" ".join(b"%d" % n for n in range(24)),
    "text": b"\n".join(b"%d" % n for n in range(24)),
    "hex": RAW.hex(" ", 16).encode(),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_encoding_is_read(tmp_path, encoding):
    volume = formats.read(nrrd_file(tmp_path / "scan.nrrd", ENCODED[encoding], encoding=encoding))
    np.testing.assert_array_equal(volume.data, VOXELS)


SKIPPED = {
    "lines": (b"a\nb\n" + RAW, {"line skip": 2}),
    "bytes": (b"abc" + RAW, {"byte skip": 3}),
    "lines and bytes": (b"a\nbc" + RAW, {"lineskip": 1, "byteskip": 2}),
    "all but the end": (b"whatever" + RAW, {"byte skip": -1}),
    "bytes after decompression": (gzip.compress(b"abc" + RAW), {"byte skip": 3, "encoding": "gzip"}),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_bytes_before_the_data_are_skipped(tmp_path, name):
    content, fields = SKIPPED[name]
    (tmp_path / "scan.raw").write_bytes(content)
    volume = formats.read(nrrd_file(tmp_path / "scan.nhdr", b"", **fields, **{"data file": "scan.raw"}))
    np.testing.assert_array_equal(volume.data, VOXELS)


def test_header_that_ends_without_an_empty_line_is_read(tmp_path):
    (tmp_path / "scan.raw").write_bytes(RAW)
    path = nrrd_file(tmp_path / "scan.nhdr", b"", **{"data file": "./scan.raw"})
    path.write_bytes(path.read_bytes().rstrip())
    np.testing.assert_array_equal(formats.read(path).data, VOXELS)


def test_data_file_outside_the_folder_is_read_only_if_permitted(tmp_path):
    (tmp_path / "headers").mkdir()
    (tmp_path / "scan.raw").write_bytes(RAW)
    path = nrrd_file(tmp_path / "headers" / "scan.nhdr", b"", **{"data file": str(tmp_path / "scan.raw")})
    with pytest.raises(InputError, match="allow_outside_data"):
        formats.read(path)
    np.testing.assert_array_equal(formats.read(path, ReadOptions(allow_outside_data=True)).data, VOXELS)


def test_windows_line_breaks_are_read(tmp_path):
    np.testing.assert_array_equal(formats.read(nrrd_file(tmp_path / "scan.nrrd", line_break="\r\n")).data, VOXELS)


def test_written_header_keeps_geometry_and_tags_byte_for_byte(tmp_path):
    extra = "# a comment\nname:=M\u00fcller\nmeasurement frame: (1,0,0) (0,1,0) (0,0,1.000)\ncontent: head"
    path = nrrd_file(tmp_path / "scan.nrrd", extra=extra, space_origin="(80.00,-1.2e2,99.5)")
    formats.write(formats.read(path), tmp_path / "copy.nrrd")
    before, after = (one.read_bytes().split(b"\n\n")[0].split(b"\n") for one in (path, tmp_path / "copy.nrrd"))
    stored_anew = (b"type", b"endian", b"encoding")
    assert [line for line in before if line not in after and not line.startswith(stored_anew)] == []


def test_other_programs_read_a_written_mask_with_the_same_geometry(tmp_path):
    path = nrrd_file(tmp_path / "scan.nrrd", space="left-posterior-superior")
    mask = (VOXELS > 7).astype(np.uint8)
    formats.write(formats.read(path).with_data(mask), tmp_path / "mask.nrrd")
    before, after = sitk.ReadImage(str(path)), sitk.ReadImage(str(tmp_path / "mask.nrrd"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(after).T, mask)
    assert after.GetDirection() == before.GetDirection()
    assert after.GetSpacing() == before.GetSpacing()
    assert after.GetOrigin() == before.GetOrigin()
    np.testing.assert_array_equal(read_by_pynrrd(tmp_path / "mask.nrrd"), mask)


@pytest.mark.parametrize("dtype", ["i1", "u1", "<i2", ">u2", "<i4", "<u4", "<i8", "<u8", "<f4", ">f8", "?", "<f2"])
def test_pynrrd_reads_what_is_written_of_any_type(tmp_path, dtype):
    data = (VOXELS % 2).astype(dtype)
    formats.write(Volume(data, AFFINE), tmp_path / "new.nrrd")
    read, header = nrrd.read(str(tmp_path / "new.nrrd"))
    np.testing.assert_array_equal(read, data)
    np.testing.assert_array_equal(header["space directions"], AFFINE[:3, :3].T)


def test_writing_the_same_volume_twice_gives_the_same_bytes(tmp_path):
    for name in ("a.nrrd", "b.nrrd"):
        formats.write(Volume(VOXELS, AFFINE), tmp_path / name)
    assert (tmp_path / "a.nrrd").read_bytes() == (tmp_path / "b.nrrd").read_bytes()


def test_unknown_field_is_ignored_with_a_warning(tmp_path):
    path = nrrd_file(tmp_path / "scan.nrrd", RAW, extra="spaceorgin: (0,0,0)")
    with pytest.warns(GeometryWarning, match="field 'spaceorgin' of its header is unknown"):
        formats.read(path)


def test_field_written_as_a_key_with_its_value_is_ignored_with_a_warning(tmp_path):
    path = nrrd_file(tmp_path / "scan.nrrd", RAW, extra="space origin:=(1,2,3)", space_origin=None)
    with pytest.warns(GeometryWarning, match="'spaceorigin' is followed by ':='"):
        formats.read(path)


COLOURS = ["RGB-color", "3-color", "RGBA-color", "HSV-color", "vector", "3-vector", "2-vector", "quaternion"]
COLOURS += ["3D-symmetric-matrix", "3-gradient", "3-normal", "covariant-vector", "point", "anything else"[:8]]


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("kind", [*COLOURS, "complex"])
def test_axis_of_components_is_refused_wherever_it_is(tmp_path, kind, axis):
    fault = "complex numbers" if kind == "complex" else "colours or vectors"
    with pytest.raises(InputError, match=fault):
        formats.read(series(tmp_path / "scan.nrrd", kind, axis))


def test_vectors_of_components_without_directions_are_refused(tmp_path):
    fields = {**PLAIN, "spacings": "1 1 1 1", "kinds": "3-vector domain domain domain", "dimension": 4}
    with pytest.raises(InputError, match="colours or vectors"):
        formats.read(nrrd_file(tmp_path / "scan.nrrd", RAW * 3, sizes="3 4 3 2", **fields))


def test_gradients_of_a_diffusion_series_may_be_called_a_vector(tmp_path):
    volume = formats.read(series(tmp_path / "dwi.nrrd", "vector", 3, extra="modality:=DWMRI"))
    assert volume.n_frames == 2
