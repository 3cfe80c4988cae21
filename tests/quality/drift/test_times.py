"""Times: which column tells them, their order, and what is said of them."""

from __future__ import annotations

import pytest

from deskull.errors import InputError
from deskull.quality.drift.times import in_order_of_time
from tests.quality.drift.examples import cohort


def test_scans_are_sorted_by_time():
    labels = {"date": ("2024-03-01", "2023-12-31", "2024-01-01"), "scan": ("c", "a", "b")}
    found, dates, note = in_order_of_time(cohort(3, labels=labels))
    assert found.labels["scan"] == ("a", "b", "c")
    assert dates == ["2023-12-31", "2024-01-01", "2024-03-01"]
    assert note == ""


def test_times_with_and_without_zones_can_be_sorted_together():
    labels = {"acq_time": ("2024-01-01T12:00:00", "2024-01-01T12:30:00+02:00")}
    assert in_order_of_time(cohort(2, labels={**labels, "scan": ("b", "a")}))[0].labels["scan"] == ("a", "b")


def test_scans_without_a_time_are_left_out_and_counted():
    found, _, note = in_order_of_time(cohort(3, labels={"date": ("2024-01-01", "n/a", "")}))
    assert len(found) == 1
    assert note == "2 without a time were left out."


def test_time_of_processing_is_said_to_be_one():
    _, _, note = in_order_of_time(cohort(1, labels={"finished": ("2024-01-01T00:00:00+00:00",)}))
    assert note == "Scans are in the order in which they were stripped, as nothing tells when they were acquired."


def test_cohort_without_times_is_refused_with_the_columns_that_would_do():
    with pytest.raises(InputError, match="nothing tells when its scans were made; add one of the columns time, date"):
        in_order_of_time(cohort(3))
