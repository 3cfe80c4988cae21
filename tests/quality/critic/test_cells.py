"""Cells: what the critic is shown of balls and of egg-shaped bodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.critic.cells import (
    BRIGHTEST,
    CELL,
    FAR_MM,
    MARGIN_MM,
    MULTIPLE,
    N_CHANNELS,
    Window,
    cut,
    in_cells,
    window_box,
    window_of,
)
from deskull.quality.evidence import Evidence
from tests.quality.heads import GRID, SPACING, ball, cut_at_top, egg, evidence_of

EGG = evidence_of(egg())
#: A number for each voxel of a cube.
SMALL = np.arange(4**3, dtype=np.float32).reshape(4, 4, 4)


def found(evidence: Evidence) -> Window:
    """The window around a mask that is not empty."""
    window = window_of(evidence)
    assert window is not None
    return window


def shaded() -> Evidence:
    """The egg in an image whose brightness says where a voxel lies, from -0.5 to 2."""
    places = np.arange(GRID**3, dtype=np.float32).reshape((GRID,) * 3) / GRID**3
    return replace(EGG, image=2.5 * places - np.float32(0.5))


@settings(max_examples=20)
@given(radius=st.floats(3, 40), x=st.floats(-30, 30), z=st.floats(-30, 30))
def test_window_holds_the_mask_and_its_margin_in_whole_multiples_of_cells(radius, x, z):
    evidence = evidence_of(ball(radius, (x, 0, z)))
    for side, bounds in zip(window_box(evidence), evidence.bounds, strict=True):
        assert (side.stop - side.start) % (CELL * MULTIPLE) == 0
        spare = (bounds.start - side.start) * SPACING, (side.stop - bounds.stop) * SPACING
        assert min(spare) >= MARGIN_MM
        assert abs(spare[0] - spare[1]) <= SPACING
        assert max(spare) < MARGIN_MM + CELL * MULTIPLE * SPACING


@pytest.mark.parametrize("function", [window_box, window_of])
def test_empty_mask_has_no_window(function):
    assert function(evidence_of(ball(-4))) is None


def test_window_inside_the_grid_shows_its_voxels():
    evidence = replace(shaded(), distance=evidence_of(ball(20)).distance)
    x, y, z = window_box(evidence)
    np.testing.assert_array_equal(found(evidence).image, evidence.image[x, y, z].clip(0, BRIGHTEST))


def test_values_are_clipped():
    far = replace(shaded(), distance=4 * EGG.distance, intracranial=5 * EGG.distance)
    window = found(far)
    assert (window.image.min(), window.image.max()) == (0, np.float32(BRIGHTEST))
    for distances in (window.depth, window.wide):
        assert (distances.min(), distances.max()) == (-FAR_MM, FAR_MM)


def test_depth_is_measured_from_the_border_of_the_mask():
    evidence = evidence_of(ball(6))
    assert found(replace(evidence, border=1.0)).depth.min() == pytest.approx(evidence.distance.min() - 1)


def test_beyond_the_grid_nothing_is_seen_and_everything_is_far_outside():
    evidence = evidence_of(ball(20, (0, 0, -25)))
    window, start = found(evidence), window_box(evidence)[2].start
    assert start < 0
    beyond = (..., slice(0, -start))
    assert (window.image[beyond] == 0).all()
    assert (window.depth[beyond] == FAR_MM).all()
    assert (window.wide[beyond] == FAR_MM).all()
    assert not window.seen[beyond].any()
    assert window.seen[..., -start:].all()


def test_beyond_the_field_of_view_nothing_is_seen():
    evidence = cut_at_top(EGG, 10.0)
    top = window_box(evidence)[2]
    last = np.flatnonzero(evidence.field_of_view.any((0, 1))).max()
    assert np.flatnonzero(found(evidence).seen.any((0, 1))).max() == last - top.start


def test_without_an_intracranial_surface_the_depth_stands_in():
    window = found(replace(EGG, intracranial=None))
    np.testing.assert_array_equal(window.wide, window.depth)


@pytest.mark.parametrize("box", [(5, 9), (-9, -5)])
def test_box_beside_an_array_is_filled(box):
    result = cut(SMALL, (slice(*box), slice(0, 4), slice(0, 4)), 7.0)
    assert result.shape == (4, 4, 4)
    assert (result == 7).all()


def test_voxels_of_a_cell_are_channels_with_the_last_axis_fastest():
    cells = in_cells(SMALL)
    assert cells.shape == (8, 2, 2, 2)
    np.testing.assert_array_equal(cells[:, 1, 0, 1], SMALL[2:4, 0:2, 2:4].ravel())


def test_channels_lie_between_minus_one_and_one():
    channels = found(shaded()).channels()
    assert channels.dtype == np.float32
    assert channels.shape == (1, N_CHANNELS, *(size // CELL for size in found(EGG).image.shape))
    assert (channels.min(), channels.max()) == (-1, 1)


def test_channels_are_image_depth_intracranial_depth_field_of_view_and_place():
    window = found(cut_at_top(shaded(), 10.0))
    channels = window.channels()[0]
    np.testing.assert_allclose(channels[:8], in_cells(window.image) / BRIGHTEST)
    np.testing.assert_allclose(channels[8:16], in_cells(window.depth) / FAR_MM)
    np.testing.assert_allclose(channels[16], in_cells(window.wide).mean(0) / FAR_MM, atol=1e-6)
    np.testing.assert_allclose(channels[17], in_cells(window.seen.astype(np.float32)).mean(0))
    for axis, place in enumerate(channels[18:]):
        along = np.moveaxis(place, axis, 0)
        np.testing.assert_allclose(along[:, 0, 0], np.linspace(-1, 1, len(along)), atol=1e-6)
        assert (along == along[:, :1, :1]).all()
