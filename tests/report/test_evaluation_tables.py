"""Tables of the evaluation page: their cells, their order and what they say of models."""

from __future__ import annotations

import math
import re
from html import unescape

import pytest

from deskull.evaluation.comparison import Comparison, Difference
from deskull.report.evaluation_tables import cases_table, comparison_table, format_p, summary_table
from deskull.report.svg import colour_of
from tests.evaluation.examples import TYPICAL, cases_with


def rows_of(table):
    """Texts of the cells of each row."""
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL))
    return [[unescape(re.sub(r"<[^>]*>", "", cell)) for cell in row] for row in cells]


def comparison_of(*differences, excluded=()):
    return Comparison(["x", "y", "z"], list(excluded), list(differences))


def difference(**changes):
    return Difference(**({"score": "dice", "first": "a", "other": "b", "n_pairs": 3, "median": 0.01} | changes))


def row_of(**changes):
    return rows_of(comparison_table(comparison_of(difference(**changes)), "a"))[1]


def test_summary_has_the_median_and_the_mean_of_the_cases():
    rows = rows_of(summary_table({"a": cases_with([0.5, 0.8, 0.9], template=TYPICAL)}))
    assert rows[1][1:3] == ["median", "0.8000"]
    assert rows[2][:2] == ["mean", "0.7333"]


@pytest.mark.parametrize(
    ("score", "values", "column", "worst"), [("dice", [0.9, 0.5], 1, "0.5000"), ("hd95", [3.0, 8.0], 5, "8.00")]
)
def test_worst_value_is_the_lowest_or_the_highest_as_the_score_demands(score, values, column, worst):
    rows = rows_of(summary_table({"a": cases_with(values, score, template=TYPICAL)}))
    assert rows[3][0] == "worst"
    assert rows[3][column] == worst


def test_models_are_summarised_in_the_order_given_with_the_colours_of_the_charts():
    table = summary_table({"b": cases_with([0.9]), "a": cases_with([0.8])})
    assert [row[0] for row in rows_of(table) if "median" in row] == ["b", "a"]
    assert re.findall(r"background:(#\w+)", table) == [colour_of(0), colour_of(1)]


def test_summary_of_a_model_without_cases_is_all_dashes():
    rows = rows_of(summary_table({"a": []}))
    assert set(rows[1][2:]) == {"–"}
    assert set(rows[4][1:]) == {"0"}


def test_cases_of_several_models_are_listed_with_their_models():
    rows = rows_of(cases_table({"one": cases_with([0.9]), "two": cases_with([0.8, 0.7])}))
    assert [row[:3] for row in rows] == [
        ["Model", "Case", "Dice"], ["one", "a", "0.9000"], ["two", "a", "0.8000"], ["two", "b", "0.7000"]
    ]  # fmt: skip


def test_table_of_cases_can_be_sorted_and_the_summary_cannot():
    models = {"a": cases_with([0.9])}
    assert "sortable" in cases_table(models)
    assert "sortable" not in summary_table(models)


@pytest.mark.parametrize("table", [summary_table, cases_table])
def test_every_row_has_as_many_cells_as_the_head(table):
    text = table({"a": cases_with([0.9, 0.8]), "b": cases_with([0.7])})
    widths = [len(row) for row in rows_of(text)]
    in_summary = table is summary_table  # one cell with the name of the model spans four rows
    assert widths == ([10, 10, 9, 9, 9, 10, 9, 9, 9] if in_summary else [10] * 4)


@pytest.mark.parametrize(("method", "text"), [("BCa", "+0.0100 to +0.0200"), ("percentile", "+0.0100 to +0.0200 *")])
def test_percentile_intervals_are_marked(method, text):
    assert row_of(low=0.01, high=0.02, interval_method=method)[3] == text


def test_difference_without_an_interval_has_a_dash():
    assert row_of()[3] == "–"


def test_better_model_is_named():
    assert row_of(p=0.001, p_holm=0.01)[-1] == "b"


def test_difference_that_is_not_significant_names_no_model():
    assert row_of(p=0.2, p_holm=0.4)[-3:] == ["0.200", "0.400", "not significant"]


def test_note_replaces_the_verdict():
    assert row_of(note="equal in all cases")[-1] == "equal in all cases"


def test_names_of_models_in_the_comparison_are_escaped():
    text = comparison_table(comparison_of(difference(other="<i>", p=0.001, p_holm=0.01)), "<b>x")
    assert "<i>" not in text
    assert "<b>&lt;b&gt;x</b>" in text


@pytest.mark.parametrize(
    ("p_values", "tests"), [([None, None], "0 tests"), ([0.5, None], "1 test "), ([0.5, 0.1], "2 tests")]
)
def test_only_differences_with_a_p_value_count_as_tests(p_values, tests):
    text = comparison_table(comparison_of(*(difference(p=p, p_holm=p) for p in p_values)), "a")
    assert f"adjusted for the {tests}" in text


@pytest.mark.parametrize(("excluded", "stated"), [([], "share."), (["q"], "share; 1 case left out (q).")])
def test_cases_left_out_of_the_comparison_are_named(excluded, stated):
    text = comparison_table(comparison_of(difference(), excluded=excluded), "a")
    assert f"Over the 3 cases that all models {stated}" in text


@pytest.mark.parametrize(
    ("p", "text"), [(None, "–"), (0.0, "< 0.001"), (1e-9, "< 0.001"), (0.001, "0.001"), (0.05, "0.050"), (1.0, "1.000")]
)
def test_p_values_have_three_decimal_places(p, text):
    assert format_p(p) == text


def test_undefined_difference_is_a_dash():
    assert row_of(median=math.nan)[2] == "–"
