"""Quality: how it is written and summarised."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.verdict import Quality, Verdict

FLOATS = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf])
NUMBERS = FLOATS | st.integers(-(10**6), 10**6)
MEASURES = st.dictionaries(st.text(max_size=4), NUMBERS, max_size=4)
QUALITIES = st.builds(
    Quality,
    st.sampled_from(Verdict),
    st.lists(st.text(max_size=8), max_size=3).map(tuple),
    st.none() | FLOATS,
    st.none() | FLOATS,
    st.none() | FLOATS,
    st.dictionaries(st.text(max_size=4), NUMBERS | st.text(max_size=4) | st.lists(st.text(max_size=4)), max_size=4),
    MEASURES,
)


@settings(max_examples=30)
@given(quality=QUALITIES)
def test_quality_is_json_without_numbers_that_are_none(quality):
    table = quality.as_dict()
    assert json.loads(json.dumps(table, allow_nan=False)) == table


@settings(max_examples=30)
@given(measures=MEASURES)
def test_finite_measures_are_written_to_four_digits_and_others_as_none(measures):
    written = Quality(Verdict.passed, measures=measures).as_dict()["measures"]
    assert written.keys() == measures.keys()
    for name, value in measures.items():
        assert written[name] == (pytest.approx(value, rel=5.1e-4) if math.isfinite(value) else None)


def test_numbers_are_rounded_to_significant_digits():
    quality = Quality(Verdict.review, predicted_dice=0.971234, margin_mm=12.34567, measures={"volume_ml": 1234.56})
    table = quality.as_dict()
    assert (table["predicted_dice"], table["margin_mm"], table["measures"]["volume_ml"]) == (0.9712, 12.35, 1235)


def test_verdicts_are_written_in_words():
    assert [str(verdict) for verdict in Verdict] == ["pass", "review", "fail", "not judged"]


def test_findings_and_the_contrast_are_written_as_they_are():
    quality = Quality(Verdict.passed, input={"contrast": "T2w", "findings": ["The scan is noisy."]})
    assert quality.as_dict()["input"] == {"contrast": "T2w", "findings": ["The scan is noisy."]}


@pytest.mark.parametrize(
    ("stated", "findings"), [({"findings": ["Noisy."]}, ("Noisy.",)), ({}, ()), ({"findings": "damaged"}, ())]
)
def test_findings_are_sentences_and_a_cell_and_none_where_nothing_sensible_is_stated(stated, findings):
    quality = Quality(Verdict.passed, input=stated)
    assert (quality.findings, quality.cells()["findings"]) == (findings, " ".join(findings))


def test_summary_states_the_verdict_and_the_predicted_dice():
    assert Quality(Verdict.review, predicted_dice=0.9049).summary() == "review (Dice about 0.90)"


def test_summary_without_a_prediction_is_the_verdict():
    assert Quality(Verdict.failed, ("The mask is empty.",)).summary() == "fail"


def test_quality_that_is_not_judged_has_a_reason_and_no_numbers():
    table = Quality.unjudged("No network.").as_dict()
    assert (table["verdict"], table["reasons"]) == ("not judged", ["No network."])
    assert table["predicted_dice"] is table["lower_bound"] is table["margin_mm"] is None
