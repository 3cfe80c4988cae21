"""Rows: the worst scans come first, by whatever is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskull.report.batch.entries import Entry
from deskull.report.batch.pictures import Drawn
from deskull.report.batch.rows import NO_MASK, OUTLIER, make_rows, modified_z_scores


def entry(name, **cells):
    return Entry(name, Path(name), Path(f"{name}_mask.nii.gz"), {"scan": name, **cells})


def rows_of(*entries, volumes=None):
    drawn = [Drawn(volume_ml=volume) for volume in volumes or [1500.0] * len(entries)]
    return make_rows(entries, drawn)


def test_scans_are_ordered_by_verdict_and_then_by_predicted_dice():
    judged = [("a", "pass", ".95"), ("b", "review", ".93"), ("c", "fail", ".5"), ("d", "pass", ".9"), ("e", "", "")]
    rows = rows_of(*(entry(name, verdict=verdict, predicted_dice=dice) for name, verdict, dice in judged))
    assert [row.entry.name for row in rows] == ["c", "b", "e", "d", "a"]


def test_scan_without_a_mask_comes_first_and_says_why():
    failed = Entry("b", Path("b"), None, {"scan": "b", "error": "b: is damaged; copy it again."})
    rows = make_rows([entry("a", verdict="fail"), failed], [Drawn(volume_ml=1500.0), Drawn()])
    assert (rows[0].entry.name, rows[0].verdict) == ("b", NO_MASK)
    assert rows[0].notes == ("is damaged; copy it again.",)


def test_findings_of_a_mask_that_passes_are_notes():
    (row,) = rows_of(entry("a", verdict="pass", findings="The scan is very noisy."))
    assert row.notes == ("The scan is very noisy.",)


def test_finding_that_is_a_reason_is_noted_once():
    gap = "The brain has a gap: slices inside it have no signal."
    quality = {"verdict": "review", "reasons": [gap], "input": {"findings": [gap, "The scan is very noisy."]}}
    (row,) = rows_of(Entry("a", Path("a"), Path("a_mask.nii.gz"), quality=quality))
    assert row.notes == (gap, "The scan is very noisy.")


def test_mask_that_cannot_be_read_is_no_mask():
    drawn = Drawn(problem="a_mask.nii.gz: is empty; copy it again.")
    (row,) = make_rows([entry("a", verdict="pass")], [drawn])
    assert row.verdict == NO_MASK
    assert row.notes == ("a_mask.nii.gz: is empty; copy it again.",)


def test_without_verdicts_warnings_come_first_and_then_unusual_volumes():
    entries = [entry("a"), entry("b"), entry("c"), entry("d", warnings="d: its sform is doubtful; check it.")]
    rows = rows_of(*entries, volumes=[1500.0, 700.0, 1600.0, 1510.0])
    assert [row.entry.name for row in rows] == ["d", "b", "c", "a"]
    assert rows[0].is_warned


def test_volume_far_from_the_others_is_an_outlier():
    scores = modified_z_scores([1450, 1500, 1550, 1480, 1520, 600])
    assert [abs(score) > OUTLIER for score in scores] == [False] * 5 + [True]


@pytest.mark.parametrize("values", [[], [None], [1500.0], [0.0, 0.0], [1500.0, 1500.0]])
def test_too_few_values_have_no_outliers(values):
    assert modified_z_scores(values) == [0.0] * len(values)
