"""AFNI: read as nibabel reads it; headers that lie are refused before a voxel is read."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, formats
from deskull.errors import DeskullWarning

VOXELS = np.random.default_rng(0).integers(0, 900, (5, 6, 7)).astype("<i2")
ATTRIBUTES = {
    "DATASET_RANK": ("integer", "3 1 0 0 0 0 0 0"),
    "DATASET_DIMENSIONS": ("integer", "5 6 7 0 0"),
    "BRICK_TYPES": ("integer", "1"),
    "BRICK_FLOAT_FACS": ("float", "0"),
    "BYTEORDER_STRING": ("string", "'LSB_FIRST~"),
    "DELTA": ("float", "3 3 3.5"),
    "IJK_TO_DICOM_REAL": ("float", "3 0 0 -49.5 0 3 0 -82.3 0 0 3.5 -52.4"),
    "IDCODE_STRING": ("string", "'PATIENT_NAME~"),
}


def write(folder, voxels=VOXELS, *, suffix=".BRIK", **changes):
    """Write a pair of files; an attribute of None is left out."""
    attributes = {**ATTRIBUTES, **changes}
    text = "\n".join(
        f"\ntype = {kind}-attribute\nname = {name}\ncount = {len(value.split())}\n {value}\n"
        for name, (kind, value) in ((name, entry) for name, entry in attributes.items() if entry)
    )
    (folder / "anat+orig.HEAD").write_text(text)
    content = voxels.tobytes(order="F")
    (folder / f"anat+orig{suffix}").write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
    return folder / "anat+orig.HEAD"


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
@pytest.mark.parametrize("suffix", [".BRIK", ".BRIK.gz"])
@pytest.mark.parametrize("named", [".HEAD", "the other"])
def test_a_data_set_is_read_by_either_name_as_nibabel_reads_it(tmp_path, suffix, named):
    head = write(tmp_path, suffix=suffix)
    volume = formats.read(head if named == ".HEAD" else tmp_path / f"anat+orig{suffix}")
    expected = nib.load(head)
    np.testing.assert_array_equal(volume.values(), expected.get_fdata()[..., 0])
    np.testing.assert_allclose(volume.affine, expected.affine)


def test_results_are_nifti_with_a_warning(tmp_path):
    head = write(tmp_path)
    with pytest.warns(DeskullWarning, match="results are written as NIfTI"):
        formats.read(head)
    assert formats.output_suffix(head) == ".nii.gz"


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_one_scale_factor_becomes_the_slope(tmp_path):
    volume = formats.read(write(tmp_path, BRICK_FLOAT_FACS=("float", "0.25")))
    assert volume.slope == 0.25
    np.testing.assert_array_equal(volume.data, VOXELS)


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_frames_of_different_scale_factors_are_read_as_real_values(tmp_path):
    series = np.stack([VOXELS, VOXELS], axis=-1)
    changes = {"DATASET_RANK": ("integer", "3 2"), "BRICK_TYPES": ("integer", "1 1")}
    volume = formats.read(write(tmp_path, series, BRICK_FLOAT_FACS=("float", "2 0.5"), **changes))
    assert (volume.slope, volume.data.dtype) == (1.0, np.float32)
    np.testing.assert_array_equal(volume.data, series * np.array([2, 0.5]))


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_voxels_in_big_endian_order_are_read(tmp_path):
    volume = formats.read(write(tmp_path, VOXELS.astype(">i2"), BYTEORDER_STRING=("string", "'MSB_FIRST~")))
    np.testing.assert_array_equal(volume.data, VOXELS)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("DATASET_RANK", ("integer", "4 1"), "no 3-D shape"),
        ("DATASET_RANK", ("integer", "3 -1"), "damaged"),
        ("DATASET_RANK", ("integer", "3 99999"), "frames"),
        ("DATASET_RANK", None, "lacks DATASET_RANK"),
        ("DATASET_DIMENSIONS", ("integer", "5 -6 7"), "damaged"),
        ("DATASET_DIMENSIONS", ("integer", "5 6"), "no 3-D shape"),
        ("DATASET_DIMENSIONS", ("integer", "5 0 7"), "no voxels"),
        ("DATASET_DIMENSIONS", ("integer", "999999 999999 999999"), "voxels"),
        ("DATASET_DIMENSIONS", ("integer", "5 6 8"), "cut short"),
        ("BRICK_TYPES", ("integer", "5"), "complex numbers"),
        ("BRICK_TYPES", ("integer", "6"), "colours"),
        ("BRICK_TYPES", ("integer", "4"), "type 4"),
        ("BRICK_TYPES", ("integer", "1 3"), "several types"),
        ("BRICK_FLOAT_FACS", ("float", "nan"), "scale factors are damaged"),
        ("BRICK_FLOAT_FACS", ("float", "1 2 3"), "scale factors are damaged"),
        ("IJK_TO_DICOM_REAL", ("float", "1 2 3"), "no orientation"),
        ("IJK_TO_DICOM_REAL", ("float", "nan " * 12), "not finite"),
        ("IJK_TO_DICOM_REAL", ("float", "0 " * 12), "voxel size is zero"),
        ("DELTA", ("float", "three"), "attribute of its header is damaged"),
    ],
)
def test_a_header_with_an_impossible_value_is_refused(tmp_path, name, value, fault):
    with pytest.raises(InputError, match=fault) as caught:
        formats.read(write(tmp_path, **{name: value}))
    assert "PATIENT" not in str(caught.value)


def test_a_missing_brik_is_named(tmp_path):
    head = write(tmp_path)
    (tmp_path / "anat+orig.BRIK").unlink()
    with pytest.raises(InputError, match=r"other half anat\+orig\.BRIK is missing"):
        formats.read(head)


def test_a_header_of_binary_data_is_refused(tmp_path):
    head = write(tmp_path)
    head.write_bytes(b"\0" * 100)
    with pytest.raises(InputError, match="is not the text of a header"):
        formats.read(head)


def test_more_voxels_than_the_header_promises_are_refused(tmp_path):
    with pytest.raises(InputError, match="more data than its header promises"):
        formats.read(write(tmp_path, np.zeros((64, 64, 64), "<i2")))
