"""The command line: one file for each command, which reads its options, calls the library and prints."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Annotated, Any

import typer

from deskull.cli import (
    benchmark,
    bids,
    check,
    data,
    demo,
    drift,
    evaluate,
    export,
    info,
    model_store,
    models,
    prepare,
    report,
    rerun,
    serve,
    show,
    strip,
    synthesise_nfbs,
    train,
    web,
)
from deskull.cli.commands import Commands
from deskull.cli.console import as_command
from deskull.cli.examples import CommandWithExamples
from deskull.system.streams import prepare_streams

app = typer.Typer(
    name="deskull",
    cls=Commands,
    help="A raw head scan goes in, the brain comes out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Kind(enum.StrEnum):
    """Headings under which the help lists the commands."""

    stripping = "Strip scans"
    checking = "Look at masks and score them"
    training = "Train networks"


def _add(
    group: typer.Typer,
    name: str,
    function: Callable[..., Any],
    kind: _Kind | None = None,
    cls: type[CommandWithExamples] = CommandWithExamples,
) -> None:
    """Make a function a command of a group."""
    group.command(name, cls=cls, rich_help_panel=kind)(as_command(function))


_add(app, "strip", strip.strip, _Kind.stripping)
_add(app, "bids", bids.bids, _Kind.stripping, cls=bids.MultipleValuesCommand)
_add(app, "demo", demo.demo, _Kind.stripping)
_add(app, "info", info.info, _Kind.stripping)
_add(app, "serve", serve.serve, _Kind.stripping)
_add(app, "report", report.report, _Kind.checking)
_add(app, "show", show.show, _Kind.checking)
_add(app, "check", check.check, _Kind.checking)
_add(app, "rerun", rerun.rerun, _Kind.checking)
_add(app, "evaluate", evaluate.evaluate, _Kind.checking)
_add(app, "benchmark", benchmark.benchmark, _Kind.checking)
_add(app, "drift", drift.drift, _Kind.checking)
_add(app, "train", train.train, _Kind.training)
_add(app, "export", export.export, _Kind.training)
_add(models.app, "show", models.show)
_add(models.app, "fetch", model_store.fetch)
_add(models.app, "remove", model_store.remove)
_add(web.app, "build", web.build)
_add(data.app, "index", data.index)
_add(data.app, "prepare", prepare.prepare)
_add(data.app, "synthesise-nfbs", synthesise_nfbs.synthesise_nfbs)
app.add_typer(
    models.app,
    name="models",
    help="List the networks, print a card, and fetch your own networks.",
    rich_help_panel=_Kind.stripping,
)
app.add_typer(
    web.app,
    name="web",
    help="Write the page that strips scans in the browser.",
    rich_help_panel=_Kind.stripping,
)
app.add_typer(
    data.app,
    name="data",
    help="Find, check and prepare scans with masks for training.",
    rich_help_panel=_Kind.training,
)


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
    prepare_streams()
