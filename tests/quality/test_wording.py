"""Wording: sentences for measures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.quality.evidence import Doubt
from deskull.quality.measures import input_measures, mask_measures
from deskull.quality.measures.shape import MeanShape
from deskull.quality.wording import MEASURES, describe, is_unusual, known_words
from tests.quality.heads import ball, evidence_of, second_look


@pytest.mark.parametrize(("value", "state"), [(0.1, "Low"), (0.9, "High")])
def test_state_tells_on_which_side_of_the_usual_range_a_measure_lies(value, state):
    assert describe("noise", value, (0.2, 0.8)) == f"{state} noise: {value:g}, usually 0.2 to 0.8."


@pytest.mark.parametrize(
    ("value", "expected"), [(0.1, True), (0.2, False), (0.5, False), (0.8, False), (0.9, True), (0.8004, False)]
)
def test_measure_is_unusual_if_the_numbers_that_are_stated_say_so(value, expected):
    assert is_unusual(value, (0.2, 0.8)) is expected


def test_units_follow_the_value_and_the_range():
    assert describe("offset_mm", 4.5, (-1, 1)) == "High mean offset from a second network: 4.5 mm, usually -1 to 1 mm."


@pytest.mark.parametrize(
    ("name", "words"),
    [("bright_core", "brightness deep inside"), ("spread_scalp", "variation of brightness 7 to 9 mm outside")],
)
def test_brightness_of_a_shell_is_named_by_its_place(name, words):
    assert describe(name, 0.1, (0.2, 0.8)).startswith(f"Low {words}: ")


@given(name=st.sampled_from(sorted(MEASURES)), value=st.floats(0, 999))
def test_descriptions_are_one_sentence_that_does_not_show_the_name_of_the_measure(name, value):
    sentence = describe(name, value, (1.0, 2.0))
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "_" not in sentence


def measured() -> list[str]:
    """Names of all measures."""
    look = second_look(ball(24))
    doubt = Doubt(np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32), 0.9, 1.0, 100.0)
    evidence = replace(evidence_of(ball(24)), second=look, mirrored=look, doubt=doubt)
    mean = MeanShape(np.ones((8, 8, 8), np.float32), 0.5)
    return [*input_measures(evidence), *mask_measures(evidence, mean)]


def test_every_measure_has_words_of_its_own():
    assert {name for name in measured() if known_words(name) is None} == set()


def test_large_numbers_are_written_out():
    assert "1596 ml" in describe("volume_ml", 1596.0, (400.0, 1500.0))
