"""What the drop-in commands share: parsing, the warning for options without meaning, stripping, exit statuses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from deskull.cli.console import (
    FAILED,
    USAGE,
    as_command,
    logging_to_stderr,
    print_message,
    print_warning,
)
from deskull.cli.wording import command_line_text, on_one_line
from deskull.errors import UsageError, printable
from deskull.options import OutputKind, StripOptions
from deskull.system.streams import prepare_streams

if TYPE_CHECKING:
    from deskull.batch.records import Record
    from deskull.batch.tasks import Task


@dataclass(frozen=True)
class Request:
    """What a command line asks for.

    Attributes
    ----------
    tasks : sequence of Task
        The scans with the files to write.
    options : StripOptions
    ignored : sequence of str
        Options that were given but mean nothing to deskull.
    verbose : bool
        Whether the stages and their durations are reported on stderr.
    border : str
        The option that moves the border, with its value, as it was typed.
    """

    tasks: Sequence[Task]
    options: StripOptions
    ignored: Sequence[str] = ()
    verbose: bool = False
    border: str = ""


class Typed(argparse.Action):
    """Keeps a number, and in ``DEST_typed`` the option with it as it was typed, for messages."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Keep both."""
        setattr(namespace, self.dest, values)
        setattr(namespace, f"{self.dest}_typed", f"{option} {values:g}")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the exit status of a wrong command line."""

    def error(self, message: str) -> NoReturn:
        """Print the error and exit."""
        print_message(f"error: {printable(message)}; {self.prog} --help lists the options.")
        raise SystemExit(USAGE)


def path(text: str) -> Path:
    """Return the path that an argument names.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is empty, as of a variable that is not set.
    """
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("the path is empty, or holds a null character")
    return Path(text)


def scan_task(scan: Path, files: Mapping[OutputKind, Path | None]) -> Task:
    """Return the task of a scan with the files that are given; kinds without a file are not written.

    Raises
    ------
    UsageError
        If a file has an ending that is not written.
    """
    from deskull.batch.chosen_names import refuse_ending
    from deskull.batch.tasks import Task

    given: dict[str, Path] = {kind: file for kind, file in files.items() if file is not None}
    if not given:
        raise UsageError(f"{scan}: no result is asked for; name a file to write.")
    for file in given.values():
        refuse_ending(file)
    return Task(scan, next(iter(given.values())).parent, given)


def move_border(options: StripOptions, shift: float) -> StripOptions:
    """Return options whose border is moved outwards from that on the network's card.

    Parameters
    ----------
    options : StripOptions
    shift : float
        In mm; negative values move it inwards.
    """
    from deskull.models import load_model

    if shift == 0:
        return options
    return replace(options, border=load_model(options.model).default_border(options.surface) + shift)


def run(read: Callable[[Sequence[str]], Request], arguments: Sequence[str] | None) -> int:
    """Do what a command line asks for.

    Parameters
    ----------
    read : callable
        Turns the arguments into a `Request`.
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        Exit status: 0 if all scans were stripped, 1 if one failed, 2 if the command line is wrong.
    """
    given = sys.argv[1:] if arguments is None else arguments

    def command() -> None:
        """Read the arguments and strip."""
        fulfil(read(given))

    prepare_streams()
    try:
        as_command(command)()
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        return FAILED
    return 0


def fulfil(request: Request) -> None:
    """Strip the scans of a request.

    Nothing is printed on stderr but warnings and errors: nipype takes any text of BET there for a failure.

    Raises
    ------
    UsageError
        If a result would replace a scan.
    typer.Exit
        If a scan failed.
    """
    from deskull.batch import local, stripping
    from deskull.batch.tasks import check_outputs

    if request.ignored:
        print_warning(f"{', '.join(request.ignored)}: ignored; deskull has no such option.")
    check_outputs(request.tasks)
    try:
        stripping.check_options(request.options)
    except UsageError as error:
        raise _as_typed(error, request) from None
    jobs, threads = local.jobs_and_threads(len(request.tasks), None, request.options.threads)
    options = replace(request.options, threads=threads)
    with logging_to_stderr(request.verbose, debug=request.verbose):
        failures = [_report(record) for record in local.run(request.tasks, options, jobs)]
    if any(failures):
        raise typer.Exit(FAILED)


def _as_typed(error: UsageError, request: Request) -> UsageError:
    """Return an error that names the option that was typed, if it is the one that moves the border."""
    if error.parameter != "border" or not request.border:
        return error
    return UsageError(f"{request.border}: stands for a border of {error.value:g} mm, which {error.reason}")


def _report(record: Record) -> bool:
    """Print the outcome of a scan; return whether it failed."""
    for message in record.warnings:
        print_warning(message)
    if record.error:
        print_message(f"error: {command_line_text(record.error)}")
    else:
        print(on_one_line(f"{record.scan} -> {', '.join(record.files.values())}"), flush=True)
    return bool(record.error)
