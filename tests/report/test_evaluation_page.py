"""The evaluation page: complete, self-contained, and explicit about what is missing."""

from __future__ import annotations

import base64
import io
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from deskull import Volume, __version__, formats
from deskull.evaluation.pairs import pair_models
from deskull.evaluation.scores import CaseScores, evaluate_pair
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from deskull.report.evaluation_page import evaluation_page
from tests.evaluation.examples import TYPICAL, cases_with

VOID = {"meta", "link", "img", "br", "path", "use"}


class _Page(HTMLParser):
    """A parsed page: texts, links and tables; all elements must be closed in the right order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.links, self.texts, self.tables = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
        if not {"script", "style"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def _cases(values):
    return cases_with(values, names=[f"case-{k}" for k in range(len(values))], template=TYPICAL)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Masks of two models, references and scans of three cases with different voxel sizes."""
    folder = tmp_path_factory.mktemp("page")
    for case, step in (("x_T1w", 2.0), ("y & <z>", 3.0), ("w", 4.0)):
        data = np.zeros((20, 22, 24), np.uint8)
        data[5:15, 5:15, 5:15] = 1
        affine = np.diag([step, step, 2.0, 1.0])
        formats.write(Volume(data, affine), folder / "ref" / f"{case}_mask.nii.gz")
        formats.write(Volume(np.roll(data, 2, 0), affine), folder / "a" / f"{case}_brainmask.nii.gz")
        formats.write(Volume(np.roll(data, 3, 2), affine), folder / "b" / f"{case}_brainmask.nii.gz")
        scan = np.random.default_rng(0).normal(500, 50, data.shape).astype(np.int16)
        formats.write(Volume(scan, affine), folder / "raw" / f"{case}.nii.gz")
    return folder


@pytest.fixture(scope="module")
def evaluated(files):
    pairs = pair_models({name: files / name for name in ("a", "b")}, files / "ref")
    return {name: [evaluate_pair(pair) for pair in model_pairs] for name, model_pairs in pairs.items()}, pairs


@pytest.fixture(scope="module")
def html_of_one(files, evaluated):
    """Page of one model; the scan of one case is given."""
    models, pairs = evaluated
    return evaluation_page({"a": models["a"]}, pairs, {"w": files / "raw" / "w.nii.gz"})


@pytest.fixture(scope="module")
def html_of_two():
    """Page of two models, which share ten of twelve cases."""
    return evaluation_page({"one": _cases(np.linspace(0.8, 0.9, 12)), "two": _cases(np.linspace(0.85, 0.95, 10))})


def _pictures(html):
    encoded = re.findall(r'src="data:image/png;base64,([^"]*)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB")) for code in encoded]


def test_every_case_has_a_row_with_its_scores(html_of_one, evaluated):
    cases = _Page(html_of_one).tables[1]
    assert cases[0][:2] == ["Case", "Dice"]
    assert [row[:2] for row in cases[1:]] == [[c.case, f"{c.scores.dice:.4f}"] for c in evaluated[0]["a"]]


def test_summary_has_median_mean_worst_and_number_of_cases(html_of_one):
    summary = _Page(html_of_one).tables[0]
    assert [row[-9] for row in summary[1:]] == ["median", "mean", "worst", "cases"]
    assert summary[4][-8:] == ["3"] * 8


def test_one_model_has_no_comparison(html_of_one):
    assert "Comparison" not in _Page(html_of_one).text


def test_one_model_has_seven_box_plots_and_a_bland_altman_plot(html_of_one):
    assert html_of_one.count("<svg") == 7 + 1


def test_worst_cases_are_drawn_with_both_contours(html_of_one):
    pictures = _pictures(html_of_one)
    assert len(pictures) == 3
    for pixels in pictures:
        assert (pixels == CONTOUR).all(axis=-1).sum() > 20
        assert (pixels == REFERENCE_CONTOUR).all(axis=-1).sum() > 20


def test_cases_without_a_scan_say_so(html_of_one):
    assert _Page(html_of_one).text.count("The scan was not given.") == 2


def test_every_score_is_defined_on_the_page(html_of_one):
    text = _Page(html_of_one).text
    assert "Fraction of the mask that lies outside the reference and more than 5\N{NO-BREAK SPACE}mm" in html_of_one
    assert "95th percentile of the distance between the two surfaces" in text


def test_page_contains_no_path_and_no_date(html_of_one, files):
    assert str(files) not in html_of_one
    assert not re.search(r"\b20\d\d-\d\d", html_of_one)


def test_page_loads_nothing_from_elsewhere(html_of_one):
    assert all(link.startswith(("#", "data:")) for link in _Page(html_of_one).links)
    assert not re.findall(r"@import|url\((?!#)", html_of_one)


def test_page_states_the_version(html_of_one):
    assert __version__ in _Page(html_of_one).text


def test_scan_on_another_grid_is_not_drawn_and_the_page_says_so(files, evaluated):
    models, pairs = evaluated
    scans = dict.fromkeys(("x_T1w", "w"), files / "raw" / "w.nii.gz")
    with pytest.warns(UserWarning, match="contours only"):
        html = evaluation_page({"a": models["a"]}, pairs, scans)
    assert _Page(html).text.count("The scan could not be used.") == 1
    assert str(files) not in html


NAME, CASE = '<script>alert("m")</script>', '"><img src=x onerror=alert(1)>&amp; $x^2$ ${title} é 日本'


@pytest.fixture(scope="module")
def html_with_odd_names():
    cases = cases_with([0.9], names=[CASE], template=TYPICAL)
    return evaluation_page({NAME: cases, "$title": cases})


def test_names_are_text_and_never_markup(html_with_odd_names):
    page = _Page(html_with_odd_names)
    assert "<script>alert" not in html_with_odd_names
    assert "<img" not in html_with_odd_names
    assert page.text.count(CASE) >= 2
    assert f"Evaluation of {NAME} against $title" in page.text


def test_names_add_no_links(html_with_odd_names):
    links = _Page(html_with_odd_names).links
    assert links == ["data:,", *(link for link in links if link.startswith("#"))]


def test_single_case_has_no_test_and_no_limits_of_agreement(html_with_odd_names):
    page = _Page(html_with_odd_names)
    assert {row[-1] for row in page.tables[1][1:]} == {"too few cases to test"}
    assert "limits of agreement need two cases" in page.text


def test_comparison_states_the_shared_cases_and_the_number_of_tests(html_of_two):
    text = _Page(html_of_two).text
    assert "Over the 10 cases that all models share; 2 cases left out (case-10, case-11)." in text
    assert "7 tests" in text


def test_comparison_gives_difference_interval_p_values_and_better_model(html_of_two):
    dice = next(row for row in _Page(html_of_two).tables[1] if row[0] == "Dice")
    assert dice[1] == "two"
    assert dice[2].startswith("+0.05")
    assert re.fullmatch(r"\+0\.05\d\d to \+0\.06\d\d", dice[3])
    assert dice[4:] == ["10", "0.002", "0.014", "two"]


def test_score_without_any_difference_says_so(html_of_two):
    hd95 = next(row for row in _Page(html_of_two).tables[1] if row[0] == "HD95 (mm)")
    assert hd95[-1] == "equal in all cases"


def test_undefined_scores_are_dashes_and_not_counted():
    undefined = replace(TYPICAL, dice=0.0, hd95=math.nan, far_false_positives=math.nan)
    summary, cases = _Page(evaluation_page({"a": [CaseScores("full", TYPICAL), CaseScores("empty", undefined)]})).tables
    assert cases[2][5] == "–"
    assert summary[4][-8:] == ["2", "2", "2", "2", "1", "2", "2", "1"]


@pytest.fixture(scope="module")
def text_with_failures(evaluated):
    """Page of a model with one perfect case and two that were not scored, and of one without any score."""
    models, pairs = evaluated
    perfect = [replace(models["a"][0], scores=replace(TYPICAL, dice=1.0))]
    return _Page(evaluation_page({"a": perfect, "b": []}, pairs)).text


def test_cases_that_could_not_be_scored_are_named(text_with_failures):
    assert "a: 2 cases could not be scored (x_T1w, y & <z>)." in text_with_failures
    assert "b: 3 cases could not be scored" in text_with_failures


def test_perfect_masks_are_not_shown_as_worst_cases(text_with_failures):
    assert "Every mask is equal to its reference." in text_with_failures


def test_model_without_scores_says_so(text_with_failures):
    assert "No case was scored." in text_with_failures


def test_page_of_600_cases_stays_small():
    html = evaluation_page({"a": _cases(np.random.default_rng(0).uniform(0.8, 1, 600))})
    assert len(_Page(html).tables[-1]) == 601
    assert html.count("Its masks are not available") == 4
    assert len(html) < 3_000_000
