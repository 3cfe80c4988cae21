"""What commands share: messages on stderr, errors in one sentence, exit statuses."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from deskull.errors import DeskullError, UsageError, sentence

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
            say(f"error: {sentence(error)}")
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
