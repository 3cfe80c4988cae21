"""Quality: what files and tables state is read, and what makes no sense is left out."""

from __future__ import annotations

import json

import pytest

from deskull.batch.outputs import quality_path
from deskull.report.batch.quality import Quality, Verdict, read_quality, short_text

STATED = {
    "predicted_dice": 0.97, "lower_bound": 0.94, "margin_mm": 1.2, "verdict": "pass", "reasons": ["a", "b"],
    "input": {"contrast": "T1w", "snr": 20}, "measures": {"components": 1},
}  # fmt: skip


@pytest.fixture
def mask(tmp_path):
    return tmp_path / "a_brainmask.nii.gz"


def write(mask, quality):
    quality_path(mask).write_text(json.dumps({"quality": quality}))


def test_file_beside_the_mask_is_read(mask):
    write(mask, STATED)
    values = {"input": (("contrast", "T1w"), ("snr", 20.0)), "measures": (("components", 1.0),)}
    assert read_quality(mask, {}) == Quality(Verdict.passed, 0.97, 0.94, 1.2, ("a", "b"), **values)


def test_file_counts_more_than_the_table(mask):
    write(mask, STATED)
    assert read_quality(mask, {"verdict": "fail"}).verdict is Verdict.passed


def test_columns_of_the_table_count_without_a_file(mask):
    quality = read_quality(mask, {"verdict": "review", "predicted_dice": "0.91", "reason": "It is uncertain."})
    assert quality == Quality(Verdict.review, 0.91, reasons=("It is uncertain.",))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"quality": 1}', "[" * 100_000])
def test_damaged_file_says_nothing(mask, content):
    quality_path(mask).write_text(content)
    assert read_quality(mask, {}) == Quality()


@pytest.mark.parametrize("value", ["nan", float("nan"), 2, -1, None, [], True, "a lot", 10**400])
def test_dice_that_is_none_is_left_out(mask, value):
    write(mask, {"predicted_dice": value})
    assert read_quality(mask, {}).predicted_dice is None


@pytest.mark.parametrize("verdict", ["no mask", "excellent", 3, None, []])
def test_other_verdict_is_not_judged(mask, verdict):
    write(mask, {"verdict": verdict})
    assert read_quality(mask, {}).verdict is Verdict.not_judged


def test_values_of_other_types_are_left_out(mask):
    write(
        mask,
        {"reasons": [1, None, "", "a"], "measures": {"a": [], "b": float("inf"), "c": 10**400, "d": 1}, "input": 3},
    )
    quality = read_quality(mask, {})
    assert (quality.reasons, quality.measures, quality.input) == (("a",), (("d", 1.0),), ())


def test_scan_without_a_mask_has_what_the_table_says():
    assert read_quality(None, {"verdict": "fail"}).verdict is Verdict.fail


def test_long_text_is_cut_off_and_control_characters_are_written_out():
    assert short_text("a" * 1000) == "a" * 300 + "…"
    assert short_text("a\x1b[2J\u202e") == r"a\x1b[2J\u202e"
