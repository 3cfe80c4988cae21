"""Drawing: grey values, orientation, boxes and panels that all pictures share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from deskull import OutputError, Volume
from deskull.report.drawing import (
    bounding_box,
    mask_on_grid,
    on_display_grid,
    save_picture,
    scale_grey,
    side_by_side,
    to_rgb,
    upright_slice,
)

VALUES = arrays.arrays(np.float32, (4, 5), elements=st.floats(-1e6, 1e6, width=32))


@given(VALUES)
def test_scaled_grey_values_lie_between_black_and_white(values):
    scaled = scale_grey(values)
    assert scaled.dtype == np.float32
    assert scaled.min() >= 0
    assert scaled.max() <= 1


def test_one_bright_voxel_does_not_darken_the_others():
    values = np.linspace(0, 1, 2000, dtype=np.float32)
    values[-1] = 1e6
    assert scale_grey(values)[1000] == pytest.approx(0.5, abs=0.02)


def test_grey_values_outside_the_field_of_view_are_black_and_do_not_count():
    values = np.array([[0, 10], [20, 1e9]], np.float32)
    scaled = scale_grey(values, np.array([[True, True], [True, False]]))
    assert scaled[1, 1] == 0
    assert scaled[1, 0] == 1


def test_picture_without_any_field_of_view_is_black():
    assert not scale_grey(np.ones((3, 3), np.float32), np.zeros((3, 3), bool)).any()


def _marked(index):
    volume = np.zeros((4, 5, 6))
    volume[index] = 1
    return volume


@pytest.mark.parametrize(
    ("axis", "corner", "place"),
    [
        (0, (2, 4, 5), (0, 4)),  # sagittal: superior at the top, anterior on the right
        (1, (0, 2, 5), (0, 3)),  # coronal: the patient's left on the right of the picture
        (2, (0, 4, 2), (0, 3)),  # axial: anterior at the top, the patient's left on the right
    ],
)
def test_radiological_slices_show_the_patients_left_on_the_right(axis, corner, place):
    plane = upright_slice(_marked(corner), 2, axis)
    assert np.unravel_index(plane.argmax(), plane.shape) == place


@pytest.mark.parametrize("axis", [1, 2])
def test_neurological_slices_are_mirrored(axis):
    volume = np.random.default_rng(0).random((4, 5, 6))
    radiological, neurological = (upright_slice(volume, 2, axis, name) for name in ("radiological", "neurological"))
    np.testing.assert_array_equal(radiological[:, ::-1], neurological)


def test_sagittal_slices_are_the_same_in_both_conventions():
    volume = np.random.default_rng(0).random((4, 5, 6))
    np.testing.assert_array_equal(*(upright_slice(volume, 2, 0, name) for name in ("radiological", "neurological")))


@given(arrays.arrays(bool, (6, 7, 5)), st.integers(0, 3))
def test_bounding_box_contains_the_whole_mask(mask, margin):
    assert mask[bounding_box(mask, margin)].sum() == mask.sum()


def test_bounding_box_has_a_margin_that_ends_at_the_array():
    mask = np.zeros((10, 10, 10), bool)
    mask[1:4, 5, 8] = True
    assert bounding_box(mask, 2) == (slice(0, 6), slice(3, 8), slice(6, 10))


def test_bounding_box_of_an_empty_mask_is_the_whole_array():
    assert bounding_box(np.zeros((3, 4, 5), bool), 2) == (slice(0, 3), slice(0, 4), slice(0, 5))


def test_display_grid_has_1_mm_voxels_in_ras():
    grid = on_display_grid(Volume(np.ones((10, 12, 8), np.int16), np.diag([-2.0, 2.0, 3.0, 1.0])))
    np.testing.assert_array_equal(grid.affine[:3, :3], np.eye(3))
    assert grid.data.shape == (20, 24, 24)


def test_mask_keeps_its_volume_on_the_display_grid():
    mask = np.zeros((10, 12, 8), np.uint8)
    mask[3:7, 3:9, 2:6] = 1
    volume = Volume(mask, np.diag([-2.0, 2.0, 2.0, 1.0]))
    assert mask_on_grid(volume, on_display_grid(volume)).sum() == pytest.approx(8 * mask.sum(), rel=0.05)


@pytest.mark.parametrize("degrees", [0, 25])
def test_part_of_the_display_grid_around_a_mask_shows_the_same(degrees):
    values = np.random.default_rng(1).integers(0, 1000, (40, 30, 20)).astype(np.int16)
    inside = np.zeros(values.shape, np.uint8)
    inside[10:16, 12:20, 8:12] = 1
    sine, cosine = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    rotation = np.array([[cosine, -sine, 0, 5], [sine, cosine, 0, -9], [0, 0, 1, 3], [0, 0, 0, 1]])
    affine = rotation @ np.diag([-1, 2, 3, 1])
    scan, mask, margin = Volume(values, affine), Volume(inside, affine), 4
    whole, part = on_display_grid(scan), on_display_grid(scan, [mask], margin)
    assert part.data.size < whole.data.size
    boxes = [bounding_box(mask_on_grid(mask, grid), margin) for grid in (whole, part)]
    np.testing.assert_allclose(part.data[boxes[1]], whole.data[boxes[0]], atol=1e-2)
    starts = [grid.affine[:3, 3] + [side.start for side in box] for grid, box in zip((whole, part), boxes, strict=True)]
    np.testing.assert_allclose(*starts)


def test_rgb_of_grey_has_three_equal_channels():
    pixels = to_rgb(np.array([[0, 1]], np.float32))
    assert pixels.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_panels_are_centred_with_a_gap_between_them():
    canvas = np.asarray(side_by_side([Image.new("L", (3, 5), 9), Image.new("L", (2, 1), 7)], 4, "L"))
    assert canvas.shape == (5, 9)
    assert canvas[2, 7:].tolist() == [7, 7]
    assert not canvas[:, 3:7].any()


def test_existing_picture_is_replaced_only_if_allowed(tmp_path):
    picture = Image.new("RGB", (2, 2))
    save_picture(picture, tmp_path / "a.png")
    with pytest.raises(OutputError, match="overwrite"):
        save_picture(picture, tmp_path / "a.png")
    save_picture(picture, tmp_path / "a.png", overwrite=True)
    assert Image.open(tmp_path / "a.png").size == (2, 2)


def test_display_grid_shows_the_mean_of_a_series():
    series = np.stack([np.full((8, 8, 8), value, np.float32) for value in (10, 30)], axis=-1)
    assert on_display_grid(Volume(series, np.eye(4))).data.max() == pytest.approx(20)


def test_values_that_are_not_finite_are_drawn_as_background():
    data = np.full((8, 8, 8), 5, np.float32)
    data[4, 4, 4] = np.nan
    assert np.isfinite(on_display_grid(Volume(data, np.eye(4))).data).all()


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32)))
def test_brighter_grey_values_are_never_darker_pixels(grey):
    order = np.argsort(grey, axis=None)
    pixels = to_rgb(grey)[..., 0].ravel()[order].astype(int)
    assert (np.diff(pixels) >= 0).all()


@given(arrays.arrays(bool, (5, 6, 4)))
def test_bounding_box_without_a_margin_touches_the_mask_on_every_side(mask):
    assume(mask.any())
    cropped = mask[bounding_box(mask, 0)]
    assert all(np.take(cropped, end, axis).any() for axis in range(3) for end in (0, -1))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_have_the_last_axis_upwards(axis):
    volume = np.zeros((4, 5, 6))
    top = 1 if axis == 2 else 2
    volume[(slice(None),) * top + (-1,)] = 1
    assert upright_slice(volume, 2, axis)[0].all()


def test_saved_picture_comes_back_pixel_by_pixel(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (5, 7, 3), np.uint8)
    save_picture(Image.fromarray(pixels), tmp_path / "new" / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new" / "a.png")), pixels)
