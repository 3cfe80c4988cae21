"""Critic: its answer fits the window, and depends on neither threads nor order."""

from __future__ import annotations

import math
from importlib import resources

import numpy as np
import pytest

from deskull.quality.critic.cells import CELL, window_of
from deskull.quality.critic.critic import Critic
from deskull.quality.evidence import Doubt, Evidence
from tests.quality.heads import SPACING, ball, cut_at_top, egg, evidence_of

EGG = evidence_of(egg())


@pytest.fixture(scope="module")
def critic() -> Critic:
    return Critic(1)


def asked(critic: Critic, evidence: Evidence) -> Doubt:
    """What the critic says of a mask that is not empty."""
    doubt = critic(evidence)
    assert doubt is not None
    return doubt


def test_answer_has_a_fraction_for_each_cell_of_the_window(critic):
    doubt, window = asked(critic, EGG), window_of(EGG)
    for part in (doubt.extra, doubt.missing):
        assert part.shape == tuple(size // CELL for size in window.image.shape)
        assert 0 <= part.min() <= part.max() <= 1


def test_dice_and_probability_are_fractions(critic):
    doubt = asked(critic, EGG)
    assert 0 <= doubt.dice <= 1
    assert 0 <= doubt.head <= 1


def test_of_an_empty_mask_nothing_is_said(critic):
    assert critic(evidence_of(ball(-4))) is None


def test_two_threads_give_the_answer_of_one(critic):
    one, two = asked(critic, EGG), asked(Critic(2), EGG)
    np.testing.assert_allclose(two.extra, one.extra, atol=1e-5)
    np.testing.assert_allclose(two.missing, one.missing, atol=1e-5)
    assert (two.dice, two.head) == pytest.approx((one.dice, one.head), abs=1e-5)


def test_answer_is_the_same_after_another_mask(critic):
    first = asked(critic, EGG)
    asked(critic, evidence_of(ball(40)))
    np.testing.assert_array_equal(asked(critic, EGG).extra, first.extra)


def test_another_file_can_be_asked(critic, tmp_path):
    path = tmp_path / "other.onnx"
    path.write_bytes((resources.files("deskull.quality") / "calibrations" / "critic.onnx").read_bytes())
    np.testing.assert_array_equal(asked(Critic(1, path), EGG).extra, asked(critic, EGG).extra)


@pytest.mark.parametrize("radius", [12, 24, 36])
def test_volume_of_the_mask_is_that_of_the_ball(critic, radius):
    cells = 4 / 3 * math.pi * (radius / SPACING / CELL) ** 3
    assert asked(critic, evidence_of(ball(radius))).mask_cells == pytest.approx(cells, rel=0.01)


def test_only_the_seen_half_of_a_ball_counts(critic):
    whole = asked(critic, evidence_of(ball(30))).mask_cells
    half = asked(critic, cut_at_top(evidence_of(ball(30)), 0.0, continued=30)).mask_cells
    assert half == pytest.approx(whole / 2, rel=0.01)
