"""Verdict: the four sentences, what cannot be told, and the remarks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.comparison import compare
from deskull.quality.drift.verdict import direction, remarks, shift_sentence, verdict
from tests.quality.drift.examples import cohort

REFERENCE = cohort(200, seed=1)


def _compared(n=60, **shifts):
    return compare(REFERENCE, cohort(n, **shifts))[0]


@pytest.mark.parametrize(
    ("inputs", "outputs", "words"),
    [
        (0.0, 0.0, "Nothing moved"),
        (2.0, 0.0, "New but handled"),
        (0.0, 2.0, "Look at the masks"),
        (2.0, 2.0, "Both moved"),
    ],
)
def test_sentence_tells_which_sides_moved(inputs, outputs, words):
    assert verdict(_compared(inputs=inputs, outputs=outputs)).startswith(words)


def test_seven_scans_are_too_few_to_tell():
    assert verdict(_compared(7)) == "Too few to tell: 7 scans here, at least 8 are needed."


def test_reference_of_one_scan_is_too_few_to_tell():
    found = compare(cohort(1), cohort(60))[0]
    assert verdict(found) == "Too few to tell: 1 scan in the reference, at least 8 are needed."


@pytest.mark.parametrize(("shift", "words"), [(0.0, "The scans did not move"), (2.0, "The scans differ")])
def test_without_measures_of_masks_nothing_is_said_of_them(shift, words):
    sample = replace(cohort(60, inputs=shift), outputs=Features((), np.empty((60, 0))))
    assert verdict(compare(REFERENCE, sample)[0]).startswith(words)


def test_without_shared_measures_nothing_is_known():
    nothing = Features((), np.empty((60, 0)))
    assert verdict(compare(REFERENCE, Cohort("empty", nothing, nothing))[0]).startswith("Nothing is known")


@pytest.mark.parametrize(("change", "words"), [(1.5, "higher"), (-1.5, "lower")])
def test_direction_of_a_shift(change, words):
    assert direction(_compared(inputs=change).inputs.measures[0]) == words


def test_direction_of_a_change_of_spread():
    sample = cohort(200)
    sample.inputs.values[:, 0] *= 3
    assert direction(compare(REFERENCE, sample)[0].inputs.measures[0]) == "more spread out"


def test_sentence_of_a_measure_has_words_units_medians_size_and_p():
    sentence = shift_sentence(_compared(inputs=2.0).inputs.measures[0])
    assert sentence.startswith("noise higher: ")
    assert sentence.count(" %") == 2
    assert sentence.endswith(" SD), p < 0.001")


def test_remark_tells_which_shift_would_be_missed():
    assert any("is found four times in five" in remark for remark in remarks(_compared()))


def test_remark_tells_that_a_significant_shift_is_negligible():
    found = compare(cohort(60_000, seed=1), cohort(60_000, inputs=0.05))[0]
    assert "The scans differ by more than chance, but by too little to matter." in remarks(found)


def test_remark_tells_that_large_cohorts_were_subsampled():
    assert any("drew 500 scans" in remark for remark in remarks(_compared(2000)))


def test_remark_names_a_measure_that_is_often_missing():
    sample = cohort(60)
    sample.inputs.values[:30, 1] = np.nan
    assert "blur is missing in 50% of the scans, instead of 0%." in remarks(compare(REFERENCE, sample)[0])
