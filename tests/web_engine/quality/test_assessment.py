"""Trees, findings, verdicts and their wording in the static page: those of the package, for any measures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deskull.quality.assessment import judge_measures
from deskull.quality.calibration import load_calibration
from deskull.quality.contrast import contrast_of_mr
from deskull.quality.findings import find_unusual
from deskull.quality.wording import MEASURES, describe, is_unusual, known_words
from tests.web_engine.quality.conftest import as_given

SEEDS = range(25)
MASK = ("agreement", "difference_mm", "difference_95_mm", "sharpness", "gradient", "gradient_10", "shape_fit", "gap")


def some_measures(seed: int) -> dict[str, float]:
    """Measures from all over the reference's range and a little beyond; every tenth is missing."""
    rng, quantiles = np.random.default_rng(seed), load_calibration("default").quantiles
    chosen = {
        name: float(rng.choice(values)) * float(rng.choice([1, 1, 0.9, 1.3])) for name, values in quantiles.items()
    }
    return {name: math.nan if rng.random() < 0.1 else value for name, value in chosen.items()}


def parts_of(measures: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Measures of a scan and of its mask."""
    mask = {name: value for name, value in measures.items() if name in MASK}
    return {name: value for name, value in measures.items() if name not in MASK}, mask


@pytest.mark.parametrize("effort", ["default", "thorough"])
@pytest.mark.parametrize("model", ["error", "margin", "head"])
def test_trees_predict_and_explain_as_in_the_package(judging_engine, model, effort):
    own = getattr(load_calibration("default", effort), model)
    for measures in map(some_measures, SEEDS):
        given = as_given(measures)
        assert judging_engine.call("quality.predict", model, given, effort) == pytest.approx(own.predict(measures))
        added = judging_engine.call("quality.contributions", model, given, effort)
        assert added == pytest.approx(own.contributions(measures))


@pytest.mark.parametrize("effort", ["default", "thorough"])
def test_quality_of_measures_is_that_of_the_package(judging_engine, effort):
    verdicts = set()
    for scan, mask in map(parts_of, map(some_measures, SEEDS)):
        own = judge_measures(scan, mask, load_calibration("default", effort)).as_dict()
        assert judging_engine.call("quality.judgeMeasures", as_given(scan), as_given(mask), effort) == own
        verdicts.add(own["verdict"])
    assert len(verdicts) > 1


def test_findings_are_those_of_the_package(judging_engine):
    extremes = [
        {}, {"dark_outside": 0.9, "dark_inside": 0.1}, {"dark_outside": 0.9}, {"dark_face": 0.95, "dark_nape": 0.1},
        *({"turned_fit": 0.04, "best_turn": turn} for turn in [*range(24), math.nan]), {"turned_fit": 0.04},
        {"width_mm": 20.5, "height_mm": 400.0}, {"length_mm": math.nan}, {"gap": 0.03},
        {"disorder": 0.95, "disorder_ratio": 1.4}, {"contact_left": 0.02, "contact_top": 0.5}, {"grey_values": 3.0},
        {"grey_values": 3.0, "uneven_steps": 2.0}, {"volume_ml": 2500.0, "length_mm": 195.0}, {"opposite_ends": 0.8},
        {"zeros_inside": 0.2}, {"zeros_inside": 0.6}, {"opposite_ends": 0.8, "other_components": 0.02},
        {"blank_contact": 0.1, "noise": 0.2, "shading": 0.5, "stripes": 0.1, "repeated": 0.1, "at_maximum": 0.1},
    ]  # fmt: skip
    for measures in [*extremes, *map(some_measures, SEEDS)]:
        own = [finding.sentence for finding in find_unusual(measures)]
        assert judging_engine.call("quality.findings", as_given(measures)) == own


def test_contrast_is_guessed_as_in_the_package(judging_engine):
    names = ("darkest", "brightest", "bright_skull", "bright_scalp", "bright_core", "bright_cortex")
    guesses = set()
    for values in np.random.default_rng(0).uniform(0.1, 2.2, (200, len(names))).round(2):
        measures = dict(zip(names, values.tolist(), strict=True))
        guesses.add(own := contrast_of_mr(measures))
        assert judging_engine.call("quality.contrast", measures) == own
    assert len(guesses) == 6
    assert judging_engine.call("quality.contrast", {"darkest": 0.5}) is contrast_of_mr({"darkest": 0.5}) is None


@pytest.mark.parametrize("value", [0.5, 123.45])
def test_every_measure_is_described_as_in_the_package(judging_engine, value):
    shells = [f"{kind}_{shell}" for kind in ("bright", "spread") for shell in ("core", "rim", "scalp")]
    for name in [*MEASURES, *shells, "fever", "bright_nothing"]:
        own = describe(name, value, (0.6, 99.5))
        assert judging_engine.call("wording.describe", name, value, [0.6, 99.5]) == own
        words = known_words(name)
        assert judging_engine.call("wording.knownWords", name) == (words and list(words))


@pytest.mark.parametrize("value", [0.5, 0.6, 0.5996, 50.0, 99.5, 99.54, 100.0, 123.45])
def test_unusual_measures_are_those_of_the_package(judging_engine, value):
    assert judging_engine.call("wording.isUnusual", value, [0.6, 99.5]) is is_unusual(value, (0.6, 99.5))


def test_masks_of_other_networks_and_scans_of_a_single_value_are_not_judged(judging_engine):
    other = judging_engine.call("quality.judged", {"model": {"name": "small"}}, "default", {"Manufacturer": "Siemens"})
    assert (other["verdict"], other["input"]) == ("not judged", {})
    assert other["reasons"] == ["Only masks of the network 'default' can be judged."]
    single = judging_engine.call("quality.judged", {"model": {"name": "default"}}, "default")
    assert single["reasons"] == ["The scan has a single value inside the network's grid."]


def test_axes_of_a_symmetric_matrix_are_found(judging_engine):
    matrix = np.cov(np.random.default_rng(0).normal(size=(3, 50)) * [[9], [4], [1]])
    found = judging_engine.call("symmetric.decompose", matrix.tolist())
    values, vectors = np.array(found["values"]), np.array(found["vectors"])
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(matrix), rtol=1e-12)
    np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T, matrix, rtol=1e-12, atol=1e-12)
