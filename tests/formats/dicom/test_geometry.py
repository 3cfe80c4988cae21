"""Positions of slices: gaps between them, and volumes that do or do not lie on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.formats.dicom.geometry import Frame, describe_gaps, misplacement, read_frames, same_plane
from deskull.volume import Volume
from tests.formats.dicom.synthetic import Recipe, image

STACK = Volume(np.zeros((5, 4, 3), np.int16), np.diag([1.0, 2.0, 3.0, 1.0]))


def stack_frames(volume=STACK):
    """Frames of 4 rows and 5 columns, one for each z of a volume."""
    columns = volume.affine[:, [1, 0]]
    origins = [volume.affine @ [0, 0, z, 1] for z in range(volume.shape[2])]
    return [Frame(np.column_stack([columns, origin]), (4, 5)) for origin in origins]


def test_place_of_a_slice_is_that_of_the_standard():
    (frame,) = read_frames([image(Recipe(orientation=(0, 1, 0, 0, 0, -1), origin=(1, 2, 3)), 0)])
    np.testing.assert_allclose(frame.affine @ [3, 5, 1], [-1, -2 - 5 * 2, 3 - 3 * 2, 1])


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("ImagePositionPatient", None, AttributeError),
        ("ImagePositionPatient", [1, 2], ValueError),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0], ValueError),
        ("ImageOrientationPatient", [0] * 6, ValueError),
        ("PixelSpacing", [0, 2], ValueError),
    ],
)
def test_place_that_is_none_is_refused(name, value, error):
    made = image(Recipe(), 0)
    setattr(made, name, value)
    with pytest.raises(error):
        read_frames([made])


@pytest.mark.parametrize(
    ("heights", "text"),
    [
        ([0, 2, 4, 6], ""),
        ([6, 4, 2, 0], ""),
        ([0, 2.01, 3.99, 6], ""),
        ([0, 0, 2, 2, 4, 4], ""),
        ([0, 4], ""),
        ([0, 2, 6, 8], "slice 3 of 5 is missing (4 mm from one slice to the next instead of 2 mm)"),
        ([8, 6, 2, 0], "slice 3 of 5 is missing (4 mm from one slice to the next instead of 2 mm)"),
        ([10, 8, 2, 0], "slices 3 to 4 of 6 are missing (6 mm from one slice to the next instead of 2 mm)"),
        ([0, 2, 6, 8, 12, 14], "slices 3, 6 of 8 are missing (4 mm from one slice to the next instead of 2 mm)"),
        ([0, 3, 7.5, 10.5], "the slices are unevenly spaced (3 to 4.5 mm apart)"),
    ],
)
def test_gaps_are_described_in_the_order_of_the_slices(heights, text):
    assert describe_gaps(np.array(heights, float)) == text


@given(st.integers(3, 60), st.floats(0.3, 10), st.floats(-500, 500))
def test_evenly_spaced_slices_have_no_gap(count, spacing, start):
    assert describe_gaps(start + spacing * np.arange(count)) == ""


@given(st.integers(5, 60), st.floats(0.3, 10), st.data())
def test_a_missing_slice_is_counted_from_one(count, spacing, data):
    missing = data.draw(st.integers(1, count - 2))
    heights = spacing * np.delete(np.arange(count), missing)
    assert describe_gaps(heights).startswith(f"slice {missing + 1} of {count} is missing")


def test_planes_differ_by_orientation_size_and_matrix():
    frame = stack_frames()[0]
    assert same_plane(frame, stack_frames()[2])
    assert not same_plane(frame, replace(frame, shape=(5, 4)))
    assert not same_plane(frame, replace(frame, affine=frame.affine * 1.1))
    assert not same_plane(frame, replace(frame, affine=frame.affine[[0, 2, 1, 3]]))


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, -1)])
def test_volume_lies_on_its_slices_whatever_the_order_of_its_axes(axes, flips):
    data = STACK.data.transpose(axes)[:: flips[0], :: flips[1], :: flips[2]]
    turn = np.eye(4)
    for new, old in enumerate(axes):
        turn[:3, new] = np.eye(3)[old] * flips[new]
        turn[:3, 3] += np.eye(3)[old] * (0 if flips[new] > 0 else data.shape[new] - 1)
    volume = Volume(data, STACK.affine @ turn)
    assert misplacement(volume, stack_frames()) < 1e-6


def test_misplacement_is_in_voxels():
    affine = STACK.affine.copy()
    affine[2, 3] += 0.6
    assert misplacement(replace(STACK, affine=affine), stack_frames()) == pytest.approx(0.2)


@pytest.mark.parametrize("change", ["smaller", "larger", "spacing", "rotated"])
def test_volume_of_another_grid_is_infinitely_misplaced(change):
    affine = STACK.affine.copy()
    data = {"smaller": STACK.data[..., :2], "larger": np.zeros((5, 4, 4))}.get(change, STACK.data)
    if change == "spacing":
        affine[2, 2] = 6.0
    if change == "rotated":
        affine[:3, :3] = affine[:3, :3] @ np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])
    frames = stack_frames()
    assert misplacement(Volume(data, affine), frames) in (float("inf"), pytest.approx(0.5, abs=0.5))
