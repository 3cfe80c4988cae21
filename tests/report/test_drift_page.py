"""The drift page: complete, self-contained, and safe against the names in files."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from deskull.quality.drift.cohorts import Features
from deskull.quality.drift.findings import examine
from deskull.report.drift_page import drift_page, drift_section, drift_sections
from tests.quality.drift.examples import cohort

REFERENCE = cohort(60, seed=1, name="good scans")
LABELS = {"site": ("here", "there") * 15, "date": tuple(str(np.datetime64("2024-01-01") + day) for day in range(30))}
SAMPLE = cohort(30, inputs=2.0, labels=LABELS)


class _Balanced(HTMLParser):
    """A parser that fails if an element is not closed in the right order."""

    def __init__(self, html):
        super().__init__()
        self.open = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "link", "path", "use"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in {"path", "use"}:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page():
    """The page of a cohort whose scans moved."""
    return drift_page(examine(SAMPLE, REFERENCE))


def test_elements_are_closed_in_order(page):
    _Balanced(page)


def test_verdict_is_on_the_page(page):
    assert "New but handled: the scans differ" in page
    assert '<div class="side moved"><h3>Input: the scans' in page
    assert '<div class="side unmoved"><h3>Output: the masks' in page


def test_page_loads_nothing_from_elsewhere(page):
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert [link for link in links if not link.startswith(("#", "data:"))] == []
    assert "<script" not in page


def test_same_findings_give_the_same_page(page):
    assert drift_page(examine(SAMPLE, REFERENCE)) == page


def test_ids_are_unique(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("by", "reference", "anchors"),
    [
        (None, REFERENCE, ["verdict", "shifts", "distributions", "measures"]),
        ("site", None, ["groups"]),
        ("time", None, ["time"]),
        ("time", REFERENCE, ["verdict", "time", "shifts", "distributions", "measures"]),
    ],
)
def test_sections_are_those_that_were_asked_for(by, reference, anchors):
    findings = examine(SAMPLE, reference, by)
    assert [section.anchor for section in drift_sections(findings)] == anchors
    _Balanced(drift_page(findings))


def test_verdict_of_a_group_stands_before_the_columns_of_measures():
    (section,) = drift_sections(examine(SAMPLE, None, "site"))
    headings = re.findall(r"<th [^>]*>([^<]*)</th>", section.as_html())
    assert headings[:5] == ["site", "Input", "Output", "Verdict", "Scans"]
    assert len(headings) <= 11


def test_columns_of_groups_are_the_measures_that_moved_farthest():
    shifted = cohort(60, seed=3, labels={"site": ("here", "there") * 30})
    shifted.inputs.values[1::2] += (100.0, 2.0, 100.0)
    (section,) = drift_sections(examine(shifted, None, "site"))
    headings = re.findall(r"<th [^>]*>([^<]*)</th>", section.as_html())
    assert headings[5:] == ["contrast", "noise (%)", "blur (mm)"]


def test_too_few_scans_give_a_page_that_says_so():
    page = drift_page(examine(SAMPLE.select(range(5)), REFERENCE))
    assert "Too few to tell: 5 scans here" in page
    assert '<div class="side unknown">' in page


def test_names_from_files_are_escaped_and_drawn():
    names = ("<script>alert(1)</script>", "$\\frac{1}{", "a" * 80)
    hostile = [replace(one, inputs=Features(names, one.inputs.values), name="<b>") for one in (SAMPLE, REFERENCE)]
    page = drift_page(examine(hostile[0], hostile[1], "time"))
    assert "<script" not in page
    assert "<b></b>" not in page
    _Balanced(page)


def test_constant_and_missing_measures_are_drawn():
    sample, reference = (cohort(30, seed=seed, labels=LABELS) for seed in (0, 1))
    sample.inputs.values[:, 0] = reference.inputs.values[:, 0] = 1.0
    sample.outputs.values[:, 1] = np.nan
    _Balanced(drift_page(examine(sample, reference, "time")))


def test_section_for_another_page_has_the_sentence_the_charts_and_the_measures_that_moved_alone():
    section = drift_section(examine(SAMPLE, REFERENCE))
    html = section.as_html()
    _Balanced(html)
    assert (section.anchor, section.heading) == ("drift", "Drift")
    assert "30 scans of cohort against 60 scans of good scans" in html
    assert "New but handled: the scans differ" in html
    assert html.count("<svg") > 2
    rows = re.findall(r'class="name measure" title="([^"]*)"', html)
    assert rows == ["noise (%)"]


def test_section_for_another_page_has_no_table_where_nothing_moved():
    html = drift_section(examine(cohort(30, seed=4), REFERENCE)).as_html()
    assert "Nothing moved" in html
    assert "Measures that moved" not in html
