"""Measures: names and units in words."""

from __future__ import annotations

import pytest

from deskull.quality.drift.measures import label, with_unit


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blur_mm", "blur (mm)"),
        ("tissue_contrast", "tissue contrast"),
        ("mm", "mm"),
        ("predicted_dice", "predicted Dice"),
    ],
)
def test_unit_is_the_end_of_the_name(name, words):
    assert label(name) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dark_nape", "part of the nape without signal"),
        ("difference_95_mm", "difference from a second network, 95th percentile (mm)"),
    ],
)
def test_measures_of_deskull_are_named_as_in_its_reasons(name, words):
    assert label(name) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234 ml"), (-0.5, "−0.5 ml"), (2e-05, "2e-05 ml"), (-2e9, "−2e+09 ml"), (0.0, "0 ml")],
)
def test_value_is_written_with_three_digits_and_its_unit(value, text):
    assert with_unit("volume_ml", value) == text
