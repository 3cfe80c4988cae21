"""The page: whole, self-contained, and honest about what is missing."""

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
from deskull.evaluation.metrics import Scores
from deskull.evaluation.scores import Row, evaluate_pair, pair_models
from deskull.report.charts import REFERENCE_CONTOUR
from deskull.report.evaluation_page import evaluation_page, p_text

SCORES = Scores(0.9, 0.8, 0.7, 0.6, 5, 4, 1300, 1400, -100, 0.1)
VOID = {"meta", "link", "img", "br", "path", "use"}


class _Page(HTMLParser):
    """What a browser would see: text by element, links, and whether elements are nested rightly."""

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


def _rows(values, names=None):
    return [Row(names[k] if names else f"case-{k}", replace(SCORES, dice=v)) for k, v in enumerate(values)]


@pytest.fixture
def files(tmp_path):
    """Two models' masks, references and scans of three cases of different spacing."""
    for case, step in (("x_T1w", 2.0), ("y & <z>", 3.0), ("w", 4.0)):
        data = np.zeros((20, 22, 24), np.uint8)
        data[5:15, 5:15, 5:15] = 1
        affine = np.diag([step, step, 2.0, 1.0])
        formats.write(Volume(data, affine), tmp_path / "ref" / f"{case}_mask.nii.gz")
        formats.write(Volume(np.roll(data, 2, 0), affine), tmp_path / "a" / f"{case}_brainmask.nii.gz")
        formats.write(Volume(np.roll(data, 3, 2), affine), tmp_path / "b" / f"{case}_brainmask.nii.gz")
        scan = np.random.default_rng(0).normal(500, 50, data.shape).astype(np.int16)
        formats.write(Volume(scan, affine), tmp_path / "raw" / f"{case}.nii.gz")
    return tmp_path


def _evaluated(files, *models):
    pairs = pair_models({name: files / name for name in models}, files / "ref")
    return {name: [evaluate_pair(pair) for pair in some] for name, some in pairs.items()}, pairs


def _pictures(html):
    found = re.findall(r'src="data:image/png;base64,([^"]*)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB") for code in found]


def test_one_model_has_scores_charts_and_no_comparison(files):
    models, pairs = _evaluated(files, "a")
    html = evaluation_page(models, pairs, {case: files / "raw" / f"{case}.nii.gz" for case in ("x_T1w", "w")})
    page = _Page(html)
    summary, cases = page.tables
    assert cases[0][:2] == ["Case", "Dice"]
    assert [row[0] for row in cases[1:]] == [row.case for row in models["a"]]
    assert cases[1][1] == f"{models['a'][0].scores.dice:.4f}"
    assert [row[-9] for row in summary[1:]] == ["median", "mean", "worst", "cases"]
    assert summary[4][-8:] == ["3"] * 8
    assert "Comparison" not in page.text
    assert html.count("<svg") == 7 + 1
    assert len(_pictures(html)) == 3


def test_pictures_show_both_contours_and_say_where_no_scan_was(files):
    models, pairs = _evaluated(files, "a")
    html = evaluation_page(models, pairs, {"w": files / "raw" / "w.nii.gz"})
    for picture in _pictures(html):
        pixels = np.asarray(picture)
        assert (pixels == (255, 60, 40)).all(axis=-1).sum() > 20
        assert (pixels == REFERENCE_CONTOUR).all(axis=-1).sum() > 20
    assert _Page(html).text.count("No scan was given.") == 2


def test_a_scan_that_does_not_fit_is_said_and_not_drawn(files):
    models, pairs = _evaluated(files, "a")
    with pytest.warns(UserWarning, match="contours only"):
        html = evaluation_page(models, pairs, dict.fromkeys(("x_T1w", "w"), files / "raw" / "w.nii.gz"))
    text = _Page(html).text
    assert text.count("Its scan could not be used.") == 1
    assert str(files) not in html


def test_the_page_needs_nothing_else(files):
    models, pairs = _evaluated(files, "a", "b")
    html = evaluation_page(models, pairs)
    page = _Page(html)
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert not re.findall(r"@import|url\((?!#)", html)
    assert str(files) not in html
    assert __version__ in page.text


def test_names_of_the_only_case_are_text_and_never_markup():
    name, case = '<script>alert("m")</script>', '"><img src=x onerror=alert(1)>&amp; $x^2$ ${title} é 日本'
    rows = _rows([0.9], [case])
    html = evaluation_page({name: rows, "$title": rows})
    page = _Page(html)
    assert {row[-1] for row in page.tables[1][1:]} == {"too few cases for a test"}
    assert "one case has no limits" in page.text
    assert "<script>alert" not in html
    assert "<img" not in html
    assert page.text.count(case) >= 2
    assert f"Evaluation of {name} against $title" in page.text
    assert page.links == ["data:,", *(link for link in page.links if link.startswith("#"))]


def test_two_models_are_compared_over_shared_cases():
    first, other = _rows(np.linspace(0.8, 0.9, 12)), _rows(np.linspace(0.85, 0.95, 10))
    page = _Page(evaluation_page({"one": first, "two": other}))
    assert "Over 10 cases that all models share; 2 cases left out (case-10, case-11)." in page.text
    table = page.tables[1]
    dice = next(row for row in table if row[0] == "Dice")
    assert dice[1] == "two"
    assert dice[2].startswith("+0.05")
    assert re.fullmatch(r"\+0\.05\d\d to \+0\.06\d\d", dice[3])
    assert dice[4:] == ["10", "0.002", "0.014", "two"]
    assert next(row for row in table if row[0] == "HD95 (mm)")[-1] == "the same in every case"
    assert "7 tests" in page.text


def test_undefined_scores_are_dashes_and_counted():
    rows = [Row("full", SCORES), Row("empty", replace(SCORES, dice=0.0, hd95=math.nan, leak=math.nan))]
    html = evaluation_page({"a": rows})
    summary, cases = _Page(html).tables
    assert cases[2][5] == "–"
    assert summary[4][-8:] == ["2", "2", "2", "2", "1", "2", "2", "1"]
    assert '<td data-value="">–</td>' in html


def test_what_could_not_be_scored_is_named(files):
    models, pairs = _evaluated(files, "a", "b")
    perfect = [replace(models["a"][0], scores=replace(SCORES, dice=1.0))]
    text = _Page(evaluation_page({"a": perfect, "b": []}, pairs)).text
    assert "No case to show: no mask differs from its reference." in text
    assert "a: 2 cases could not be scored (x_T1w, y & <z>)." in text
    assert "b: 3 cases could not be scored" in text
    assert "No case was scored." in text


def test_two_hundred_cases_of_three_models_stay_readable():
    models = {name: _rows(np.random.default_rng(seed).uniform(0.8, 1, 200)) for seed, name in enumerate("abc")}
    html = evaluation_page(models)
    assert len(_Page(html).tables[-1]) == 601
    assert html.count("Its masks were not given") == 12
    assert len(html) < 3_000_000


def test_p_values_have_three_places():
    assert [p_text(p) for p in (None, 1e-9, 0.05, 1.0)] == ["–", "< 0.001", "0.050", "1.000"]
