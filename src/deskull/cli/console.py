"""What commands share: messages on stderr, errors in one sentence, exit statuses."""

from __future__ import annotations

import functools
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from deskull.errors import DeskullError, UsageError, sentence
from deskull.options import option_fields

#: Exit statuses: a scan failed; the command line was wrong.
FAILED, USAGE = 1, 2
#: What a command reports in one sentence; anything else is a bug and keeps its traceback.
REPORTED = (DeskullError, OSError, MemoryError)


def say(message: str) -> None:
    """Print a line on stderr, so that stdout stays for results."""
    print(message, file=sys.stderr)


@contextmanager
def spoken_warnings() -> Iterator[None]:
    """Print warnings as one plain line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_: say(f"warning: {message}")
        yield


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a command: an error a user can meet becomes one sentence and the right exit status."""

    @functools.wraps(command)
    def _guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            with spoken_warnings():
                return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # whoever read the output has gone; typer ends quietly
        except REPORTED as error:
            say(f"error: {option_names(sentence(error))}")
            raise typer.Exit(USAGE if isinstance(error, UsageError) else FAILED) from None

    return _guarded


def refuse_inputs(path: Path, inputs: tuple[Path, ...]) -> None:
    """Refuse a result that would replace an input.

    Raises
    ------
    UsageError
    """
    if any(path.resolve() == source.resolve() for source in inputs):
        raise UsageError(f"{path}: is an input; write the result elsewhere.")


#: Options of the command line whose names are not those of the parameters.
_OPTIONS = {
    "outputs='distance'": "--distance",
    "outputs='seg'": "--dicom-seg",
    "outputs='brain_n4'": "--bias-correct",
}
#: Parameters of the library that messages may name with a value, and the command line's name of each.
_PARAMETERS = {
    name: f"--{name.replace('_', '-')}" for name in (*option_fields(), "jobs", "split", "shard", "scheduler", "cluster")
}
_ASSIGNMENT = re.compile(rf"(?<!\S)({'|'.join(_PARAMETERS)})=('[^']*'|[^\s:;,]+)(?=[\s:;,.])")


def option_names(message: str) -> str:
    """Return a message of the library with the command line's names: ``border=12`` becomes ``--border 12``."""
    return _ASSIGNMENT.sub(_option_of, message)


def _option_of(found: re.Match[str]) -> str:
    """The option that a match of ``parameter=value`` means."""
    name, value = found.groups()
    if found[0] in _OPTIONS:
        return _OPTIONS[found[0]]
    return _PARAMETERS[name] if value == "True" else f"{_PARAMETERS[name]} {value.strip(chr(39))}"


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Say which extra to install where an import fails.

    Raises
    ------
    UsageError
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(f'{error.name}: is not installed; pip install "deskull[{extra}]".') from None
