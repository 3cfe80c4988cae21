"""Quality: the file beside a mask counts if it describes that mask, and else the line of the table."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from deskull.batch.outputs import quality_path
from deskull.batch.resuming import sidecar_path
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality, Verdict
from deskull.report.batch.quality import quality_of


@pytest.fixture
def mask(tmp_path):
    return tmp_path / "a_brainmask.nii.gz"


def test_file_counts_more_than_the_table(mask):
    quality_path(mask).write_text(json.dumps({"quality": {"verdict": "pass"}}))
    assert quality_of(mask, {"verdict": "fail"}).verdict is Verdict.passed


@pytest.mark.parametrize("content", [None, "{"])
def test_columns_of_the_table_count_without_a_file_that_can_be_read(mask, content):
    if content:
        quality_path(mask).write_text(content)
    cells = {"verdict": "review", "predicted_dice": "0.91", "reason": "It is uncertain.", "findings": "It is noisy."}
    quality = quality_of(mask, cells)
    assert quality == Quality(Verdict.review, ("It is uncertain.",), 0.91, input={"findings": ["It is noisy."]})


def test_scan_without_a_mask_has_what_the_table_says():
    assert quality_of(None, {"verdict": "fail"}).verdict is Verdict.failed


def test_nothing_is_said_of_a_mask_without_a_file_and_a_table(mask):
    assert quality_of(mask, {}) == Quality(Verdict.not_judged)


@pytest.fixture
def replaced(mask):
    """A mask beside which the verdict on an earlier one, at a border of 0.5 mm, was left."""
    mask.touch()
    write_made(quality_path(mask), 0.5)
    return mask


def write_made(path, border):
    """Write a JSON file that states a border and a verdict."""
    made = Provenance("default", "ab" * 32, "brain", border).generated_by()
    path.write_text(json.dumps({"quality": {"verdict": "pass"}, "GeneratedBy": [made]}))


def line(border, later_by=timedelta(0)):
    """Line of a table that was written after the mask of now."""
    finished = (datetime.now(UTC) + later_by).isoformat()
    stated = {"sha256": "ab" * 32, "surface": "brain", "border_mm": str(border)}
    return {**stated, "model": "default", "finished": finished, "verdict": "review"}


def test_file_of_an_earlier_mask_does_not_count_where_the_table_states_another(replaced):
    assert quality_of(replaced, line(-6)).verdict is Verdict.review
    assert quality_of(replaced, line(0.5)).verdict is Verdict.passed


def test_line_of_an_earlier_mask_does_not_count_against_the_file(replaced):
    assert quality_of(replaced, line(-6, -timedelta(hours=1))).verdict is Verdict.passed


def test_file_of_an_earlier_mask_does_not_count_where_the_sidecar_states_another(replaced):
    write_made(sidecar_path(replaced), -6)
    assert quality_of(replaced, {}) == Quality(Verdict.not_judged)
