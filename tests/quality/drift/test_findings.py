"""Findings: what is examined, noted and written as JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskull.errors import UsageError
from deskull.quality.drift.findings import examine
from tests.quality.drift.examples import cohort

DAYS = tuple(str(np.datetime64("2024-01-01") + day) for day in range(30))


def test_json_holds_both_sides_and_the_verdict():
    content = json.loads(examine(cohort(30, inputs=2.0), cohort(60, seed=1)).to_json())["comparison"]
    assert content["verdict"].startswith("New but handled")
    assert (content["input"]["state"], content["output"]["state"]) == ("moved", "did not move")
    first = content["input"]["measures"][0]
    assert (first["name"], first["direction"], first["moved"]) == ("noise_percent", "higher", True)


def test_json_has_null_where_a_number_is_undefined():
    sample, reference = cohort(30), cohort(60, seed=1)
    sample.inputs.values[:, 0] = reference.inputs.values[:, 0] = 1.0
    text = examine(sample, reference).to_json()
    assert "NaN" not in text
    assert any(measure["shift"] is None for measure in json.loads(text)["comparison"]["input"]["measures"])


def test_json_of_groups_and_of_times():
    labels = {"site": ("a", "b") * 15, "date": DAYS}
    sample = cohort(30, labels=labels)
    assert [group["name"] for group in json.loads(examine(sample, by="site").to_json())["groups"]] == ["a", "b"]
    found = json.loads(examine(sample, by="time").to_json())["over_time"]
    assert found["input"]["changed"] is False
    assert "p" not in found["input"]["measures"][0]


def test_same_seed_gives_the_same_json():
    one, other = (examine(cohort(30), cohort(60, seed=1)).to_json() for _ in range(2))
    assert one == other


def test_repeated_participants_are_noted():
    found = examine(cohort(30, labels={"participant": ("sub-1", "sub-2") * 15}), cohort(60, seed=1))
    assert found.notes[0].startswith("cohort: 30 scans are of 2 participants; scans of one participant are alike")


@pytest.mark.parametrize(("n", "people"), [(1, "one participant"), (2, "2 participants")])
def test_note_on_both_cohorts_stands_once(n, people):
    same = cohort(30, labels={"participant": tuple(f"sub-{row % n}" for row in range(30))})
    (note,) = examine(same, same).notes
    assert f"30 scans are of {people};" in note


def test_neither_reference_nor_groups_is_refused():
    with pytest.raises(UsageError, match="is required unless"):
        examine(cohort(30))
