"""HTML: text from files is escaped, lists stay short, undefined values sort last."""

from __future__ import annotations

import math

import pytest

from deskull.evaluation.definitions import SCORES
from deskull.report.html import Section, count_of, list_names, score_cell, table, text_cell


@pytest.mark.parametrize(("number", "text"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases")])
def test_noun_is_singular_after_one(number, text):
    assert count_of(number, "case") == text


def test_ten_names_are_listed_and_the_others_counted():
    assert list_names([str(n) for n in range(13)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more"


def test_names_are_escaped():
    assert list_names(["<b>&"]) == "&lt;b&gt;&amp;"
    assert text_cell('<b>"') == '<td class="name" title="&lt;b&gt;&quot;">&lt;b&gt;&quot;</td>'


def test_cell_carries_the_exact_number_for_sorting():
    assert score_cell(SCORES["dice"], 0.912345) == '<td data-value="0.912345">0.9123</td>'


def test_undefined_score_is_a_dash_without_a_number():
    assert score_cell(SCORES["dice"], math.nan) == '<td data-value="">–</td>'


@pytest.mark.parametrize("long", [False, True])
def test_only_long_tables_can_be_sorted(long):
    assert ("sortable" in table("<thead></thead>", [], long=long)) == long


def test_section_has_its_anchor_on_the_heading():
    assert Section("a", "B", "<p>c</p>").as_html() == '<section><h2 id="a">B</h2>\n<p>c</p></section>'
