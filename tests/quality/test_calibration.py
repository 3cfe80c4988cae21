"""Calibration: the shipped tables can be loaded, and fit the measures that are computed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from deskull.models.cards import load_model
from deskull.quality.calibration import LEVELS, Calibration, load_calibration
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


def test_calibration_was_fitted_on_masks_of_the_network_that_ships(shipped):
    assert shipped.card["network_sha256"] == load_model("default").card["sha256"]


def test_models_use_only_measures_that_are_computed(shipped):
    evidence = replace(evidence_of(ball(24)), second=second_look(ball(24)))
    computed = input_measures(evidence).keys() | mask_measures(evidence, shipped.shape).keys()
    for model in (shipped.error, shipped.margin, shipped.head):
        assert set(model.names) <= computed


def test_thorough_models_also_use_the_mirror_image(shipped):
    thorough = load_calibration("default", "thorough")
    assert set(thorough.error.names) - set(shipped.error.names) == {"mirrored_agreement", "both_mirrored_agreement"}
    assert thorough.quantiles == shipped.quantiles


def test_paths_through_the_trees_end_at_leaves(shipped):
    for model in (shipped.error, shipped.margin, shipped.head):
        inner = model.nodes["measure"] >= 0
        following = np.concatenate([model.nodes["left"][inner], model.nodes["right"][inner]])
        assert sorted([*following, *model.roots]) == list(range(len(model.nodes)))


def test_masks_pass_at_smaller_errors_than_they_fail(shipped):
    assert shipped.thresholds["pass"] < shipped.thresholds["fail"]


def test_it_is_doubted_that_there_is_a_head_before_it_is_denied(shipped):
    assert shipped.thresholds["no_head"] < shipped.thresholds["head"]


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


def test_quantiles_of_the_reference_rise(shipped):
    assert shipped.quantiles
    assert all(len(values) == len(LEVELS) and list(values) == sorted(values) for values in shipped.quantiles.values())


def test_usual_range_is_that_of_the_outer_quantiles(shipped):
    calibration = replace(shipped, quantiles={"tilt": [1, 2, 3, 4, 5, 6, 7]})
    assert calibration.usual("tilt") == (1, 7)
    assert calibration.usual("volume_ml") is None


@pytest.mark.parametrize(("value", "percentile"), [(0, 1), (1, 1), (3.5, 37.5), (4, 50), (7, 99), (8, 99)])
def test_percentile_is_the_place_among_the_quantiles(shipped, value, percentile):
    calibration = replace(shipped, quantiles={"tilt": [1, 2, 3, 4, 5, 6, 7]})
    assert calibration.percentiles({"tilt": value}) == {"tilt": percentile}


def test_percentile_of_a_value_that_many_scans_share_is_their_middle(shipped):
    calibration = replace(shipped, quantiles={"gap": [0, 0, 0, 0, 0, 0.1, 0.2]})
    assert calibration.percentiles({"gap": 0}) == {"gap": pytest.approx((1 + 5 + 25 + 50 + 75) / 5)}


def test_measures_that_are_not_known_have_no_percentile(shipped):
    calibration = replace(shipped, quantiles={"gap": [0] * 7})
    assert calibration.percentiles({"gap": math.nan, "tilt": 0.1}) == {}


def test_mean_shape_is_full_in_the_middle_and_empty_far_away(shipped):
    inside, outside = (shipped.shape.fits(np.full((1, 3), place, np.float32))[0] for place in (0, 9))
    assert inside > 0.9
    assert outside == 0
