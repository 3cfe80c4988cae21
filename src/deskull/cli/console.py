"""What commands share: messages on stderr, errors in one sentence, exit statuses."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from deskull.errors import DeskullError, UsageError

#: Exit statuses: a scan failed; the command line was wrong.
FAILED, USAGE = 1, 2


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
    """Wrap a command: a `DeskullError` becomes one sentence and the right exit status."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            with spoken_warnings():
                return command(*args, **kwargs)
        except UsageError as error:
            say(f"error: {error}")
            raise typer.Exit(USAGE) from None
        except DeskullError as error:
            say(f"error: {error}")
            raise typer.Exit(FAILED) from None
        except MemoryError:
            say("error: not enough memory for this scan; close other programs or reduce it first.")
            raise typer.Exit(FAILED) from None

    return wrapper
