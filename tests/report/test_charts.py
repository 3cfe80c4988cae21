"""Charts: what they say about models and cases."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.evaluation.agreement import volume_agreement
from deskull.evaluation.scores import CaseScores
from deskull.report.charts import bland_altman_plot, box_plot
from tests.evaluation.examples import PERFECT


def texts_of(svg):
    """Texts of a chart, with ordinary minus signs and single spaces."""
    elements = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return {" ".join("".join(part.itertext()).split()).replace("−", "-") for part in elements}


def agreement_of(*differences):
    return volume_agreement(
        [CaseScores("x", replace(PERFECT, volume_ml=1400 + d, reference_ml=1400.0)) for d in differences]
    )


def test_box_plot_names_the_score_and_the_models_and_counts_their_cases():
    svg = box_plot({"first": [0.9, 0.95, math.nan], "none": []}, "Dice", "box")
    assert {"Dice", "first (n = 2)", "none (n = 0)"} <= texts_of(svg)


def test_names_of_models_are_no_markup_and_no_formula():
    assert 'odd <b> & "$x^2$" (n = 1)' in texts_of(box_plot({'odd <b> & "$x^2$"': [0.8]}, "Dice", "box"))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), max_size=30), st.text(max_size=40))
def test_any_scores_and_any_name_give_a_chart(values, name):
    assert box_plot({name: values}, "Dice", "x").startswith("<svg")


def test_box_plot_of_many_cases_is_drawn():
    assert box_plot({"a": [k / 40 for k in range(40)]}, "Dice", "x").count("<use") >= 40


def test_bland_altman_plot_states_bias_and_limits():
    agreement = agreement_of(-10, 20, 50)
    expected = {f"bias {agreement.bias:+.1f}", f"{agreement.low:+.1f}", f"{agreement.high:+.1f}"}
    assert expected <= texts_of(bland_altman_plot(agreement, "a", "x"))


def test_bland_altman_plot_has_the_name_of_the_model_as_title():
    assert "a $name$" in texts_of(bland_altman_plot(agreement_of(1, 2), "a $name$", "x"))


def test_bland_altman_plot_of_one_case_has_a_bias_only():
    texts = texts_of(bland_altman_plot(agreement_of(0), "a", "x"))
    assert "bias +0.0" in texts
    assert sum("+0.0" in text for text in texts) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_plots_with_shared_axes_have_the_same_ticks(shared):
    near, far = agreement_of(-1, 0, 1), agreement_of(-100, 0, 100)
    others = [near, far] if shared else []
    ticks = [
        {text for text in texts_of(bland_altman_plot(plot, "a", "x", share_axes_with=others)) if text.isdecimal()}
        for plot in (near, far)
    ]
    assert (ticks[0] == ticks[1]) == shared
