"""Slices that are stacked at an angle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.formats.dicom.geometry import misplacement, read_frames
from deskull.formats.dicom.tilt import tilt_degrees, with_own_geometry
from deskull.formats.nifti import HEADER
from deskull.volume import Volume
from tests.formats.dicom.synthetic import Recipe, image


def frames(recipe):
    return read_frames([image(recipe, index) for index in range(recipe.slices)])


@pytest.mark.parametrize(("tilt", "degrees"), [(0.0, 0.0), (6.0, 45.0), (-6.0, 45.0), (1.0, 9.46)])
def test_angle_is_that_between_stacking_and_normal(tilt, degrees):
    assert tilt_degrees(frames(Recipe(tilt=tilt))) == pytest.approx(degrees, abs=0.01)


def test_slices_at_one_position_have_no_angle():
    assert tilt_degrees(frames(Recipe(slices=1)) * 3) == 0


@pytest.mark.parametrize("signs", [(-1, 1, 1), (1, -1, 1), (-1, -1, -1)])
def test_volume_gets_the_affine_of_the_slices_whatever_the_direction_of_its_axes(signs):
    stack = frames(Recipe(tilt=1.6))
    upright = Volume(
        np.zeros((16, 16, 12), np.int16), np.diag([*(2.0, 2.0, 6.0) * np.array(signs), 1.0]), header=HEADER()
    )
    sheared = with_own_geometry(upright, stack)
    assert misplacement(sheared, stack) < 1e-6
    np.testing.assert_allclose(sheared.header.get_sform(), sheared.affine, atol=1e-5)


def test_volume_of_another_shape_has_been_resampled():
    upright = Volume(np.zeros((16, 21, 12), np.int16), np.eye(4), header=HEADER())
    assert with_own_geometry(upright, frames(Recipe(tilt=1.6))) is None


def test_repeated_frames_count_once():
    stack = frames(Recipe(tilt=1.6))
    upright = Volume(np.zeros((16, 16, 12, 2), np.int16), np.diag([2.0, 2.0, 6.0, 1.0]), header=HEADER())
    assert misplacement(replace(with_own_geometry(upright, stack * 2), name="a"), stack) < 1e-6
