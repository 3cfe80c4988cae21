"""``deskull models``: the networks that travel with deskull, and their cards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deskull.models import Model


def models(
    name: Annotated[
        str | None,
        typer.Argument(help="Print the whole card of this model (or .onnx file) as JSON.", show_default=False),
    ] = None,
) -> None:
    """List the shipped models, or print a model's card: data, licences, recipe, figures, known failures."""
    from deskull.models import load_model, shipped_models

    if name:
        print(json.dumps(load_model(name).card, indent=2))
        return
    _print_table(shipped_models())


def _print_table(found: list[Model]) -> None:
    """Print a line for each model."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("model", box=box.SIMPLE_HEAD)
    for column in ("sees mm", "answers mm", "parameters", "MB", "real scans: Dice median", "worst"):
        table.add_column(column, justify="right")
    table.add_column("what it is")
    for model in found:
        figures = model.card.get("figures", {}).get("real_validation", {})
        dice = [f"{figures[key]:.3f}" if key in figures else "-" for key in ("median_dice", "worst_dice")]
        size = f"{model.path.stat().st_size / 1e6:.1f}"
        edges = (f"{model.voxel:g}", f"{model.preprocessing.output_voxel_size:g}")
        cells = (model.path.stem, *edges, f"{model.card['parameters']:,}", size, *dice)
        table.add_row(*cells, str(model.card.get("description", "")))
    console = Console()
    console.print(table) if console.is_terminal else Console(width=200).print(table)
