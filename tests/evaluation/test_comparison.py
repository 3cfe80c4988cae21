"""Comparison: paired differences, and tests that state when they cannot be made."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from deskull.evaluation.comparison import NO_DIFFERENCE, TOO_FEW_CASES, compare
from deskull.evaluation.definitions import COMPARED_SCORES
from deskull.evaluation.scores import CaseScores
from tests.evaluation.examples import PERFECT, cases_with


def difference_in(comparison, score):
    return next(difference for difference in comparison.differences if difference.score == score)


class TestTenPairs:
    """Two models on ten cases, of which the second is better in nine."""

    FIRST, GAIN = np.linspace(0.8, 0.9, 10), np.array([1, 2, 3, 4, 5, 6, 7, -8, 9, 10]) / 1000

    @pytest.fixture(scope="class")
    def dice(self):
        models = {"one": cases_with(self.FIRST), "two": cases_with(self.FIRST + self.GAIN)}
        return difference_in(compare(models), "dice")

    def test_median_is_that_of_the_paired_differences(self, dice):
        assert dice.median == pytest.approx(0.0045)
        assert (dice.first, dice.other, dice.n_pairs) == ("one", "two", 10)

    def test_interval_contains_the_median(self, dice):
        assert dice.low <= dice.median <= dice.high
        assert dice.interval_method == "BCa"

    def test_p_value_is_that_of_the_signed_rank_test(self, dice):
        assert dice.p == pytest.approx(stats.wilcoxon(self.GAIN).pvalue)

    def test_adjusted_p_value_counts_all_tests(self, dice):
        assert dice.p_holm == pytest.approx(7 * dice.p)  # the other six scores are equal in all cases


class TestTwoCasesOfEachParticipant:
    """Two models on two cases of each of eight participants."""

    GAIN = np.repeat(np.arange(1, 9), 2) / 1000

    @pytest.fixture(scope="class")
    def dice(self):
        return self.difference([f"sub-{n // 2}" for n in range(16)])

    def difference(self, subjects):
        cases = [
            [replace(case, subject=subject) for case, subject in zip(cases_with(values), subjects, strict=True)]
            for values in (np.full(16, 0.9), 0.9 + self.GAIN)
        ]
        return difference_in(compare(dict(zip(("one", "two"), cases, strict=True))), "dice")

    def test_test_is_made_with_one_difference_of_each(self, dice):
        assert (dice.n_pairs, dice.n_participants) == (16, 8)
        assert dice.p == pytest.approx(stats.wilcoxon(self.GAIN[::2]).pvalue)

    def test_interval_is_wider_than_that_of_independent_cases(self, dice):
        independent = self.difference([""] * 16)
        assert dice.interval_method == "cluster"
        assert dice.high - dice.low > 1.2 * (independent.high - independent.low)

    def test_five_participants_are_too_few(self):
        assert self.difference([f"sub-{n % 5}" for n in range(16)]).note == TOO_FEW_CASES


def test_better_model_is_the_one_with_higher_overlap_or_smaller_distance():
    change = {"dice": 0.1, "sensitivity": -0.1, "hd95": -1.0, "surface_distance": 1.0}
    first = [CaseScores(str(k), replace(PERFECT, **dict.fromkeys(change, 2 + k / 10))) for k in range(12)]
    other = [
        CaseScores(c.case, replace(c.scores, **{score: getattr(c.scores, score) + by for score, by in change.items()}))
        for c in first
    ]
    differences = compare({"one": first, "two": other}).differences
    better = {difference.score: difference.better for difference in differences if difference.better}
    assert better == {"dice": "two", "sensitivity": "one", "hd95": "two", "surface_distance": "one"}


def test_insignificant_difference_has_no_better_model():
    first = np.linspace(0.8, 0.9, 8)
    sign = np.array([1, -1] * 4)
    comparison = compare({"one": cases_with(first), "two": cases_with(first + 0.01 * sign)})
    assert difference_in(comparison, "dice").better is None


def test_equally_large_volume_errors_in_both_directions_are_no_difference():
    too_large, too_small = (cases_with([ml] * 8, "volume_difference_ml") for ml in (30.0, -30.0))
    comparison = compare({"one": too_large, "two": too_small})
    assert difference_in(comparison, "absolute_volume_difference_ml").median == 0


def test_only_cases_that_all_models_share_are_compared():
    models = {"one": cases_with([1] * 8), "two": cases_with([0] * 7), "three": cases_with([0] * 8, names="bcdefghi")}
    comparison = compare(models)
    assert comparison.cases == list("bcdefg")
    assert comparison.excluded_cases == list("ahi")
    assert all(difference.n_pairs == 6 for difference in comparison.differences)


def test_every_model_is_compared_with_the_first():
    models = {name: cases_with([1] * 3) for name in ("one", "two", "three")}
    assert {(d.first, d.other) for d in compare(models).differences} == {("one", "two"), ("one", "three")}


def test_case_without_a_value_is_left_out_of_that_score_only():
    other = cases_with([math.nan, *[1.0] * 7], "hd95")
    comparison = compare({"one": cases_with([2.0] * 8, "hd95"), "two": other})
    assert difference_in(comparison, "hd95").n_pairs == 7
    assert difference_in(comparison, "dice").n_pairs == 8


@pytest.mark.parametrize("count", [0, 1, 5])
def test_fewer_than_six_cases_are_not_tested(count):
    models = {"one": cases_with([0.9] * count), "two": cases_with([0.8] * count)}
    for difference in compare(models).differences:
        assert (difference.note, difference.p, difference.p_holm) == (TOO_FEW_CASES, None, None)
        assert (difference.interval_method, difference.better) == ("", None)


@pytest.mark.parametrize(("count", "defined"), [(0, False), (1, True)])
def test_median_is_undefined_without_shared_cases(count, defined):
    comparison = compare({"one": cases_with([0.9] * count), "two": cases_with([0.8] * count)})
    assert math.isnan(difference_in(comparison, "dice").median) != defined


def test_equal_differences_have_a_percentile_interval_of_one_value():
    dice = difference_in(compare({"one": cases_with([0.7] * 6), "two": cases_with([0.7 + 0.1] * 6)}), "dice")
    assert (dice.low, dice.high, dice.interval_method) == (0.1, 0.1, "percentile")
    assert dice.p == pytest.approx(2 / 2**6)


def test_score_that_is_equal_in_all_cases_says_so():
    comparison = compare({"one": cases_with([0.7] * 6), "two": cases_with([0.8] * 6)})
    far = difference_in(comparison, "far_false_positives")
    assert (far.median, far.p, far.note, far.better) == (0, 1, NO_DIFFERENCE, None)


def test_comparison_is_the_same_in_every_run():
    models = {"one": cases_with(np.linspace(0.8, 0.9, 9)), "two": cases_with(np.linspace(0.95, 0.7, 9))}
    assert compare(models) == compare(models)


def test_undefined_values_are_null_in_json():
    comparison = compare({"one": cases_with([0.8] * 9), "none": []})
    content = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert [difference["median"] for difference in content["differences"]] == [None] * len(COMPARED_SCORES)


def test_one_model_cannot_be_compared():
    with pytest.raises(ValueError, match="needs two models"):
        compare({"one": cases_with([1])})
