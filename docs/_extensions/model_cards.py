"""Model cards: a section for each network that ships, made from its card when the documentation is built."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

#: The page, and the line of it that the cards replace.
PAGE, PLACE = "reference/model-cards", "<!-- model cards -->"
MODELS = Path(__file__).parents[2] / "src" / "deskull" / "models"
#: Columns of the table of real scans, by their names in a card, and how their values are written.
_SCORES = {
    "dice": ("Dice", ".3f"),
    "sensitivity": ("Sensitivity", ".3f"),
    "far_false_positives": ("False positives beyond 5 mm", ".5f"),
    "hd95": ("HD95 (mm)", ".1f"),
}


def card_files() -> list[Path]:
    """Return the cards of the networks that ship, by name."""
    return sorted(MODELS.glob("*.json"))


def card_section(card: dict[str, Any]) -> str:
    """Return a card as a section in Markdown.

    Parameters
    ----------
    card : dict
        As read from its JSON file.

    Returns
    -------
    str
        Headings, lists and tables of its facts, data, figures, known failures, recipe and history.
    """
    parts = {
        f"## `{card['name']}`": [_text(card["description"]), "", *_facts(card)],
        "### Data and licences": _table(
            ("Data", "Licence", "Use"), ((one["name"], one["licence"], one["use"]) for one in card["data"])
        ),
        "### Figures": list(_figures(card["figures"])),
        "### Known failures": _items(card["known_failures"]),
        "### Recipe": list(_recipe(card)),
        "### History": _items(card["history"]),
    }
    return "\n\n".join("\n".join((heading, "", *lines)) for heading, lines in parts.items())


def _facts(card: dict[str, Any]) -> list[str]:
    """Return the table of what a network is."""
    voxels = float(card["voxel_size_mm"])
    borders = (f"{border:g} mm ({surface})" for surface, border in card["default_border_mm"].items())
    facts = {
        "Licence": card["licence"],
        "Surfaces": ", ".join(card["surfaces"]),
        "Voxels": f"{voxels:g} mm in, {voxels * card['preprocess']['stride']:g} mm out",
        "Default border": ", ".join(borders),
        "Distances": f"up to {card['band_mm']:g} mm",
        "Parameters": f"{card['parameters']:,}",
        "SHA-256": f"`{card['sha256']}`",
    }
    return _table(("", ""), facts.items())


def _figures(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the figures: summaries, the real scans one by one, and synthetic images by contrast."""
    real, synthetic, lost = (figures[name] for name in ("real_validation", "held_out_synthetic", "tissue_lost_percent"))
    yield from _table(
        ("", "Border (mm)", "Number", "Median", "Worst"),
        (
            ("Dice, real scans", real["border_mm"], len(real["cases"]), real["median_dice"], real["worst_dice"]),
            (
                "Dice, held-out synthetic images",
                synthetic["border_mm"], synthetic["images"], synthetic["median_dice"], synthetic["worst_dice"],
            ),
            ("Brain tissue lost (%), real scans", lost["border_mm"], lost["scans"], lost["median"], lost["worst"]),
        ),
    )  # fmt: skip
    yield from ("", "Each real scan:", "")
    yield from _table(("Scan", *(title for title, _ in _SCORES.values())), map(_scores, real["cases"].items()))
    yield from ("", "Synthetic images by contrast, median Dice:", "")
    by_contrast = synthetic["median_by_contrast"]
    yield from _table(tuple(by_contrast), [tuple(by_contrast.values())])


def _scores(case: tuple[str, dict[str, float]]) -> tuple[str, ...]:
    """Return the cells of a real scan."""
    name, scores = case
    return (f"`{name}`", *(format(scores[column], spec) for column, (_, spec) in _SCORES.items()))


def _recipe(card: dict[str, Any]) -> Iterator[str]:
    """Yield the command that trains a network again, and the settings of the recipe."""
    recipe = card["recipe"]
    yield from ("```", card["train_again"], "```", "")
    yield f"The settings of the training; the network was exported by the code of commit `{card['commit']}`:"
    yield ""
    yield from _table(("Setting", "Value"), ((f"`{name}`", value) for name, value in _flat(recipe)))


def _flat(settings: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings of a recipe with dotted names; empty groups are left out."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value if isinstance(value, str) else json.dumps(value)


def _items(texts: Iterable[str]) -> list[str]:
    """Return a list."""
    return [f"- {_text(text)}" for text in texts]


def _table(header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Return the lines of a table."""
    lines = [header, ("---",) * len(header), *rows]
    return ["| " + " | ".join(map(_text, line)) + " |" for line in lines]


def _text(value: object) -> str:
    """Return text for a line or a cell."""
    return " ".join(str(value).split()).replace("|", r"\|")


def insert_cards(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the cards into the page; it is built again when one of them changes."""
    if page == PAGE:
        for path in card_files():
            app.env.note_dependency(str(path))
        cards = [json.loads(path.read_text(encoding="utf-8")) for path in card_files()]
        source[0] = source[0].replace(PLACE, "\n\n".join(map(card_section, cards)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is done to the page."""
    app.connect("source-read", insert_cards)
    return {"parallel_read_safe": True}
