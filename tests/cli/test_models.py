"""``deskull models``: a line for each shipped model, a card as JSON."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from deskull.cli import app

SHIPPED = ["default", "small"]


def test_shipped_models_are_listed():
    done = CliRunner().invoke(app, ["models"])
    assert done.exit_code == 0, done.output
    first = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert [name for name in first if name in SHIPPED] == SHIPPED


def test_card_of_a_named_model_is_printed_as_json():
    done = CliRunner().invoke(app, ["models", "small"])
    card = json.loads(done.stdout)
    assert card["name"] == "small"
    assert card["licence"]


def test_unknown_model_is_refused():
    done = CliRunner().invoke(app, ["models", "none-such"])
    assert done.exit_code == 2
    assert "no such model" in done.stderr
