"""Comparison: each side gets the state that its shift deserves."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.comparison import MIN_SCANS, State, compare
from tests.quality.drift.examples import cohort

REFERENCE = cohort(200, seed=1)


def test_cohort_without_a_shift_did_not_move():
    found = compare(REFERENCE, cohort(60))[0]
    assert (found.inputs.state, found.outputs.state) == (State.unmoved, State.unmoved)


@pytest.mark.parametrize(("inputs", "outputs"), [(1.5, 0.0), (0.0, 1.5), (1.5, 1.5)])
def test_side_that_is_shifted_moved_and_the_other_did_not(inputs, outputs):
    found = compare(REFERENCE, cohort(60, inputs=inputs, outputs=outputs))[0]
    assert (found.inputs.state is State.moved, found.outputs.state is State.moved) == (inputs > 0, outputs > 0)


def test_shifted_measure_comes_first_with_its_size():
    first = compare(REFERENCE, cohort(60, inputs=1.5))[0].inputs.measures[0]
    assert first.name == "noise_percent"
    assert first.shift == pytest.approx(1.5, abs=0.3)


@pytest.mark.parametrize(("n_reference", "n"), [(200, MIN_SCANS - 1), (MIN_SCANS - 1, 200)])
def test_fewer_than_eight_scans_are_too_few(n_reference, n):
    found = compare(cohort(n_reference, seed=1), cohort(n, inputs=9.0))[0]
    assert found.inputs.state is found.outputs.state is State.too_few


def test_eight_scans_are_enough_for_a_large_shift():
    assert compare(REFERENCE, cohort(MIN_SCANS, inputs=4.0))[0].inputs.state is State.moved


def test_significant_shift_of_a_twentieth_sd_in_huge_cohorts_is_negligible():
    found = compare(cohort(60_000, seed=1), cohort(60_000, inputs=0.05))[0]
    assert found.inputs.p_adjusted < 0.001
    assert found.inputs.state is State.negligible
    assert found.inputs.moved_measures == ()


def test_missing_values_are_missing_and_not_zero():
    sample = cohort(60)
    sample.inputs.values[:50, 0] = np.nan
    found = {shift.name: shift for shift in compare(REFERENCE, sample)[0].inputs.measures}
    assert (found["noise_percent"].n, found["noise_percent"].n_missing) == (10, 50)


def test_measure_that_only_one_cohort_has_is_named_and_left_out():
    sample = cohort(60)
    other = Cohort("other", Features(("noise_percent", "new"), sample.inputs.values[:, :2]), sample.outputs)
    found = compare(REFERENCE, other)[0]
    assert found.not_shared == ("blur_mm", "contrast", "new")
    assert [shift.name for shift in found.inputs.measures] == ["noise_percent"]


def test_side_without_measures_is_not_measured():
    sample = cohort(60)
    bare = Cohort("bare", sample.inputs, Features((), np.empty((60, 0))))
    assert compare(REFERENCE, bare)[0].outputs.state is State.not_measured


def test_p_values_are_adjusted_for_all_cohorts():
    one = cohort(60, inputs=0.5, seed=3)
    alone = compare(REFERENCE, one)[0].inputs.p_adjusted
    among = compare(REFERENCE, one, *(cohort(60, seed=seed) for seed in range(10, 20)))[0].inputs.p_adjusted
    assert among > alone


def test_false_alarms_are_rare():
    found = [compare(cohort(40, seed=2 * run), cohort(15, seed=2 * run + 1))[0] for run in range(60)]
    alarms = [State.moved in (one.inputs.state, one.outputs.state) for one in found]
    assert np.mean(alarms) <= 0.12  # the rate over more runs is measured by benchmarks/drift.py
