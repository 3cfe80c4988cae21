"""The command line: one file per command; parse, call, print."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from deskull.cli import bids, data, demo, evaluate, export, models, prepare, show, strip, synthesise_nfbs, train
from deskull.cli.console import guarded

app = typer.Typer(
    name="deskull",
    help="A raw head scan goes in, the brain comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("strip")(guarded(strip.strip))
app.command("bids", cls=bids.SeveralValues)(guarded(bids.bids))
app.command("show")(guarded(show.show))
app.command("evaluate")(guarded(evaluate.evaluate))
app.command("train")(guarded(train.train))
app.command("export")(guarded(export.export))
app.command("models")(guarded(models.models))
app.command("demo")(guarded(demo.demo))
data.app.command("prepare")(guarded(prepare.prepare))
data.app.command("synthesise-nfbs")(guarded(synthesise_nfbs.synthesise_nfbs))
app.add_typer(data.app, name="data", help="Find, check and prepare scans with masks to train on.")


def _version(wanted: bool) -> None:
    if wanted:
        from deskull import __version__

        print(f"deskull {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A raw head scan goes in, the brain comes out."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files may be any bytes
        sys.stdout.reconfigure(errors="surrogateescape")
