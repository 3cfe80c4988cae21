"""Quality: the file beside a mask counts, and else the line of the table."""

from __future__ import annotations

import json

import pytest

from deskull.batch.outputs import quality_path
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
