"""Evaluation: which files belong together, and what several models' scores look like as files."""

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
from deskull.evaluation.metrics import Scores
from deskull.evaluation.scores import (
    Pair,
    Row,
    evaluate_pair,
    find_pairs,
    find_scans,
    models_to_csv,
    models_to_json,
    pair_models,
    summarise,
    to_csv,
    to_json,
)

SCORES = Scores(0.9, 0.8, 0.7, 0.6, 5, 4, 1300, 1400, -100, 0.1)


@pytest.fixture
def save(tmp_path):
    """Write a small image under the temporary folder."""

    def _save(name: str) -> Path:
        data = np.zeros((6, 6, 6), np.uint8)
        data[1:5, 1:5, 1:5] = 1
        formats.write(Volume(data, np.eye(4)), tmp_path / name)
        return tmp_path / name

    return _save


def test_models_are_paired_with_the_same_references(save, tmp_path):
    for name in (
        "a/x_brainmask.nii.gz",
        "a/y_brainmask.nii.gz",
        "b/y.nii.gz",
        "ref/x_mask.nii.gz",
        "ref/y_mask.nii.gz",
    ):
        save(name)
    with pytest.warns(UserWarning, match=r"x: has no prediction in .*b; left out"):
        found = pair_models({"A": tmp_path / "a", "B": tmp_path / "b"}, tmp_path / "ref")
    assert [pair.case for pair in found["A"]] == ["x", "y"]
    assert found["B"] == [Pair("y", tmp_path / "b" / "y.nii.gz", tmp_path / "ref" / "y_mask.nii.gz")]


def test_two_files_are_one_case_whatever_they_are_called(save):
    reference = save("truth.nii.gz")
    found = pair_models({"A": save("x_mask.nii.gz"), "B": save("other.nii.gz")}, reference)
    assert [pairs[0].case for pairs in found.values()] == ["x", "x"]


def test_hidden_files_are_no_masks(save, tmp_path):
    for name in ("a/x_mask.nii.gz", "ref/x_mask.nii.gz"):
        save(name)
    (tmp_path / "a" / "._x_mask.nii.gz").write_bytes(b"what macOS leaves")
    assert [pair.case for pair in find_pairs(tmp_path / "a", tmp_path / "ref")] == ["x"]


def test_the_scan_of_a_case_bears_its_name(save, tmp_path):
    for name in ("x_T1w.nii.gz", "x_T1w_mask.nii.gz", "x_T1w_roi.nii.gz", "unrelated.nii.gz", "y.mgz"):
        save(f"raw/{name}")
    found = find_scans(tmp_path / "raw", {"x_T1w", "y"})
    assert found == {"x_T1w": tmp_path / "raw" / "x_T1w.nii.gz", "y": tmp_path / "raw" / "y.mgz"}


def test_missing_scans_are_named(save, tmp_path):
    save("raw/a.nii.gz")
    with pytest.warns(UserWarning, match=r"no scan of b, c, d and 1 more"):
        assert list(find_scans(tmp_path / "raw", list("abcde"))) == ["a"]


def test_scans_that_do_not_fit(save, tmp_path):
    one = save("raw/a.nii.gz")
    assert find_scans(one, {"whatever"}) == {"whatever": one}
    for scans, cases, fault in ((one, {"a", "b"}, "one file for 2"), (tmp_path / "raw", {"z"}, "no scan of any case")):
        with pytest.raises(InputError, match=fault):
            find_scans(scans, cases)
    with pytest.raises(InputError, match="no such"):
        find_scans(tmp_path / "none", {"a"})
    save("raw/a.nii")
    with pytest.raises(InputError, match="same case as a"):
        find_scans(tmp_path / "raw", {"a"})


def test_perfect_masks_without_warnings(save):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate_pair(Pair("x", save("x.nii.gz"), save("y.nii.gz")))
    assert found.scores.dice == 1


def test_csv_of_several_models_has_their_names_first():
    rows = [Row('odd, "name"', SCORES)]
    one, several = to_csv(rows).splitlines(), models_to_csv({"A": rows, "B": rows, "empty": []}).splitlines()
    assert several[0] == "model," + one[0]
    assert several[1:] == ["A," + one[1], "B," + one[1]]
    assert next(csv.DictReader(io.StringIO(models_to_csv({"A": rows}))))["case"] == 'odd, "name"'


def test_json_of_several_models_holds_what_one_would():
    rows = [Row("x", SCORES), Row("y", replace(SCORES, hd95=math.nan))]
    found = json.loads(models_to_json({"A": rows, "B": []}, {"cases": []}))
    assert found["models"]["A"] == json.loads(to_json(rows))
    assert found["models"]["A"]["cases"]["y"]["hd95"] is None
    assert found["models"]["B"] == {"cases": {}, "summary": {}}
    assert found["comparison"] == {"cases": []}


def test_the_worst_is_the_lowest_or_the_farthest_from_zero():
    rows = [Row("x", SCORES), Row("y", replace(SCORES, dice=0.95, hd95=7, volume_difference_ml=20))]
    worst = {name: values["worst"] for name, values in summarise(rows).items()}
    assert (worst["dice"], worst["hd95"], worst["volume_difference_ml"]) == (0.9, 7, -100)
