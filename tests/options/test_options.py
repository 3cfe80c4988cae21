"""Options: stated once, validated once, and described wherever they are used."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import pytest

from deskull import StripOptions, UsageError
from deskull.options import (
    Device,
    EngineName,
    Frame,
    OutputKind,
    ReadOptions,
    Surface,
)


def test_text_is_converted_to_the_enumerations():
    options = StripOptions(surface="intracranial", frame="mean", engine="openvino", device="cpu", outputs=("brain",))
    assert options.surface is Surface.intracranial
    assert options.frame is Frame.mean
    assert options.engine is EngineName.openvino
    assert options.device is Device.cpu


def test_mask_is_always_one_of_the_outputs_and_the_first():
    assert StripOptions(outputs=("seg", "brain")).outputs == (OutputKind.brainmask, OutputKind.brain, OutputKind.seg)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("surface", "skin", "unknown; choose brain or intracranial."),
        ("frame", "first", "unknown; choose mean or each."),
        ("engine", "tensorflow", "unknown; choose onnxruntime or openvino."),
        ("device", "tpu", "unknown; choose auto or cpu."),
        ("threads", 0, "must be at least 1 and at most 256."),
        ("threads", 512, "must be at least 1 and at most 256."),
        ("border", float("nan"), "must be a finite number."),
        ("border", float("inf"), "must be a finite number."),
        ("timeout", 0.0, "must be more than 0."),
        ("timeout", -1.0, "must be more than 0."),
        ("max_archive_gb", 0.0, "must be more than 0."),
        ("max_archive_gb", float("nan"), "must be more than 0."),
    ],
)
def test_value_that_is_not_allowed_is_refused_by_the_name_of_its_parameter(name, value, fault):
    with pytest.raises(UsageError) as caught:
        StripOptions(**{name: value})
    assert caught.value.parameter == name
    assert caught.value.reason == fault


def test_quality_file_without_a_judgement_is_refused():
    with pytest.raises(UsageError, match="quality_file: states the judgement of the mask, which quality='none' turns"):
        StripOptions(quality="none", quality_file=True)


def test_unknown_kind_of_output_is_refused():
    with pytest.raises(UsageError, match="outputs='skull': unknown; choose brainmask or brain or distance"):
        StripOptions(outputs=("brain", "skull"))


def test_options_are_frozen():
    with pytest.raises(FrozenInstanceError):
        StripOptions().border = 1.0


def test_options_cross_processes():
    options = StripOptions(border=2.0, threads=3, outputs=("distance",))
    assert pickle.loads(pickle.dumps(options)) == options


def test_reading_options_are_those_of_the_reader():
    options = StripOptions(series="#2", allow_outside_data=True, max_archive_gb=20.0)
    assert options.reading == ReadOptions("#2", True, 20.0)


def test_reading_takes_no_series_where_all_are_stripped():
    assert StripOptions(series="all").reading.series is None


def test_defaults_of_reading_are_stated_once():
    assert StripOptions().reading == ReadOptions()
