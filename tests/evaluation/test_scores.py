"""Scores: files are scored, summarised, and written as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.evaluation.pairs import Pair
from deskull.evaluation.scores import (
    CaseScores,
    evaluate_pair,
    models_to_csv,
    models_to_json,
    summarise,
    to_csv,
    to_json,
)
from tests.evaluation.examples import TYPICAL


@pytest.fixture
def save(tmp_path):
    """Write a small mask under the temporary folder."""

    def _save(name: str, affine=None, shape=(6, 6, 6)) -> Path:
        data = np.zeros(shape, np.uint8)
        data[1:5, 1:5, 1:5] = 1
        formats.write(Volume(data, np.eye(4) if affine is None else affine), tmp_path / name)
        return tmp_path / name

    return _save


def test_equal_masks_are_scored_without_warnings(save):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evaluate_pair(Pair("x", save("x.nii"), save("y.nii"))).scores.dice == 1


def test_distances_are_in_the_units_of_the_reference(save):
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    found = evaluate_pair(Pair("x", save("x.nii", affine), save("y.nii", affine)))
    assert found.scores.volume_ml == pytest.approx(4**3 * 24 / 1000)


def test_only_the_region_of_interest_is_scored(save, tmp_path):
    region = np.zeros((6, 6, 6), np.uint8)
    region[2:] = 1
    formats.write(Volume(region, np.eye(4)), tmp_path / "roi.nii")
    found = evaluate_pair(Pair("x", save("x.nii"), save("y.nii"), tmp_path / "roi.nii"))
    assert found.scores.reference_ml == pytest.approx(3 * 4 * 4 / 1000)


@pytest.mark.parametrize("roi", [False, True])
def test_files_on_different_grids_are_refused(save, roi):
    moved = save("moved.nii", np.diag([-1.0, 1.0, 1.0, 1.0]))
    pair = Pair("x", save("x.nii"), save("y.nii"), moved) if roi else Pair("x", moved, save("y.nii"))
    with pytest.raises(InputError, match=r"moved\.nii: is on another grid than .*y\.nii"):
        evaluate_pair(pair)


def test_csv_has_one_line_for_each_case_and_a_column_for_each_score():
    lines = to_csv([CaseScores("x", TYPICAL)]).splitlines()
    assert lines[0] == "case," + ",".join(TYPICAL.as_dict())
    assert lines[1] == "x,0.9,0.8,0.7,0.6,5,4,1300,1400,-100,0.1"


def test_csv_of_several_models_starts_with_their_names():
    cases = [CaseScores("x", TYPICAL)]
    one, several = to_csv(cases).splitlines(), models_to_csv({"A": cases, "B": cases, "empty": []}).splitlines()
    assert several == ["model," + one[0], "A," + one[1], "B," + one[1]]


def test_names_with_commas_and_quotes_survive_in_csv():
    text = models_to_csv({"A": [CaseScores('odd, "name"', TYPICAL)]})
    assert next(csv.DictReader(io.StringIO(text)))["case"] == 'odd, "name"'


def test_json_of_several_models_contains_what_json_of_each_would():
    cases = [CaseScores("x", TYPICAL)]
    content = json.loads(models_to_json({"A": cases, "B": []}, {"cases": []}))
    assert content["models"]["A"] == json.loads(to_json(cases))
    assert content["models"]["B"] == {"cases": {}, "summary": {}}
    assert content["comparison"] == {"cases": []}


def test_undefined_scores_are_null_in_json():
    content = json.loads(to_json([CaseScores("y", replace(TYPICAL, hd95=math.nan))]))
    assert content["cases"]["y"]["hd95"] is None


def test_worst_value_is_the_lowest_overlap_or_the_largest_distance_or_difference():
    other = replace(TYPICAL, dice=0.95, hd95=7, volume_difference_ml=20)
    summary = summarise([CaseScores("x", TYPICAL), CaseScores("y", other)])
    assert [summary[key]["worst"] for key in ("dice", "hd95", "volume_difference_ml")] == [0.9, 7, -100]


def test_undefined_values_are_left_out_of_the_summary():
    undefined = replace(TYPICAL, dice=math.nan, hd95=math.nan)
    summary = summarise([CaseScores("x", TYPICAL), CaseScores("y", undefined)])
    assert summary["dice"] == {"median": 0.9, "mean": 0.9, "worst": 0.9}


def test_score_without_any_value_is_absent_from_the_summary():
    assert "hd95" not in summarise([CaseScores("x", replace(TYPICAL, hd95=math.nan))])
