"""Calibration: the shipped tables can be loaded, and fit the measures that are computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.calibration import Calibration, load_calibration
from deskull.quality.measures import input_measures, mask_measures
from tests.quality.heads import ball, evidence_of, second_look


@pytest.fixture(scope="module")
def shipped() -> Calibration:
    return load_calibration("default")


def test_calibration_of_an_unknown_network_is_not_found():
    with pytest.raises(FileNotFoundError):
        load_calibration("no such network")


def test_calibration_is_loaded_once(shipped):
    assert load_calibration("default") is shipped


def test_models_use_only_measures_that_are_computed(shipped):
    evidence = replace(evidence_of(ball(24)), second=second_look(ball(24)))
    computed = input_measures(evidence).keys() | mask_measures(evidence, shipped.shape, None).keys()
    if shipped.features:
        computed |= {"unfamiliarity"}
    for model in (shipped.error, shipped.margin, shipped.head):
        assert model.functions.keys() <= computed


def test_each_function_has_one_value_more_than_ascending_edges(shipped):
    for model in (shipped.error, shipped.margin, shipped.head):
        for function in model.functions.values():
            assert len(function.values) == len(function.edges) + 1
            assert list(function.edges) == sorted(function.edges)


def test_masks_pass_at_smaller_errors_than_they_fail(shipped):
    assert shipped.thresholds["pass"] < shipped.thresholds["fail"]


def test_bounds_have_one_value_more_than_ascending_edges(shipped):
    edges = shipped.bounds["edges"]
    assert edges == sorted(edges)
    assert len(shipped.bounds["error"]) == len(shipped.bounds["margin"]) == len(edges) + 1


def test_bounds_lie_above_the_predictions(shipped):
    assert min(shipped.bounds["error"]) >= 0
    assert min(shipped.bounds["margin"]) >= 0


@pytest.mark.parametrize(("error", "expected"), [(-5, 0.1), (-2.5, 0.2), (0, 0.3)])
def test_a_bound_is_that_of_the_range_of_the_predicted_error(shipped, error, expected):
    bounds = {"edges": [-3.0, -2.0], "error": [0.1, 0.2, 0.3], "margin": [1.0, 2.0, 3.0]}
    calibration = replace(shipped, bounds=bounds)
    assert calibration.bound("error", error) == expected
    assert calibration.bound("margin", error) == 10 * expected


def test_usual_ranges_are_not_empty(shipped):
    assert shipped.usual
    assert all(low <= high for low, high in shipped.usual.values())


def test_mean_shape_is_full_in_the_middle_and_empty_far_away(shipped):
    inside, outside = shipped.shape.at(np.array([[0, 0, 0], [9, 9, 9]], np.float32))
    assert inside > 0.9
    assert outside == 0
