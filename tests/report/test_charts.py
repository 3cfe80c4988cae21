"""Charts: what they say about models and cases."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.evaluation.agreement import volume_agreement
from deskull.evaluation.scores import CaseScores
from deskull.report.charts import _axis_limits, _padded_range, bland_altman_plot, box_plot
from deskull.report.svg import colour_of
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


@settings(max_examples=4, deadline=None)
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


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_axes_reach_beyond_every_value_on_both_sides(values):
    low, high = _padded_range(np.array(values))
    assert low < high
    assert all(low < value < high for value in values)


@given(st.lists(st.lists(st.floats(-500, 500), min_size=1, max_size=5), min_size=1, max_size=4))
def test_shared_axes_hold_the_points_and_limits_of_every_plot_and_zero(differences):
    plots = [agreement_of(*one) for one in differences]
    (left, right), (low, high) = _axis_limits(plots)
    for plot in plots:
        assert left < plot.means.min() <= plot.means.max() < right
        shown = [0, *plot.differences, *(end for end in (plot.low, plot.high) if not math.isnan(end))]
        assert low < min(shown) <= max(shown) < high


def test_every_model_has_its_own_colour_in_a_box_plot():
    svg = box_plot({"a": [0.8, 0.9], "b": [0.7, 0.8]}, "Dice", "x").lower()
    assert colour_of(0).lower() in svg
    assert colour_of(1).lower() in svg
    assert colour_of(2).lower() not in svg


@pytest.mark.parametrize("index", [0, 3])
def test_bland_altman_plot_has_the_colour_of_its_model(index):
    svg = bland_altman_plot(agreement_of(1, 2), "a", "x", index=index).lower()
    assert [colour_of(k).lower() in svg for k in range(5)] == [k == index for k in range(5)]


def test_every_defined_case_is_a_dot_of_the_box_plot():
    few, more = (box_plot({"a": [0.5, math.nan, *scores]}, "Dice", "x").count("<use") for scores in ([], [0.6, 0.7]))
    assert more - few == 2


def test_charts_describe_themselves_to_screen_readers():
    assert 'aria-label="Box plot of Dice by model"' in box_plot({"a": [0.9]}, "Dice", "x")
    expected = 'aria-label="Bland-Altman plot of the volumes of &lt;a&gt;"'
    assert expected in bland_altman_plot(agreement_of(1, 2), "<a>", "x")


def test_negative_bias_has_a_true_minus_sign():
    assert "bias \N{MINUS SIGN}15.0" in bland_altman_plot(agreement_of(-10, -20), "a", "x")


def test_values_that_differ_by_rounding_alone_are_not_magnified():
    low, high = _padded_range(np.array([1400.0, np.nextafter(1400.0, 2000)]))
    assert high - low > 1
