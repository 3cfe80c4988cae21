"""Over time: changes, windows, and the sentences about them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.quality.drift.comparison import State
from deskull.quality.drift.over_time import change_sentence, over_time, window_rows
from tests.quality.drift.examples import cohort

DAYS = tuple(str(np.datetime64("2024-01-01") + day) for day in range(80))


@pytest.fixture(scope="module")
def timeline():
    """Scans that change on day 50, against a reference."""
    sample = cohort(80, labels={"date": DAYS})
    sample.inputs.values[50:, 0] += 3
    return over_time(sample, cohort(200, seed=1))


def test_change_of_the_scans_is_dated(timeline):
    assert timeline.inputs.is_shown
    assert abs(timeline.inputs.index - 50) <= 2
    assert timeline.inputs.date == timeline.dates[timeline.inputs.index]


def test_masks_that_stay_do_not_change(timeline):
    assert change_sentence(timeline.outputs, "masks").startswith("The masks did not change over time (p = ")


def test_sentence_names_the_date_and_the_measure_that_changed_most(timeline):
    sentence = change_sentence(timeline.inputs, "scans")
    assert sentence.startswith(f"The scans changed about {timeline.inputs.date}, at scan {timeline.inputs.index + 1}")
    assert "most of all noise (higher, " in sentence


def test_windows_after_the_change_moved_and_those_before_did_not(timeline):
    moved = [window.inputs.state is State.moved for window in timeline.windows]
    assert not any(moved[:4])
    assert all(moved[-2:])


def test_window_is_named_by_its_dates(timeline):
    assert timeline.windows[0].name == "2024-01-01 to 2024-01-20"


def test_without_a_reference_there_are_no_windows():
    assert over_time(cohort(30, labels={"date": DAYS[:30]})).windows == []


def test_few_scans_are_too_few_for_a_change():
    found = over_time(cohort(10, labels={"date": DAYS[:10]}))
    assert "too few to tell whether they changed" in change_sentence(found.inputs, "scans")


@given(st.integers(1, 5000), st.one_of(st.none(), st.integers(8, 300)))
def test_windows_cover_all_scans_in_order(n, window):
    rows = window_rows(n, window)
    assert rows[0][0] == 0
    assert rows[-1][1] == n
    assert all(start < end for start, end in rows)
    assert window is not None or len(rows) <= 31
