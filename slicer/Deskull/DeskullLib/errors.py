"""Errors of the module that a user can cause, each one sentence with a remedy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ModuleError(Exception):
    """What was asked for cannot be done; ``str(error)`` is one sentence for the user."""


def sentence_of(error: Exception) -> str:
    """Return one sentence for an error; those that nobody foresaw are logged with their traceback."""
    if isinstance(error, ModuleError):
        return str(error)
    try:
        from deskull.errors import DeskullError, sentence
    except ImportError:
        foreseen = False
    else:
        foreseen = isinstance(error, DeskullError | MemoryError | OSError)
    if foreseen:
        return sentence(error)
    logging.getLogger("deskull.slicer").exception("the module Deskull failed", exc_info=error)
    return f"Something unforeseen went wrong ({type(error).__name__}: {error}); the log of Slicer has the details."


@contextmanager
def shown_errors(show: Callable[[str], object]) -> Iterator[None]:
    """Show an error as a sentence instead of raising it.

    Parameters
    ----------
    show : callable
        Called with the sentence.
    """
    try:
        yield
    except Exception as error:
        show(sentence_of(error))
