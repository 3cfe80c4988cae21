"""Doubt: sums of what a critic says of single cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.evidence import Doubt
from deskull.quality.measures.doubt import doubt_measures
from tests.quality.heads import ball, evidence_of

BALL = evidence_of(ball(30))


def measured(extra: list[float], missing: list[float], mask_cells: float = 10.0) -> dict[str, float]:
    """Measures of what is said of a few cells."""
    parts = [np.array(values, np.float32).reshape(1, 1, -1) for values in (extra, missing)]
    return doubt_measures(replace(BALL, doubt=Doubt(*parts, 0.9, 0.75, mask_cells)))


def test_without_a_critic_nothing_is_measured():
    assert doubt_measures(BALL) == {}


def test_predictions_for_the_whole_are_handed_on():
    measures = measured([0.0], [0.0])
    assert (measures["critic_dice"], measures["critic_head"]) == (0.9, 0.75)


def test_volumes_are_fractions_of_the_mask():
    measures = measured([0.25, 0.5], [1.0, 0.25])
    assert measures["critic_extra"] == pytest.approx(0.075)
    assert measures["critic_missing"] == pytest.approx(0.125)


def test_only_cells_of_which_more_than_half_is_wrong_are_clear():
    measures = measured([0.25, 0.5, 0.75], [0.5, 1.0, 0.0])
    assert measures["critic_clear"] == pytest.approx((0.75 + 1.0) / 10)


def test_of_a_mask_smaller_than_a_cell_the_fractions_stay_finite():
    assert measured([0.5], [0.0], mask_cells=0.0)["critic_extra"] == 0.5
