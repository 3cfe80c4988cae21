"""Comparison: paired differences, tests that say when they cannot be made, agreement of volumes."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deskull.evaluation.comparison import ALL_SAME, COMPARED, TOO_FEW, agreement, bootstrap_median, compare, holm
from deskull.evaluation.metrics import Scores
from deskull.evaluation.scores import Row

PERFECT = Scores(1, 1, 1, 1, 0, 0, 1400, 1400, 0, 0)


def _rows(values, score="dice", names="abcdefghijklmnopqrstuvwxyz"):
    return [Row(name, replace(PERFECT, **{score: value})) for name, value in zip(names, values, strict=False)]


def _only(found, score):
    return next(part for part in found.differences if part.score == score)


def test_the_median_of_the_paired_differences_and_its_test():
    first, gain = np.linspace(0.8, 0.9, 10), np.array([1, 2, 3, 4, 5, 6, 7, -8, 9, 10]) / 1000
    found = _only(compare({"one": _rows(first), "two": _rows(first + gain)}), "dice")
    assert found.median == pytest.approx(0.0045)
    assert found.low <= found.median <= found.high
    assert found.interval == "BCa"
    assert found.p == pytest.approx(stats.wilcoxon(gain).pvalue)
    assert found.p_holm == pytest.approx(7 * found.p)  # six scores did not change; the least p counts all tests
    assert (found.first, found.other, found.pairs) == ("one", "two", 10)


def test_better_knows_which_way_is_better():
    change = {"dice": 0.1, "sensitivity": -0.1, "hd95": -1.0, "surface_distance": 1.0}
    first = [Row(str(k), replace(PERFECT, **dict.fromkeys(change, 2 + k / 10))) for k in range(12)]
    other = [
        Row(row.case, replace(row.scores, **{score: getattr(row.scores, score) + by for score, by in change.items()}))
        for row in first
    ]
    found = compare({"one": first, "two": other})
    better = {part.score: part.better for part in found.differences if part.better}
    assert better == {"dice": "two", "sensitivity": "one", "hd95": "two", "surface_distance": "one"}


def test_the_volume_difference_counts_either_way():
    too_large, too_small = _rows([30.0] * 8, "volume_difference_ml"), _rows([-30.0] * 8, "volume_difference_ml")
    assert _only(compare({"one": too_large, "two": too_small}), "absolute_volume_difference_ml").median == 0


def test_only_shared_cases_count():
    found = compare({"one": _rows([1] * 8), "two": _rows([0] * 7), "three": _rows([0] * 8, names="bcdefghi")})
    assert found.cases == list("bcdefg")
    assert found.left_out == list("ahi")
    assert {(part.first, part.other) for part in found.differences} == {("one", "two"), ("one", "three")}
    assert all(part.pairs == 6 for part in found.differences)


def test_undefined_scores_are_left_out_of_that_score_only():
    other = _rows([math.nan, *[1.0] * 7], "hd95")
    found = compare({"one": _rows([2.0] * 8, "hd95"), "two": other})
    assert _only(found, "hd95").pairs == 7
    assert _only(found, "dice").pairs == 8


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_cases_are_said_to_be(count):
    found = compare({"one": _rows([0.9] * count), "two": _rows([0.8] * count)})
    for part in found.differences:
        assert part.note == TOO_FEW
        assert part.p is None
        assert part.p_holm is None
        assert part.interval == ""
        assert part.better is None
    assert math.isnan(_only(found, "dice").median) == (count == 0)


def test_equal_differences():
    found = compare({"one": _rows([0.7] * 6), "two": _rows([0.7 + 0.1] * 6)})
    dice, leak = _only(found, "dice"), _only(found, "leak")
    assert (dice.low, dice.high, dice.interval) == (0.1, 0.1, "percentile")
    assert dice.p == pytest.approx(2 / 2**6)
    assert (leak.median, leak.p, leak.note, leak.better) == (0, 1, ALL_SAME, None)


def test_it_is_the_same_every_time_and_fits_into_json():
    models = {"one": _rows(np.linspace(0.8, 0.9, 9)), "two": _rows(np.linspace(0.95, 0.7, 9)), "none": []}
    assert json.dumps(compare(models).as_dict(), allow_nan=False) == json.dumps(compare(models).as_dict())
    assert [line["median"] for line in compare(models).as_dict()["differences"]] == [None] * 2 * len(COMPARED)


def test_comparing_needs_two_models():
    with pytest.raises(ValueError, match="needs two"):
        compare({"one": _rows([1])})


def test_the_interval_covers_the_median_as_often_as_it_says():
    draws = np.random.default_rng(3).normal(size=(40, 15))
    covered = sum(low <= 0 <= high for low, high, _ in map(bootstrap_median, draws))
    assert covered >= 34


@given(st.lists(st.floats(0, 1), max_size=12), st.randoms())
def test_holm_only_raises_and_knows_no_order(values, random):
    adjusted = holm(values)
    assert all(raw <= found <= 1 for raw, found in zip(values, adjusted, strict=True))
    assert sorted(adjusted) == [adjusted[index] for index in np.argsort(values, kind="stable")]
    order = random.sample(range(len(values)), len(values))
    assert holm([values[index] for index in order]) == [adjusted[index] for index in order]


def test_bland_altman_limits():
    volumes = [(1010.0, 1000.0), (1220.0, 1200.0), (1430.0, 1400.0)]
    found = agreement([Row("x", replace(PERFECT, volume_ml=a, reference_ml=b)) for a, b in volumes])
    assert found.means.tolist() == [1005, 1210, 1415]
    assert found.bias == pytest.approx(20)
    assert (found.low, found.high) == (pytest.approx(20 - 19.6), pytest.approx(20 + 19.6))


def test_bland_altman_of_one_case_and_of_none():
    one = agreement([Row("x", PERFECT)])
    assert one.bias == 0
    assert math.isnan(one.low)
    assert math.isnan(agreement([]).bias)
