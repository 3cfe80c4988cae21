"""``deskull models``: a line for each shipped model, a card as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from typer.testing import CliRunner

from deskull.cli import app
from deskull.cli.models import _cells
from deskull.models import load_model

SHIPPED = ["default", "small"]


def test_shipped_models_are_listed():
    done = CliRunner().invoke(app, ["models"])
    assert done.exit_code == 0, done.output
    first = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert [name for name in first if name in SHIPPED] == SHIPPED


def test_table_states_the_default_border():
    done = CliRunner().invoke(app, ["models"])
    (line,) = [line for line in done.stdout.splitlines() if line.split()[:1] == ["small"]]
    assert line.split()[4] == f"{load_model('small').default_border('brain'):g}"


def test_figures_of_another_border_are_not_in_the_table():
    small = load_model("small")
    moved = replace(small, card={**small.card, "default_border_mm": {"brain": 9.0}})
    assert _cells(moved)[4:7] == ["-", "-", "-"]


def test_card_of_a_named_model_is_text_that_names_the_border_of_each_figure():
    text = CliRunner().invoke(app, ["models", "small"]).stdout
    border = load_model("small").default_border("brain")
    assert text.startswith("small: ")
    assert f"- real scans, border {border:g} mm: Dice " in text
    assert "Known failures:\n- " in text
    assert max(map(len, text.splitlines())) <= 100


def test_card_of_a_named_model_is_printed_as_json():
    done = CliRunner().invoke(app, ["models", "small", "--json"])
    card = json.loads(done.stdout)
    assert card["name"] == "small"
    assert card["licence"]


def test_unknown_model_is_refused():
    done = CliRunner().invoke(app, ["models", "none-such"])
    assert done.exit_code == 2
    assert "no such model" in done.stderr
