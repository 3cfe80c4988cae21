"""Charts that stand in a page as they are; pictures that show the right place the right way round."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import Volume
from deskull.evaluation.comparison import agreement
from deskull.evaluation.metrics import score
from deskull.evaluation.scores import Row
from deskull.report.charts import POINTER, REFERENCE_CONTOUR, bland_altman_plot, box_plot, error_slices, shorten
from deskull.report.mosaic import CONTOUR


def _rows(*shifts):
    cube = np.zeros((10, 10, 10), bool)
    cube[3:7, 3:7, 3:7] = True
    return [Row(str(k), score(np.where(k % 2, np.roll(cube, k, 0), cube | (k > 3)), cube)) for k in shifts]


def _texts(svg):
    return ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_box_plot_names_models_and_counts_their_cases():
    svg = box_plot({"first": [0.9, 0.95, math.nan], 'odd <b> & "$x^2$"': [0.8], "none": []}, "Dice", "box")
    assert {"Dice", "first (n = 2)", 'odd <b> & "$x^2$" (n = 1)', "none (n = 0)"} <= {
        " ".join(text.split()) for text in _texts(svg)
    }


def test_charts_follow_the_page_and_ask_for_nothing():
    svg = box_plot({"a": [1, 2, 3]}, "Dice", "box") + bland_altman_plot(agreement(_rows(0, 1, 2)), "a", "volumes")
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert svg.startswith("<svg")
    links = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', svg)
    assert links
    assert all((one or other).startswith("#") for one, other in links)


def test_ids_of_two_charts_do_not_meet():
    one, two = (box_plot({"a": [1, 2, 3]}, "Dice", name) for name in ("one", "two"))
    ids = [set(re.findall(r'id="([^"]*)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, known in zip((one, two), ids, strict=True):
        assert set(re.findall(r'href="#([^"]*)"|url\(#[^)]*\)', svg)) - {""} <= known


def test_the_same_chart_is_the_same_bytes():
    found = agreement(_rows(0, 1, 2))
    assert box_plot({"a": [1, 2]}, "Dice", "x") == box_plot({"a": [1, 2]}, "Dice", "x")
    assert bland_altman_plot(found, "a", "x") == bland_altman_plot(found, "a", "x")


def test_bland_altman_says_bias_and_limits():
    found = agreement(_rows(0, 4, 6))
    said = {text.replace("−", "-") for text in _texts(bland_altman_plot(found, "a $name$", "x"))}
    assert {f"bias {found.bias:+.1f}", f"{found.low:+.1f}", f"{found.high:+.1f}", "a $name$"} <= said
    alone = _texts(bland_altman_plot(agreement(_rows(1)), "a", "x"))
    assert "bias +0.0" in alone


@settings(max_examples=8, deadline=None)
@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), max_size=30), st.text(max_size=40))
def test_any_scores_and_any_name_make_a_chart(values, name):
    assert box_plot({name: values}, "Dice", "x").startswith("<svg")


@given(st.text(max_size=80))
def test_short_names_keep_both_ends(name):
    short = shorten(name)
    assert len(short) <= 22
    assert short == name or (name.startswith(short.split("…")[0]) and name.endswith(short[-10:]))


AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
AFFINE[:3, 3] = (-40, -50, -45)


def _mask(*boxes):
    data = np.zeros((40, 50, 45), np.uint8)
    for box in boxes:
        data[box] = 1
    return Volume(data, AFFINE)


BRAIN = np.s_[10:30, 12:40, 10:35]
LEAK = np.s_[34:36, 20:22, 20:22]


def test_the_place_is_where_the_mask_errs_most():
    too_much = error_slices(_mask(BRAIN, LEAK), _mask(BRAIN))
    assert too_much.distance_mm == pytest.approx(12, abs=1.5)
    np.testing.assert_allclose(too_much.place_mm, (-40 + 2 * 35, -50 + 2 * 20.5, -45 + 2 * 20.5), atol=2)
    missed = error_slices(_mask(BRAIN), _mask(BRAIN, LEAK))
    assert missed.distance_mm == -too_much.distance_mm


def _at(picture, rgb):
    return (np.asarray(picture.convert("RGB")) == rgb).all(axis=-1)


def test_both_contours_and_the_pointers_are_drawn():
    picture = error_slices(_mask(BRAIN, LEAK), _mask(BRAIN)).picture
    assert _at(picture, CONTOUR).sum() > 500
    assert _at(picture, POINTER).sum() == 3 * 2 * 2 * 2 * 12
    assert not _at(picture, REFERENCE_CONTOUR).any()  # it lies under the predicted one
    assert _at(error_slices(_mask(LEAK), _mask(BRAIN)).picture, REFERENCE_CONTOUR).sum() > 500


def test_the_left_of_the_picture_is_the_patients_right():
    scan = Volume(np.zeros((40, 50, 45), np.float32), AFFINE)
    scan.data[20:30] = 100  # +x: the patient's right is the lower half in RAS
    picture = np.asarray(error_slices(_mask(BRAIN), _mask(BRAIN), scan).picture.convert("L")).astype(int)
    axial = picture[40:-40, -120:]
    assert axial[:, :60].sum() > 1.5 * axial[:, 60:].sum()


def test_masks_end_where_the_scan_does():
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    everything = Volume(np.ones((40, 50, 45), np.uint8), turn @ AFFINE)
    cut = Volume(np.concatenate([np.ones((40, 50, 44)), np.zeros((40, 50, 1))], 2).astype(np.uint8), turn @ AFFINE)
    scan = Volume(np.full((40, 50, 45), 7, np.int16), turn @ AFFINE)
    assert abs(error_slices(cut, everything, scan).distance_mm) < 4


def test_only_the_region_of_interest_counts():
    region = _mask(np.s_[:33])
    found = error_slices(_mask(BRAIN, LEAK), _mask(BRAIN), roi=region)
    assert found.distance_mm == 0
    assert _at(found.picture, CONTOUR).any()


@pytest.mark.parametrize(("predicted", "reference"), [((), (BRAIN,)), ((BRAIN,), ()), ((), ())])
def test_empty_masks_still_give_a_picture(predicted, reference):
    found = error_slices(_mask(*predicted), _mask(*reference))
    assert math.isnan(found.distance_mm)
    assert found.picture.width > 100


def test_series_and_nan_are_drawn_on():
    data = np.random.default_rng(0).normal(size=(40, 50, 45, 2)).astype(np.float32)
    data[0, 0, 0] = np.nan
    found = error_slices(_mask(BRAIN), _mask(BRAIN), Volume(data, AFFINE))
    assert len(found.picture.getcolors()) > 100
