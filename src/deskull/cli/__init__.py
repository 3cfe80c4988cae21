"""The command line: one file for each command, which reads its options, calls the library and prints."""

from __future__ import annotations

from typing import Annotated

import typer

from deskull.cli import bids, data, demo, evaluate, export, models, prepare, show, strip, synthesise_nfbs, train
from deskull.cli.commands import Commands
from deskull.cli.console import as_command, write_any_name

app = typer.Typer(
    name="deskull",
    cls=Commands,
    help="A raw head scan goes in, the brain comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("strip")(as_command(strip.strip))
app.command("bids", cls=bids.MultipleValuesCommand)(as_command(bids.bids))
app.command("show")(as_command(show.show))
app.command("evaluate")(as_command(evaluate.evaluate))
app.command("train")(as_command(train.train))
app.command("export")(as_command(export.export))
app.command("models")(as_command(models.models))
app.command("demo")(as_command(demo.demo))
data.app.command("index")(as_command(data.index))
data.app.command("prepare")(as_command(prepare.prepare))
data.app.command("synthesise-nfbs")(as_command(synthesise_nfbs.synthesise_nfbs))
app.add_typer(data.app, name="data", help="Find, check and prepare scans with masks for training.")


def _print_version(requested: bool) -> None:
    """Print the version and exit."""
    if requested:
        from deskull import __version__

        print(f"deskull {__version__}")
        raise typer.Exit


@app.callback()
def _deskull(
    version: Annotated[
        bool,
        typer.Option("-V", "--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """A raw head scan goes in, the brain comes out."""
    write_any_name()
