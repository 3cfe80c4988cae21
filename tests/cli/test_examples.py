"""Examples: the help of every command ends with command lines that it would read."""

from __future__ import annotations

import shlex

import pytest
import typer

from deskull.cli import app
from deskull.cli.examples import EXAMPLES, examples_text
from tests.docs.test_documentation import parse

LINES = [line for examples in EXAMPLES.values() for line, _ in examples]


@pytest.mark.parametrize("line", LINES)
def test_example_is_a_command_line_that_deskull_parses(line):
    parse(typer.main.get_command(app), shlex.split(line)[1:])


@pytest.mark.parametrize("command", EXAMPLES)
def test_examples_of_a_command_call_that_command(command):
    assert all(line.startswith(f"deskull {command}") for line, _ in EXAMPLES[command])


@pytest.mark.parametrize("command", EXAMPLES)
def test_help_of_a_command_ends_with_its_examples(deskull, command):
    assert deskull(*command.split(), "--help").stdout.rstrip().endswith(examples_text(f"deskull {command}"))


def test_every_command_has_examples():
    root = typer.main.get_command(app)
    groups = {"data", "models", "web"}
    inner = {f"{group} {name}" for group in groups for name in root.commands[group].commands}
    assert inner | (set(root.commands) - groups) == set(EXAMPLES)


@pytest.mark.parametrize("program", ["deskull", "python -m deskull"])
def test_examples_are_found_by_the_words_that_call_the_command(program):
    assert examples_text(f"{program} data prepare").startswith(" Examples:\n  # before training\n  deskull data")


def test_command_of_another_program_has_no_examples():
    assert examples_text("other") == ""


def test_help_without_rich_ends_with_the_examples_too(deskull, monkeypatch):
    monkeypatch.setattr("deskull.cli.examples.CommandWithExamples.rich_markup_mode", None, raising=False)
    assert "Examples:" in deskull("demo", "--help").stdout
