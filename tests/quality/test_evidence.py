"""Evidence: what follows from the distance, the border and the grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.heads import FAR, SPACING, ball, evidence_of

BALL = evidence_of(ball(24))


@given(border=st.floats(-6, 6))
def test_border_moves_the_edge_of_the_mask(border):
    moved = replace(BALL, border=border)
    radius = (3 * moved.inside.sum() * SPACING**3 / (4 * np.pi)) ** (1 / 3)
    assert radius == pytest.approx(24 + border, abs=0.3)


def test_spacing_is_that_of_an_oblique_grid():
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    affine = BALL.affine.copy()
    affine[:3, :3] = turn @ np.diag([1.0, 2.0, 3.0])
    np.testing.assert_allclose(replace(BALL, affine=affine).spacing, [1, 2, 3], rtol=1e-6)


def test_box_reaches_24_mm_beyond_the_mask():
    small = evidence_of(ball(8, (0, 0, 10)))
    x, _, z = small.box
    assert (x.start * SPACING - 48, x.stop * SPACING - 48) == (-32, 32)  # the ball reaches from -8 to 8
    assert z.start * SPACING - 48 == -22


def test_box_starts_within_the_grid_where_the_mask_is_at_its_end():
    assert evidence_of(ball(20, (-40, 0, 0))).box[0].start == 0


def test_evidence_without_a_mask_is_empty_and_its_box_is_the_grid():
    empty = replace(BALL, distance=np.full_like(BALL.distance, FAR))
    assert empty.is_empty
    assert BALL.distance[empty.box].shape == BALL.distance.shape


def test_evidence_with_a_mask_is_not_empty():
    assert not BALL.is_empty
