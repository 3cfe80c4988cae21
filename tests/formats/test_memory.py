"""Volumes and nibabel images in memory: the same sentences as for files."""

from __future__ import annotations

import warnings
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.errors import IntensityWarning

VOXELS = np.random.default_rng(0).integers(1, 900, (8, 9, 10)).astype(np.int16)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
NAN = AFFINE.copy()
NAN[0, 3] = np.nan
SINGULAR = AFFINE.copy()
SINGULAR[:3, 1] = SINGULAR[:3, 0]
PERSPECTIVE = AFFINE.copy()
PERSPECTIVE[3, 0] = 0.1

DATA_FAULTS = [
    (VOXELS.astype(np.complex64), "complex numbers, not intensities"),
    (VOXELS[..., 0], "2-D image"),
    (VOXELS[..., :1], "2-D image"),
    (np.zeros((8, 9, 10, 2, 2), np.int16), "5 dimensions"),
    (np.zeros((8, 0, 10), np.int16), "no voxels"),
    (np.zeros((4, 4, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")]), "colours"),
    (VOXELS.astype(np.longdouble), "128-bit floats"),
]
AFFINE_FAULTS = [
    (None, "has no affine"),
    (NAN, "not finite"),
    (SINGULAR, "singular"),
    (np.diag([0.0, 2, 2, 1]), "voxel size is zero"),
    (PERSPECTIVE, "last row"),
    (np.diag([1e30, 1, 1, 1]), "voxels of 1e\\+30 mm"),
]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        *DATA_FAULTS,
        (VOXELS.astype(object), "object values"),
        (VOXELS.astype(str), "values, not numbers"),
        ([[1, 2], [3, 4]], "of type list"),
        (None, "of type NoneType"),
    ],
)
def test_a_volume_whose_data_are_not_a_scan_is_refused(data, fault):
    with pytest.raises(InputError, match=f"^mine: .*{fault}"):
        formats.check_volume(Volume(data, AFFINE, name="mine"))


@pytest.mark.parametrize(
    ("affine", "fault"),
    [
        *AFFINE_FAULTS,
        (np.eye(3), r"shape \(3, 3\)"),
        ("text", "not an array of real numbers"),
        (AFFINE + 0j, "real numbers"),
    ],
)
def test_a_volume_whose_affine_maps_to_nowhere_is_refused(affine, fault):
    with pytest.raises(InputError, match=f"^mine: .*{fault}"):
        formats.check_volume(Volume(VOXELS, affine, name="mine"))


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("slope", 0, "slope is 0"),
        ("slope", np.nan, "slope is nan"),
        ("inter", np.inf, "inter is inf"),
        ("slope", "1", "'1'"),
    ],
)
def test_a_volume_whose_scaling_is_no_number_is_refused(field, value, fault):
    with pytest.raises(InputError, match=fault):
        formats.check_volume(replace(Volume(VOXELS, AFFINE), **{field: value}))


def test_a_good_volume_is_returned_as_it_is():
    volume = Volume(VOXELS, AFFINE)
    assert formats.check_volume(volume) is volume


def test_an_affine_given_as_a_list_becomes_an_array():
    checked = formats.check_volume(Volume(VOXELS, AFFINE.tolist()))
    np.testing.assert_array_equal(checked.affine, AFFINE)


def test_axes_of_length_one_are_moved_to_trailing():
    checked = formats.check_volume(Volume(VOXELS[..., None, None], AFFINE))
    assert (checked.data.shape, checked.trailing) == (VOXELS.shape, (1, 1))


def test_masked_voxels_are_filled_with_the_lowest_value_and_a_warning():
    masked = np.ma.masked_greater(VOXELS, 500)
    with pytest.warns(IntensityWarning, match="masked voxels are taken as background"):
        checked = formats.check_volume(Volume(masked, AFFINE))
    assert not isinstance(checked.data, np.ma.MaskedArray)
    assert (checked.data[VOXELS > 500] == VOXELS.min()).all()


def test_a_masked_array_without_masked_voxels_is_taken_as_it_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = formats.check_volume(Volume(np.ma.array(VOXELS), AFFINE))
    np.testing.assert_array_equal(checked.data, VOXELS)


def test_an_array_whose_voxels_are_all_masked_is_refused():
    with pytest.raises(InputError, match="every voxel is masked"):
        formats.check_volume(Volume(np.ma.masked_all(VOXELS.shape, np.int16), AFFINE))


@pytest.mark.parametrize(("data", "fault"), DATA_FAULTS[:-1])  # nibabel itself refuses 128-bit floats
def test_a_nibabel_image_whose_data_are_not_a_scan_is_refused(data, fault):
    image = nib.Nifti1Image(data, AFFINE)
    with pytest.raises(InputError, match=f"^image in memory: .*{fault}"):
        formats.from_nibabel(image)


@pytest.mark.parametrize(("affine", "fault"), [AFFINE_FAULTS[0], AFFINE_FAULTS[2]])
def test_a_nibabel_image_whose_affine_maps_to_nowhere_is_refused(affine, fault):
    with pytest.raises(InputError, match=fault):
        formats.from_nibabel(nib.MGHImage(VOXELS, affine) if affine is None else nib.Nifti1Image(VOXELS, affine))


def test_a_masked_nibabel_image_is_filled_as_a_volume_is():
    image = nib.Nifti1Image(np.ma.masked_greater(VOXELS, 500), AFFINE)
    with pytest.warns(IntensityWarning, match="masked"):
        volume = formats.from_nibabel(image)
    assert volume.data.max() <= 500


def test_a_nifti_image_keeps_its_header_and_stored_voxels(tmp_path):
    image = nib.Nifti1Image(VOXELS, AFFINE)
    image.header["descrip"] = b"in memory"
    image.header.set_slope_inter(0.5, 3)
    nib.save(image, tmp_path / "scan.nii")
    volume = formats.from_nibabel(nib.load(tmp_path / "scan.nii"))
    assert bytes(volume.header["descrip"]).startswith(b"in memory")
    assert (volume.slope, volume.inter) == (0.5, 3)
    np.testing.assert_array_equal(volume.data, VOXELS)


def test_an_image_of_another_format_gives_its_values_and_affine():
    volume = formats.from_nibabel(nib.MGHImage(VOXELS, AFFINE))
    assert volume.header is None
    np.testing.assert_array_equal(volume.data, VOXELS)
    np.testing.assert_allclose(volume.affine, AFFINE)


@pytest.mark.parametrize("damage", ["gone", "cut short"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_an_image_whose_file_can_no_longer_be_read_is_refused(tmp_path, damage, suffix):
    path = tmp_path / f"scan{suffix}"
    nib.save(nib.Nifti1Image(VOXELS, AFFINE), path)
    image = nib.load(path, mmap=False)
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-400])
    with pytest.raises(InputError, match="moved or deleted" if damage == "gone" else "voxels cannot be read") as caught:
        formats.from_nibabel(image)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("change", ["cropped", "moved"])
def test_a_volume_changed_in_memory_is_written_with_a_new_header(tmp_path, change):
    nib.save(nib.Nifti1Image(VOXELS, AFFINE), tmp_path / "scan.nii")
    volume = formats.read(tmp_path / "scan.nii")
    moved = AFFINE.copy()
    moved[0, 3] = 30
    changed = replace(volume, data=volume.data[2:]) if change == "cropped" else replace(volume, affine=moved)
    formats.write(changed, tmp_path / "changed.nii")
    written = nib.load(tmp_path / "changed.nii")
    np.testing.assert_array_equal(np.asarray(written.dataobj), changed.data)
    np.testing.assert_allclose(written.affine, changed.affine)
