"""Model cards of the documentation: each card becomes a section that says all of it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("sphinx")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """The extension of Sphinx that makes the sections."""
    spec = importlib.util.spec_from_file_location("model_cards", DOCS / "_extensions" / "model_cards.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["default", "small"])
def card(request: pytest.FixtureRequest, generator: ModuleType) -> dict[str, Any]:
    """The card of a network that ships."""
    cards = {path.stem: path for path in generator.card_files()}
    found: dict[str, Any] = json.loads(cards[request.param].read_text())
    return found


def test_every_shipped_network_has_a_section(generator: ModuleType) -> None:
    assert [path.stem for path in generator.card_files()] == ["default", "small"]


def test_section_names_data_with_licences_and_known_failures(generator: ModuleType, card: dict[str, Any]) -> None:
    section = generator.card_section(card)
    assert section.startswith(f"## `{card['name']}`\n\n{card['description']}\n")
    for data in card["data"]:
        assert f"| {data['name']} | {data['licence']} | {data['use']} |" in section
    for text in (*card["known_failures"], *card["history"]):
        assert f"\n- {text}" in section


def test_section_holds_figures_of_every_real_scan(generator: ModuleType, card: dict[str, Any]) -> None:
    section = generator.card_section(card)
    for name, scores in card["figures"]["real_validation"]["cases"].items():
        dice, sensitivity, far, hd95 = scores.values()
        assert f"| `{name}` | {dice:.3f} | {sensitivity:.3f} | {far:.5f} | {hd95:.1f} |" in section


def test_section_holds_the_recipe(generator: ModuleType, card: dict[str, Any]) -> None:
    section = generator.card_section(card)
    assert f"```\n{card['train_again']}\n```" in section
    assert f"| `learning_rate` | {card['recipe']['learning_rate']} |" in section
    assert "| `synthesis.pose.axis_permutation_probability` | 0.2 |" in section


def test_every_row_of_a_table_has_the_columns_of_its_header(generator: ModuleType, card: dict[str, Any]) -> None:
    columns = 0
    for line in generator.card_section(card).splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        cells = line.replace(r"\|", "").count("|")
        assert cells == (columns or cells)
        columns = cells


def test_page_has_the_place_that_the_cards_replace(generator: ModuleType) -> None:
    assert (DOCS / f"{generator.PAGE}.md").read_text().count(generator.PLACE) == 1


def test_a_bar_in_a_text_does_not_end_a_cell(generator: ModuleType, card: dict[str, Any]) -> None:
    barred = card | {"licence": "A | B"}
    assert r"| Licence | A \| B |" in generator.card_section(barred)
