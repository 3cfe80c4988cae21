"""Definitions: every score is defined once, and formatted with a true minus sign."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest

from deskull.evaluation.definitions import COMPARED_SCORES, SCORES, format_number
from deskull.evaluation.metrics import Scores
from tests.evaluation.examples import PERFECT


def test_all_scores_but_the_two_volumes_are_defined_in_their_order():
    names = [field.name for field in fields(Scores) if field.name not in ("volume_ml", "reference_ml")]
    assert list(SCORES) == names


def test_iou_is_not_compared():
    assert "iou" not in COMPARED_SCORES


def test_volumes_are_compared_without_their_sign():
    score = COMPARED_SCORES["absolute_volume_difference_ml"]
    assert score.value(replace(PERFECT, volume_difference_ml=-12.0)) == 12
    assert "volume_difference_ml" not in COMPARED_SCORES


@pytest.mark.parametrize(("key", "label"), [("dice", "Dice"), ("hd95", "HD95 (mm)")])
def test_label_with_unit_has_parentheses_only_if_there_is_a_unit(key, label):
    assert SCORES[key].label_with_unit == label


@pytest.mark.parametrize(("value", "text"), [(-1.25, "−1.2"), (3.0, "3.0"), (math.nan, "–")])
def test_numbers_have_a_true_minus_and_undefined_ones_are_a_dash(value, text):
    assert format_number(value, ".1f") == text
