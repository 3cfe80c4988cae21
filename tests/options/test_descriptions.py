"""Descriptions: every option has one, and docstrings, signatures and the table draw on it."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from deskull import ReadOptions, StripOptions, strip
from deskull.options import Group, describe_options, option_fields, options_table


@pytest.mark.parametrize("name", [field.name for field in fields(StripOptions)])
def test_every_option_has_a_sentence_and_a_group(name):
    field = option_fields()[name]
    assert field.help[0].isupper() or field.help.startswith("auto:")
    assert field.help.endswith(".")
    assert "{" not in field.help
    assert isinstance(field.option.group, Group)


def test_docstring_of_the_reading_options_lists_them():
    documentation = inspect.getdoc(ReadOptions)
    assert all(option_fields()[field.name].help in documentation for field in fields(ReadOptions))


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
    assert lines[4] == "border : float, optional"
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
    assert found["border"].type_text == "float, optional"
    assert found["outputs"].type_text.startswith('tuple of {"brainmask"')
