"""HTML: text from files is escaped, lists stay short, undefined values sort last."""

from __future__ import annotations

import math
import re
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.evaluation.definitions import SCORES
from deskull.report.html import Section, count_of, header_row, list_names, score_cell, table, text_cell


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


def test_heads_of_text_and_number_columns_stand_in_order_and_text_is_marked():
    head = header_row(["Case"], ["Dice", "mm"])
    assert re.findall(r"<th [^>]*>(.*?)</th>", head) == ["Case", "Dice", "mm"]
    assert head.count('class="text"') == 1


def test_tables_hold_their_head_before_their_rows():
    text = table("<thead>h</thead>", ["<tr>1</tr>", "<tr>2</tr>"])
    assert "<thead>h</thead><tbody>\n<tr>1</tr><tr>2</tr></tbody></table>" in text


def test_wide_tables_can_be_scrolled_by_keyboard():
    assert 'tabindex="0"' in table("", [])


def test_class_of_a_text_cell_is_that_given():
    assert text_cell("x", "name case").startswith('<td class="name case"')


@given(st.lists(st.text(max_size=8), max_size=30))
def test_lists_of_names_name_ten_and_count_all(names):
    text = list_names(names)
    counted = re.search(r" and (\d+) more$", text) if len(names) > 10 else None
    assert text.startswith(", ".join(map(escape, names[:10])))
    assert (int(counted[1]) if counted else 0) == max(0, len(names) - 10)


@given(st.text())
def test_text_of_a_cell_comes_back_when_parsed_and_adds_no_tag(text):
    cell = text_cell(text)
    assert cell.count("<") == 2
    assert unescape(cell.partition(">")[2].removesuffix("</td>")) == unescape(escape(text))


@given(st.floats(allow_infinity=False, allow_nan=False))
def test_number_of_a_cell_is_that_of_the_score(value):
    assert float(re.search(r'data-value="([^"]*)"', score_cell(SCORES["hd95"], value))[1]) == value
