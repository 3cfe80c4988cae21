"""Figures of the evaluation page: which cases are drawn, and what is said beneath."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from deskull import Volume, formats
from deskull.evaluation.pairs import Pair
from deskull.evaluation.scores import CaseScores
from deskull.report.evaluation_figures import N_WORST, volume_plots, worst_cases
from tests.evaluation.examples import PERFECT, TYPICAL, cases_with

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
AFFINE[:3, 3] = -20
BRAIN = np.s_[5:15, 5:15, 5:15]


def mask_file(path, *boxes):
    data = np.zeros((20, 20, 20), np.uint8)
    for box in boxes:
        data[box] = 1
    formats.write(Volume(data, AFFINE), path)
    return path


@pytest.fixture
def pair(tmp_path):
    """A mask with a piece too much, 8 mm from the brain at the right side."""
    predicted = mask_file(tmp_path / "predicted.nii.gz", BRAIN, np.s_[17:19, 9:11, 9:11])
    return Pair("x", predicted, mask_file(tmp_path / "reference.nii.gz", BRAIN))


def drawn(pairs, scans=None):
    return worst_cases({"a": [CaseScores("x", TYPICAL)]}, {"a": pairs}, scans or {})


def names_of(html):
    return re.findall(r"<figcaption><b>([^<]*)</b>", html)


def test_worst_cases_are_the_four_lowest_with_the_lowest_first():
    names = names_of(worst_cases({"a": cases_with([0.9, 0.5, 0.7, 0.6, 0.8, 0.95])}, {}, {}))
    assert names == ["b", "d", "c", "e"]
    assert len(names) == N_WORST


def test_cases_of_the_same_dice_are_ordered_by_name():
    assert names_of(worst_cases({"a": cases_with([0.9, 0.9, 0.9], names="zxy")}, {}, {})) == ["x", "y", "z"]


def test_every_model_has_its_worst_cases_beneath_its_name():
    html = worst_cases({"one": cases_with([0.9]), "two & three": cases_with([0.8], names="q")}, {}, {})
    assert re.findall(r"<h3>(.*?)</h3>|<b>(\w)</b>", html) == [
        ("one", ""), ("", "a"), ("two &amp; three", ""), ("", "q")
    ]  # fmt: skip


def test_extra_piece_is_described_by_its_distance_and_place(pair):
    text = re.search(r"Largest error: ([\d.]+) mm too far outside, at \((\S+), (\S+), (\S+)\) mm RAS", drawn([pair]))
    distance, *place = (float(number.replace("−", "-")) for number in text.groups())
    assert distance == pytest.approx(9, abs=1.5)
    np.testing.assert_allclose(place, (16, -1, -1), atol=2)


def test_missing_piece_is_described_as_missing(pair):
    swapped = Pair("x", pair.reference, pair.predicted)
    assert re.search(r"Largest error: [\d.]+ mm missing", drawn([swapped]))


def test_errors_outside_the_region_of_interest_are_not_described(pair, tmp_path):
    roi = mask_file(tmp_path / "roi.nii.gz", np.s_[:16])
    assert "Largest error: 0.0 mm" in drawn([Pair("x", pair.predicted, pair.reference, roi=roi)])


def test_empty_mask_is_said_to_be_empty(pair, tmp_path):
    empty = mask_file(tmp_path / "empty.nii.gz")
    assert "One of the masks is empty." in drawn([Pair("x", empty, pair.reference)])


def test_stated_size_of_the_picture_is_that_of_the_picture(pair):
    html = drawn([pair])
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', html).groups())
    png = base64.b64decode(re.search(r"base64,([^\"]*)", html)[1])
    assert Image.open(io.BytesIO(png)).size == (width, height)


def test_scan_that_is_given_is_drawn(pair, tmp_path):
    scan = np.random.default_rng(0).normal(500, 50, (20, 20, 20)).astype(np.float32)
    formats.write(Volume(scan, AFFINE), tmp_path / "scan.nii.gz")
    with_scan, without = drawn([pair], {"x": tmp_path / "scan.nii.gz"}), drawn([pair])
    assert "was not given" not in with_scan
    assert len(with_scan) > 1.5 * len(without)  # grey values take room


def test_scan_that_cannot_be_read_is_warned_of_and_the_masks_are_drawn(pair, tmp_path):
    (tmp_path / "scan.nii.gz").write_bytes(b"no image")
    with pytest.warns(UserWarning, match=r"scan\.nii\.gz.* Its picture shows contours only"):
        html = drawn([pair], {"x": tmp_path / "scan.nii.gz"})
    assert "The scan could not be used." in html
    assert "<img" in html


def test_scores_beneath_a_picture_have_units():
    html = worst_cases({"a": [CaseScores("x", TYPICAL)]}, {}, {})
    assert "Dice 0.9000 ·" in html
    assert re.search(r"HD95 [\d.]+ mm", html)


def test_volumes_are_described_by_bias_and_limits():
    html = volume_plots({"a": cases_with([1390.0, 1410.0], "volume_ml", template=PERFECT)})
    assert "<b>a</b>: bias +0.0 ml; 95 % limits of agreement −27.7 to +27.7 ml" in html


def test_model_without_cases_has_no_volume_plot():
    html = volume_plots({"empty": [], "a": cases_with([0.9, 0.8])})
    assert html.count("<figure>") == 1
    assert "empty" not in html
