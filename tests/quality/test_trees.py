"""Trees: sums over trees, what is missing, and contributions that add up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.trees import TreeModel
from tests.quality.trees import constant, step

NAMES = ("agreement", "noise", "volume_ml")
MEASURES = st.dictionaries(st.sampled_from(NAMES), st.floats(-10, 10) | st.just(math.nan))


def two_steps() -> TreeModel:
    """A tree of two measures and one of a third: 1, or 2 to 4, and 10 more from a volume above 3."""
    leaf = (-1, 0.0, 0, 0, False)
    first = [(0, 0.5, 1, 2, False, 2.0), (*leaf, 1.0), (1, 0.0, 3, 4, True, 3.0), (*leaf, 2.0), (*leaf, 4.0)]
    second = [(2, 3.0, 6, 7, True, 2.5), (*leaf, 0.0), (*leaf, 10.0)]
    return TreeModel(NAMES, 100.0, np.array([*first, *second], step("x", 0, 0, 0).nodes.dtype), np.array([0, 5]))


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({"agreement": 0.5, "noise": 9, "volume_ml": 3}, 101),
        ({"agreement": 0.6, "noise": 0, "volume_ml": 4}, 112),
        ({"agreement": 0.6, "noise": 1, "volume_ml": 4}, 114),
        ({"noise": math.nan}, 102),
        ({}, 102),
    ],
)
def test_prediction_is_the_sum_of_the_leaves_that_the_measures_lead_to(measures, expected):
    assert two_steps().predict(measures) == expected


def test_a_constant_is_predicted_whatever_is_measured():
    assert constant(3.0).predict({"noise": 1.0}) == 3.0
    assert constant(3.0).contributions({"noise": 1.0}) == {}


@settings(max_examples=50)
@given(measures=MEASURES)
def test_contributions_add_up_to_the_difference_from_the_mean(measures):
    model = two_steps()
    mean = model.baseline + model.nodes["value"][model.roots].sum()
    assert mean + math.fsum(model.contributions(measures).values()) == pytest.approx(model.predict(measures))


def test_a_measure_that_was_not_asked_contributes_nothing():
    contributions = two_steps().contributions({"agreement": 0.1, "noise": 5.0, "volume_ml": 5.0})
    assert contributions == {"agreement": -1.0, "noise": 0.0, "volume_ml": 7.5}
