"""What holds for every format family alike."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import OutputError, Volume, formats

AFFINE = np.array([[-0.9, 0.1, 0, 80], [0, 0, 1.1, -120], [0.05, -1.2, 0, 99.5], [0, 0, 0, 1]])
VOXELS = np.random.default_rng(1).integers(0, 900, (7, 6, 5)).astype(np.int16)


@pytest.mark.parametrize("suffix", [".mgz", ".nrrd", ".mha"])
def test_header_of_another_family_is_replaced_by_a_new_one(tmp_path, suffix):
    image = nib.Nifti1Image(VOXELS, AFFINE)
    image.header.set_slope_inter(0.5, 3)
    scaled = Volume(VOXELS, AFFINE, 0.5, 3.0, image.header)
    formats.write(scaled, tmp_path / f"a{suffix}")
    np.testing.assert_allclose(formats.read(tmp_path / f"a{suffix}").values(), VOXELS * 0.5 + 3)
    formats.write(formats.read(tmp_path / f"a{suffix}"), tmp_path / "back.nii.gz")
    np.testing.assert_allclose(formats.read(tmp_path / "back.nii.gz").affine, AFFINE, atol=1e-4)


@pytest.mark.parametrize("suffix", [".mhd", ".nhdr", ".img", ".hdr"])
def test_detached_format_is_refused_when_writing(tmp_path, suffix):
    with pytest.raises(OutputError, match="nothing is written with this ending"):
        formats.write(Volume(VOXELS, AFFINE), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=20, deadline=None)
@given(
    suffix=st.sampled_from([".nii.gz", ".mgz", ".nrrd", ".mha"]),
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 6)] * 3),
)
def test_any_rotation_comes_back_from_every_format(tmp_path_factory, suffix, angles, spacing):
    from scipy.spatial.transform import Rotation

    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles).as_matrix() @ np.diag(spacing)
    affine[:3, 3] = (10, -20, 30)
    path = tmp_path_factory.mktemp("any") / f"scan{suffix}"
    formats.write(Volume(VOXELS, affine), path)
    back = formats.read(path)
    np.testing.assert_allclose(back.affine, affine, atol=2e-4)
    np.testing.assert_array_equal(back.data, VOXELS)
