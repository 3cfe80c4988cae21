"""``deskull models``: the networks that ship with deskull or were fetched, and their cards."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from deskull.errors import printable

if TYPE_CHECKING:
    from deskull.models import Model


class _ModelsGroup(TyperGroup):
    """Commands about models; without one, the models are shown, so that ``deskull models small`` prints a card."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line, in which ``show`` may be missing."""
        is_named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        if not is_named and not ctx.resilient_parsing:  # otherwise the shell completes an unfinished line
            args = ["show", *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name; a name of a model stands for showing it."""
        return super().get_command(ctx, cmd_name) or self.commands["show"]


app = typer.Typer(cls=_ModelsGroup)


@app.callback()
def _models() -> None:
    """List the networks, print a card, and fetch your own networks.

    'deskull models' lists all of them, and 'deskull models NAME' prints the card of one.
    """


def show(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of a model, or an .onnx file, whose card is printed.", show_default=False
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole card as JSON; without a name, all cards.")
    ] = False,
) -> None:
    """List the models, or print the card of one: data, licences, figures, known failures."""
    from deskull.models import fetched_models, load_model, shipped_models

    if name and as_json:
        print(json.dumps(load_model(name).card, indent=2))
    elif name:
        print("\n".join(map(printable, _card_lines(load_model(name)))))
    else:
        known = [*shipped_models(), *fetched_models()]
        print(json.dumps([_listed(model) for model in known], indent=2)) if as_json else _print_table(known)


def _listed(model: Model) -> dict[str, Any]:
    """The card of a model, and whether it ships with deskull or was fetched."""
    return {**model.card, "source": _source(model)}


def _source(model: Model) -> str:
    """Where a model that goes by a name comes from."""
    return "fetched" if model.is_fetched else "shipped"


def _print_table(models: list[Model]) -> None:
    """Print one line for each model."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("model", box=box.SIMPLE_HEAD)
    for column in ("voxels in/out, mm", "default border, mm", "MB", "Dice at it, median", "worst", "tissue lost, %"):
        table.add_column(column, justify="right")
    table.add_column("source")
    table.add_column("description")
    for model in models:
        table.add_row(*(Text(printable(cell)) for cell in _cells(model)))
    console = Console()
    console.print(table) if console.is_terminal else Console(width=200).print(table)


def _cells(model: Model) -> list[str]:
    """The line of one model: figures of real scans at its default border; a dash stands for those of another border."""
    dice, lost = (_at_default_border(model, key) for key in ("real_validation", "tissue_lost_percent"))
    return [
        model.path.stem,
        f"{model.voxel_size:g} / {model.preprocessing.output_voxel_size:g}",
        f"{model.default_border('brain'):g}",
        f"{model.path.stat().st_size / 1e6:.1f}",
        *(f"{dice[key]:.3f}" if key in dice else "-" for key in ("median_dice", "worst_dice")),
        f"{lost['median']:.2f}" if "median" in lost else "-",
        _source(model),
        str(model.card.get("description", "")),
    ]


def _at_default_border(model: Model, name: str) -> dict[str, Any]:
    """Figures of a card if they were measured at the default border, else none."""
    figures: dict[str, Any] = model.card.get("figures", {}).get(name, {})
    return figures if figures.get("border_mm") == model.default_border("brain") else {}


def _card_lines(model: Model) -> Iterator[str]:
    """The card of a model as text."""
    card = model.card
    yield from _wrapped(f"{card.get('name') or model.path.stem}: {card.get('description', '')}")
    yield ""
    borders = ", ".join(f"{model.default_border(surface):g} mm ({surface})" for surface in model.surfaces)
    facts = {
        "Licence": card.get("licence", "not stated"),
        "Default border": borders,
        "Voxels": f"{model.voxel_size:g} mm in, {model.preprocessing.output_voxel_size:g} mm out",
        "Parameters": f"{card['parameters']:,}" if "parameters" in card else "not stated",
        "SHA-256": card["sha256"],
    }
    yield from (f"{name + ':':<16}{value}" for name, value in facts.items())
    sections = {
        "Figures": list(_figures(card.get("figures", {}))),
        "Known failures": card.get("known_failures", []),
        "Data": [f"{one.get('name')} ({one.get('licence')}): {one.get('use')}" for one in card.get("data", [])],
    }
    for title, items in sections.items():
        if items:
            yield from ("", f"{title}:")
        for item in items:
            yield from _wrapped(f"- {item}")
    yield from ("", "Everything else (recipe, history, each scan): deskull models NAME --json")


def _wrapped(text: str) -> list[str]:
    """Lines of a paragraph, of which all but the first are indented."""
    return textwrap.wrap(text, 100, subsequent_indent="  ", break_on_hyphens=False)


def _figures(figures: dict[str, Any]) -> Iterator[str]:
    """Figures of a card as sentences, each with the border at which it was measured."""
    names = {"real_validation": "real scans", "held_out_synthetic": "held-out synthetic images"}
    for key, name in names.items():
        found = figures.get(key, {})
        if {"median_dice", "worst_dice"} <= found.keys():
            dice = f"{found['median_dice']:.3f} (median), {found['worst_dice']:.3f} (worst)"
            yield f"{name}, border {_mm(found)}: Dice {dice}"
    lost = figures.get("tissue_lost_percent", {})
    if {"median", "worst"} <= lost.keys():
        yield f"brain tissue lost, border {_mm(lost)}: {lost['median']:g} % (median), {lost['worst']:g} % (worst)"


def _mm(figures: dict[str, Any]) -> str:
    """The border at which figures were measured."""
    return f"{figures['border_mm']:g} mm" if "border_mm" in figures else "not stated"
