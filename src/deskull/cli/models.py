"""``deskull models``: the networks that ship with deskull, and their cards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deskull.models import Model


def models(
    name: Annotated[
        str | None,
        typer.Argument(help="Name of a model, or an .onnx file, whose card is printed as JSON.", show_default=False),
    ] = None,
) -> None:
    """List the shipped models, or print the card of one: data, licences, recipe, figures, known failures."""
    from deskull.models import load_model, shipped_models

    if name:
        print(json.dumps(load_model(name).card, indent=2))
        return
    _print_table(shipped_models())


def _print_table(models: list[Model]) -> None:
    """Print one line for each model."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("model", box=box.SIMPLE_HEAD)
    for column in ("input mm", "output mm", "parameters", "MB", "real scans: median Dice", "worst"):
        table.add_column(column, justify="right")
    table.add_column("description")
    for model in models:
        table.add_row(*_cells(model))
    console = Console()
    console.print(table) if console.is_terminal else Console(width=200).print(table)


def _cells(model: Model) -> list[str]:
    """The line of one model."""
    figures = model.card.get("figures", {}).get("real_validation", {})
    return [
        model.path.stem,
        f"{model.voxel_size:g}",
        f"{model.preprocessing.output_voxel_size:g}",
        f"{model.card['parameters']:,}",
        f"{model.path.stat().st_size / 1e6:.1f}",
        *(f"{figures[key]:.3f}" if key in figures else "-" for key in ("median_dice", "worst_dice")),
        str(model.card.get("description", "")),
    ]
