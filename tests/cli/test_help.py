"""Help: what it names is what the reader types, whatever the version of Typer."""

from __future__ import annotations

import pytest
import typer

from deskull.cli import app
from deskull.cli.examples import EXAMPLES
from deskull.options import Layout


def arguments_of(words):
    """The positional parameters of a command."""
    command = typer.main.get_command(app)
    for word in words.split():
        command = command.commands[word]
    return [parameter for parameter in command.params if parameter.param_type_name == "argument"]


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_argument_has_a_name_in_capitals_or_a_list_of_choices(command):
    for argument in arguments_of(command):
        assert argument.name == "level" or argument.metavar == argument.metavar.upper()


def test_help_of_train_names_every_recipe_that_ships():
    pytest.importorskip("torch", reason="needs torch (deskull[train])")
    from deskull.train.recipe_files import shipped_recipes

    (recipe,) = arguments_of("train")
    *names, last = recipe.help.partition(";")[0].replace(" or ", ", ").split(", ")
    assert [*names, last] == shipped_recipes()


@pytest.mark.parametrize("command", ["benchmark", "data index"])
def test_help_lists_the_layouts(deskull, command):
    shown = deskull(*command.split(), "--help").stdout
    words = {word.strip(",.:;") for word in shown.split()}
    assert words.issuperset(Layout)
