"""MINC 1: read as nibabel reads it; damaged files are refused."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest
from scipy.io import netcdf_file

from deskull import InputError, formats
from deskull.errors import DeskullWarning

VOXELS = np.random.default_rng(0).integers(0, 900, (5, 6, 7)).astype(">i2")
AXES = ("zspace", "yspace", "xspace")


def write(path, voxels=VOXELS, axes=AXES, largest=1.0, **attributes):
    """Write a file of real values from 0 to `largest`, with a step of 2 mm along every axis."""
    with netcdf_file(path, "w") as file:
        for name, size in zip(axes, voxels.shape, strict=True):
            file.createDimension(name, size)
            axis = file.createVariable(name, "i", ())
            axis.spacing, axis.step, axis.start = b"regular__", 2.0, -5.0
            for key, value in attributes.items():
                setattr(axis, key, value)
        image = file.createVariable("image", voxels.dtype.str[1:].replace("i2", "h"), axes)
        image.signtype, image.valid_range = b"signed__", np.array([0.0, 1000.0])
        image[:] = voxels
        for name, value in (("image-min", 0.0), ("image-max", largest)):
            file.createVariable(name, "d", ()).data[...] = value
    return path


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_a_file_is_read_as_nibabel_reads_it(tmp_path):
    path = write(tmp_path / "anat.mnc")
    volume, expected = formats.read(path), nib.load(path)
    np.testing.assert_allclose(volume.values(), expected.get_fdata(), atol=1e-6)
    np.testing.assert_allclose(volume.affine, expected.affine)


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_time_becomes_the_last_axis(tmp_path):
    series = np.stack([VOXELS, VOXELS + 1])
    volume = formats.read(write(tmp_path / "bold.mnc", series, ("time", *AXES)))
    np.testing.assert_allclose(volume.data, np.moveaxis(series, 0, -1) / 1000, atol=1e-6)


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_a_compressed_file_is_read(tmp_path):
    plain = write(tmp_path / "anat.mnc")
    (tmp_path / "packed.mnc.gz").write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_array_equal(formats.read(tmp_path / "packed.mnc.gz").data, formats.read(plain).data)


def test_results_are_nifti_with_a_warning(tmp_path):
    path = write(tmp_path / "anat.mnc")
    with pytest.warns(DeskullWarning, match="results are written as NIfTI"):
        formats.read(path)
    assert formats.output_suffix(path) == ".nii.gz"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (gzip.compress(b"\x89HDF\r\n\x1a\n" + b"\0" * 100, mtime=0), "is MINC 2 inside gzip"),
        (b"not an image at all", "not a MINC image"),
        (b"CDF\x01" + b"\xff" * 200, "header cannot be read"),
        (b"CDF\x01" + b"\0" * 200, "header cannot be read"),
    ],
)
def test_content_that_is_not_minc_1_is_refused(tmp_path, content, fault):
    path = tmp_path / "anat.mnc"
    path.write_bytes(content)
    with pytest.raises(InputError, match=fault):
        formats.read(path)


@pytest.mark.parametrize("kept", [100, 400, 0.9])
def test_a_file_that_is_cut_short_is_refused(tmp_path, kept):
    path = write(tmp_path / "anat.mnc")
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    with pytest.raises(InputError, match="header cannot be read"):
        formats.read(path)


def test_axes_that_are_not_those_of_a_scan_are_refused(tmp_path):
    with pytest.raises(InputError, match="has the axes 'zspace, yspace, vector_dimension'"):
        formats.read(write(tmp_path / "rgb.mnc", axes=("zspace", "yspace", "vector_dimension")))


def test_irregular_slices_are_refused(tmp_path):
    with pytest.raises(InputError, match="irregular slices"):
        formats.read(write(tmp_path / "anat.mnc", spacing=b"irregular"))


def test_voxels_that_are_no_numbers_apart_are_refused(tmp_path):
    with pytest.raises(InputError, match="voxel size is zero"):
        formats.read(write(tmp_path / "anat.mnc", step=0.0))


def test_a_small_file_that_expands_to_more_than_a_hundred_times_its_size_is_refused(tmp_path):
    path = tmp_path / "bomb.mnc.gz"
    path.write_bytes(gzip.compress(b"CDF\x01" + b"\0" * (40 << 20)))
    with pytest.raises(InputError, match="more data than its header promises"):
        formats.read(path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("largest", [1e300, 1e-300])
def test_values_that_32_bit_floats_cannot_hold_are_refused(tmp_path, largest):
    with pytest.raises(InputError, match="damaged image-min or image-max"):
        formats.read(write(tmp_path / "anat.mnc", largest=largest))
