"""Quality files: what they state is read, and what makes no sense is left out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from deskull.errors import InputError
from deskull.provenance import Provenance
from deskull.quality.files import read_fields, read_provenance, read_quality, short_text, to_quality
from deskull.quality.verdict import Quality, Verdict

STATED = {
    "predicted_dice": 0.97, "lower_bound": 0.94, "margin_mm": 1.2, "verdict": "pass", "reasons": ["a", "b"],
    "input": {"contrast": "T1w", "snr": 20}, "measures": {"components": 1},
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a_quality.json"


def test_what_a_file_states_is_read(path):
    path.write_text(json.dumps({"quality": STATED}))
    values = {"input": {"contrast": "T1w", "snr": 20.0}, "measures": {"components": 1.0}}
    assert read_quality(path) == Quality(Verdict.passed, ("a", "b"), 0.97, 0.94, 1.2, **values)


def test_quality_that_was_written_is_read_again(path):
    quality = Quality(Verdict.failed, ("a",), 0.5, 0.4, 3.0, {"noise": 1.0}, {"components": 2.0}, {"noise": 37.0})
    path.write_text(json.dumps({"quality": quality.as_dict()}))
    assert read_quality(path) == quality


@pytest.mark.parametrize("content", ["", "[]", "{", '{"quality": 1}', "{}", "[" * 100_000, " " * 1_000_001])
def test_damaged_file_says_nothing(path, content):
    path.write_text(content)
    assert read_quality(path) is None


def test_file_without_quality_is_named(path):
    path.write_text("{}")
    with pytest.raises(InputError, match=r"a_quality\.json: holds no object 'quality'; make it anew"):
        read_fields(path)


@pytest.mark.parametrize("value", ["nan", float("nan"), 2, -1, None, [], True, "a lot", 10**400])
def test_dice_that_is_none_is_left_out(value):
    assert to_quality({"predicted_dice": value}).predicted_dice is None


@pytest.mark.parametrize("verdict", ["no mask", "excellent", 3, None, []])
def test_other_verdict_is_not_judged(verdict):
    assert to_quality({"verdict": verdict}).verdict is Verdict.not_judged


@pytest.mark.parametrize("value", ["37", -1, 101, float("nan"), None, [], True])
def test_percentile_that_is_none_is_left_out(value):
    assert to_quality({"percentiles": {"noise": value, "gap": 50}}).percentiles == {"gap": 50.0}


def test_values_of_other_types_are_left_out():
    measures = {"a": [], "b": float("inf"), "c": 10**400, "d": 1}
    quality = to_quality({"reasons": [1, None, "", "a"], "measures": measures, "input": 3})
    assert (quality.reasons, quality.measures, quality.input) == (("a",), {"d": 1.0}, {})


def test_long_text_is_cut_off_and_control_characters_are_written_out():
    assert short_text("a" * 1000) == "a" * 300 + "…"
    assert short_text("a\x1b[2J\u202e") == r"a\x1b[2J\u202e"


MADE = Provenance("default", "ab" * 32, "brain", 0.5)


def write_quality_of(path, made):
    path.write_text(json.dumps({"quality": STATED, "GeneratedBy": [made.generated_by()]}))


def test_file_of_a_mask_of_the_same_settings_is_read(path):
    write_quality_of(path, MADE)
    assert read_quality(path, MADE).verdict is Verdict.passed


def test_file_of_another_mask_says_nothing_and_the_settings_are_named(path):
    write_quality_of(path, MADE)
    other = replace(MADE, border=-6.0)
    assert read_quality(path, other) is None
    with pytest.raises(
        InputError, match=r"describes a mask that was made with border=0.5, not border=-6; make it anew"
    ):
        read_fields(path, other)


def test_file_that_does_not_say_what_its_mask_was_made_with_is_read(path):
    path.write_text(json.dumps({"quality": STATED}))
    assert read_quality(path, MADE).verdict is Verdict.passed


@pytest.mark.parametrize("content", [None, "{", "{}", '{"GeneratedBy": [{"Name": "other"}]}'])
def test_what_a_mask_was_made_with_is_unknown_without_a_file_of_deskull(path, content):
    if content:
        path.write_text(content)
    assert read_provenance(path) is None
