"""Options: stated once, validated once, and described wherever they are used."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from deskull import StripOptions, UsageError, strip
from deskull.options import (
    Device,
    EngineName,
    Frame,
    Group,
    OutputKind,
    ReadOptions,
    Surface,
    describe_options,
    option_fields,
    options_table,
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
        ("frame", "first", "unknown; choose each or mean."),
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


@pytest.mark.parametrize("name", [field.name for field in fields(StripOptions)])
def test_every_option_has_a_sentence_and_a_group(name):
    field = option_fields()[name]
    assert field.help[0].isupper() or field.help.startswith("auto:")
    assert field.help.endswith(".")
    assert "{" not in field.help
    assert isinstance(field.option.group, Group)


def test_docstring_of_the_class_lists_every_option():
    documentation = inspect.getdoc(StripOptions)
    for name, field in option_fields().items():
        assert f"{name} : {field.type_text}" in documentation
        assert field.help in documentation


def test_placeholder_in_a_docstring_becomes_the_entry_of_the_option():
    @describe_options
    def function(border):
        """Do it.

        Parameters
        ----------
        %(border)s
        """

    lines = inspect.getdoc(function).splitlines()
    assert lines[4] == "border : float, default: 0.0"
    assert lines[5] == f"    {option_fields()['border'].help}"


def test_function_without_a_docstring_stays_without():
    assert describe_options(lambda: None).__doc__ is None


def test_keywords_of_strip_have_the_defaults_of_the_options():
    parameters = inspect.signature(strip).parameters
    shared = [name for name in parameters if name in option_fields()]
    assert len(shared) >= 10
    assert {name: parameters[name].default for name in shared} == {
        name: option_fields()[name].default for name in shared
    }


def test_table_has_a_row_for_every_option():
    rows = options_table().splitlines()
    assert rows[0].startswith("| option |")
    assert [row.split("`")[1] for row in rows[2:]] == list(option_fields())


def test_types_in_documentation_follow_numpydoc():
    found = option_fields()
    assert found["surface"].type_text == '{"brain", "intracranial"}'
    assert found["threads"].type_text == "int, optional"
    assert found["border"].type_text == "float"
    assert found["outputs"].type_text.startswith('tuple of {"brainmask"')
