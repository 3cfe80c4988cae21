"""Properties of readers and writers over headers and affines that hypothesis makes up."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header

from deskull import InputError, Volume, formats
from deskull.formats.limits import MAX_EXTENT_MM, MAX_OFFSET_MM, MAX_VOXEL_MM

VOXELS = np.random.default_rng(3).integers(0, 900, (5, 6, 4)).astype(np.int16)
SUFFIXES = (".nii", ".nii.gz", ".mgz", ".nrrd", ".mha")
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def affines(draw):
    """Affines of a head: any rotation, permutation and flip of axes, voxels of 0.3 to 12 mm, offsets to 500 mm."""
    quaternion = np.array(draw(st.tuples(st.floats(0.1, 1), *[st.floats(-1, 1)] * 3)))
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    rotation = nib.quaternions.quat2mat([w, x, y, z])
    sizes = draw(st.tuples(*[st.floats(0.3, 12)] * 3))
    signs = draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3))
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(np.multiply(sizes, signs))
    affine[:3, 3] = draw(st.tuples(*[st.floats(-500, 500)] * 3))
    return affine


@contextmanager
def quiet_folder():
    """A folder that is removed, with warnings ignored but for numpy's, which users should never see."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", RuntimeWarning)
        yield Path(folder)


def read_or_refuse(content, suffix):
    """Read a file of these bytes; None if it is refused in one line that names it."""
    with quiet_folder() as folder:
        path = folder / f"scan{suffix}"
        path.write_bytes(content)
        try:
            return formats.read(path)
        except InputError as error:
            message = str(error)
            assert message.startswith(str(path))
            assert message.isprintable()
            assert "encountered in" not in message, "a warning of numpy"
            return None


def assert_usable(volume):
    """What every later step relies on."""
    assert volume.data.ndim in (3, 4)
    assert volume.data.dtype.kind in "iufb"
    assert np.isfinite(volume.affine).all()
    assert np.isfinite([volume.slope, volume.inter]).all()
    assert abs(np.linalg.det(volume.affine[:3, :3])) > 0
    assert volume.voxel_sizes.max() <= MAX_VOXEL_MM
    assert (volume.voxel_sizes * volume.shape).max() <= MAX_EXTENT_MM
    assert np.abs(volume.affine[:3, 3]).max() <= MAX_OFFSET_MM


def nifti_bytes(affine=None, code=1):
    """A whole NIfTI file as a mutable array of bytes."""
    image = nib.Nifti1Image(VOXELS, np.diag([3.0, 3, 3, 1]) if affine is None else affine)
    image.set_sform(image.affine, code)
    return bytearray(image.to_bytes())


@pytest.mark.parametrize("suffix", SUFFIXES)
@QUICK
@given(affine=affines())
def test_affine_of_a_new_file_is_read_back(suffix, affine):
    with quiet_folder() as folder:
        formats.write(Volume(VOXELS, affine), folder / f"scan{suffix}")
        back = formats.read(folder / f"scan{suffix}")
    np.testing.assert_array_equal(back.data, VOXELS)
    np.testing.assert_allclose(back.affine, affine, rtol=0, atol=2e-4)


@pytest.mark.parametrize("suffix", SUFFIXES)
@QUICK
@given(affine=affines())
def test_mask_keeps_the_affine_of_its_scan(suffix, affine):
    with quiet_folder() as folder:
        formats.write(Volume(VOXELS, affine), folder / f"scan{suffix}")
        scan = formats.read(folder / f"scan{suffix}")
        formats.write(scan.with_data((scan.data > 400).astype(np.uint8)), folder / f"mask{suffix}")
        mask = formats.read(folder / f"mask{suffix}")
    np.testing.assert_array_equal(mask.affine, scan.affine)


@QUICK
@given(affine=affines())
def test_sform_of_a_nifti_is_the_affine(affine):
    volume = read_or_refuse(bytes(nifti_bytes(affine)), ".nii")
    np.testing.assert_array_equal(volume.affine[:3], affine[:3].astype(np.float32))


FIELDS = {
    name: (offset, kind.subdtype[0] if kind.subdtype else kind, kind.itemsize)
    for name, (kind, offset, *_) in Nifti1Header.template_dtype.fields.items()
}


@pytest.mark.parametrize("name", sorted(name for name, (_, base, _) in FIELDS.items() if base == np.dtype("<f4")))
def test_nifti_with_a_signalling_nan_is_usable_or_refused(name):
    offset, content = FIELDS[name][0], nifti_bytes()
    content[offset : offset + 4] = b"\x00\x00\x81\x7f"
    volume = read_or_refuse(bytes(content), ".nii")
    if volume is not None:
        assert_usable(volume)


@settings(QUICK, max_examples=150)
@given(name=st.sampled_from(sorted(FIELDS)), data=st.data())
def test_nifti_with_any_bytes_in_one_field_is_usable_or_refused(name, data):
    offset, _, size = FIELDS[name]
    content = nifti_bytes()
    content[offset : offset + size] = data.draw(st.binary(min_size=size, max_size=size))
    volume = read_or_refuse(bytes(content), ".nii")
    if volume is not None:
        assert_usable(volume)


@settings(QUICK, max_examples=150)
@given(
    name=st.sampled_from(sorted(name for name, (_, base, _) in FIELDS.items() if base.kind == "f")),
    value=st.floats(width=32),
    index=st.integers(0, 7),
)
def test_nifti_with_any_number_in_a_field_is_usable_or_refused(name, value, index):
    offset, base, size = FIELDS[name]
    content = nifti_bytes()
    start = offset + 4 * (index % (size // 4))
    content[start : start + 4] = np.array(value, base).tobytes()
    volume = read_or_refuse(bytes(content), ".nii")
    if volume is not None:
        assert_usable(volume)


@settings(QUICK, max_examples=100)
@given(data=st.data(), value=st.floats())
def test_nifti2_with_any_number_in_a_field_is_usable_or_refused(data, value):
    image = nib.Nifti2Image(VOXELS, np.diag([3.0, 3, 3, 1]))
    image.set_qform(image.affine, 1)
    image.set_sform(image.affine, data.draw(st.integers(0, 1)))
    content = bytearray(image.to_bytes())
    kind = Nifti2Header.template_dtype
    fields = [name for name in kind.names if kind[name].base.kind == "f"]
    name = data.draw(st.sampled_from(fields))
    start = kind.fields[name][1] + 8 * data.draw(st.integers(0, kind[name].itemsize // 8 - 1))
    content[start : start + 8] = np.array(value, "<f8").tobytes()
    volume = read_or_refuse(bytes(content), ".nii")
    if volume is not None:
        assert_usable(volume)


@settings(QUICK, max_examples=100)
@given(dims=st.tuples(*[st.integers(-(2**15), 2**15 - 1)] * 8))
def test_nifti_with_any_dimensions_holds_that_number_of_voxels_or_is_refused(dims):
    content = nifti_bytes()
    content[40:56] = np.array(dims, np.int16).tobytes()
    volume = read_or_refuse(bytes(content), ".nii")
    assert volume is None or volume.data.size <= VOXELS.size


@settings(QUICK, max_examples=60)
@given(sizes=st.tuples(*[st.floats(width=32)] * 3), origin=st.tuples(*[st.floats(width=32)] * 3))
def test_mgh_with_any_geometry_is_usable_or_refused(sizes, origin):
    image = nib.MGHImage(VOXELS, np.eye(4))
    content = bytearray(image.to_bytes())
    content[30:42] = np.array(sizes, ">f4").tobytes()
    content[78:90] = np.array(origin, ">f4").tobytes()
    volume = read_or_refuse(bytes(content), ".mgh")
    if volume is not None:
        assert_usable(volume)


#: Values that a text header may hold: numbers of all kinds, and words without an end of line.
WORDS = st.one_of(
    st.floats().map(str),
    st.integers().map(str),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20),
)


@settings(QUICK, max_examples=150)
@given(
    key=st.sampled_from(["type", "dimension", "space", "sizes", "space directions", "kinds", "endian", "space origin",
                         "spacings", "byte skip", "line skip", "space units", "data file"]),
    words=st.lists(WORDS, max_size=4),
)  # fmt: skip
def test_nrrd_with_any_words_in_a_field_is_usable_or_refused(key, words):
    fields = {
        "type": "short", "dimension": "3", "space": "RAS", "sizes": "5 6 4",
        "space directions": "(3,0,0) (0,3,0) (0,0,3)", "endian": "little", "encoding": "raw",
    }  # fmt: skip
    fields[key] = " ".join(words)
    header = "NRRD0004\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n"
    volume = read_or_refuse(header.encode("utf-8") + VOXELS.tobytes(order="F"), ".nrrd")
    if volume is not None:
        assert_usable(volume)
