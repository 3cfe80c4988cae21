"""``deskull evaluate``: masks against references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli.console import FAILED, REPORTED, refuse_inputs, say, sentence

if TYPE_CHECKING:
    from deskull.evaluation import Row


def evaluate(
    predicted: Annotated[Path, typer.Argument(metavar="PRED", help="Mask, or a folder of them.", show_default=False)],
    reference: Annotated[Path, typer.Argument(metavar="REF", help="Reference, or a folder.", show_default=False)],
    roi: Annotated[Path | None, typer.Option(help="Count only where this mask (or folder's X_roi) is not 0.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all scores here as CSV.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write all scores here as JSON ('-': stdout).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Score masks: Dice, IoU, sensitivity, specificity, HD95 and mean surface distance in mm, volume, leak."""
    from deskull.evaluation import evaluate_pair, find_pairs, to_csv, to_json
    from deskull.formats.atomic import refuse_existing, write_bytes

    for path in filter(None, (csv, json)):
        refuse_inputs(path, (predicted, reference))
        refuse_existing(path, overwrite)
    rows, failures = [], 0
    for pair in find_pairs(predicted, reference, roi):
        try:
            rows.append(evaluate_pair(pair))
        except REPORTED as error:
            failures += 1
            say(f"error: {sentence(error)}")
    if rows and csv:
        write_bytes(csv, to_csv(rows).encode(), overwrite=overwrite)
    if rows and json and str(json) != "-":
        write_bytes(json, to_json(rows).encode(), overwrite=overwrite)
    if str(json) == "-":
        print(to_json(rows), end="")
    elif rows:
        _print_table(rows)
    if failures:
        raise typer.Exit(FAILED)


def _print_table(rows: list[Row]) -> None:
    """Print the scores, and their summary where there are several cases."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from deskull.evaluation import COLUMNS, summarise

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("case", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(row.case, *(format(getattr(row.scores, name), form) for name, form in COLUMNS.items()))
    summary = summarise(rows)
    for kind in ("median", "mean", "worst") if len(rows) > 1 else ():
        cells = (format(summary[name][kind], form) if name in summary else "" for name, form in COLUMNS.items())
        table.add_row(kind, *cells, style="bold")
    console = Console()
    console.print(table) if console.is_terminal else Console(width=200).print(table)
