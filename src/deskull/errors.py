"""Errors that a user can cause and warnings that a user can filter.

The text of each error is one sentence that names the file or the parameter, the fault and the remedy. Parameters are
named as in Python (``border=12``); the command line translates them to its options (``--border 12``).
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class DeskullError(Exception):
    r"""Base of every error that deskull raises on purpose; ``str(error)`` is one clear sentence.

    What it quotes of a header or a file name cannot break the line or control a terminal.

    Examples
    --------
    >>> str(DeskullError("scan.nrrd: its space 'a\nb' is unknown."))
    "scan.nrrd: its space 'a\\nb' is unknown."
    """

    def __str__(self) -> str:
        """Return the sentence with characters that cannot be printed as escape sequences."""
        return printable(super().__str__())


class InputError(DeskullError, ValueError):
    """A scan, mask or folder cannot be used as it is."""


class OutputError(DeskullError, OSError):
    """A result could not be written; nothing partial is left behind.

    The system error behind it, if there is one, is its ``__cause__``; its own ``errno`` is None.
    """


class UsageError(DeskullError, ValueError):
    """A parameter has a value that cannot be used, or two parameters contradict each other.

    Parameters
    ----------
    reason : str
        The whole sentence; or, with `parameter`, its part after ``border=12:``.
    parameter : str
        Name of the parameter at fault, as in Python.
    value : object
        Its value; None if the value does not matter.

    Examples
    --------
    >>> str(UsageError("must lie within 10 mm of the surface.", parameter="border", value=12.0))
    'border=12: must lie within 10 mm of the surface.'
    """

    def __init__(self, reason: str, *, parameter: str = "", value: object = None) -> None:
        super().__init__(reason)
        self.reason, self.parameter, self.value = reason, parameter, value

    def __str__(self) -> str:
        """Return the sentence in the words of the library."""
        if not self.parameter:
            return printable(self.reason)
        return printable(f"{self.parameter}{'' if self.value is None else f'={value_text(self.value)}'}: {self.reason}")


class DeskullWarning(UserWarning):
    """Base of every warning that deskull issues; its text is one line, as that of errors."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        messages = _messages.get()
        if messages is not None:
            messages.append(str(self))

    def __str__(self) -> str:
        """Return the text with characters that cannot be printed as escape sequences."""
        return printable(super().__str__())


#: Where the texts of warnings are collected, in each context (thread) of its own.
_messages: ContextVar[list[str] | None] = ContextVar("messages", default=None)


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect the texts of deskull's warnings, which are issued all the same.

    `warnings.catch_warnings` would not do: it changes the state of all threads.

    Yields
    ------
    list of str
    """
    messages: list[str] = []
    token = _messages.set(messages)
    try:
        yield messages
    finally:
        _messages.reset(token)


class GeometryWarning(DeskullWarning):
    """The position, spacing or orientation of a scan is doubtful or was corrected."""


class IntensityWarning(DeskullWarning):
    """Some voxels hold no usable values."""


class SeriesWarning(DeskullWarning):
    """Which frames of a 4-D series show the head best is uncertain."""


class PlausibilityWarning(DeskullWarning):
    """A mask can hardly be a brain."""


class DicomWarning(DeskullWarning):
    """A DICOM source has missing, duplicate or unsuitable files."""


def printable(text: str) -> str:
    """Return text in which control characters and the like are written as Python's escape sequences."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def value_text(value: object) -> str:
    """Return a parameter's value as messages show it: numbers without trailing zeros, text in quotes."""
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value.value if isinstance(value, enum.Enum) else value)


def remedy(error: OSError, otherwise: str) -> str:
    """Return what to do about an error of the system; `otherwise` where its number says no more."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free space or choose another folder"
    return "choose a shorter name" if error.errno == errno.ENAMETOOLONG else otherwise


def sentence(error: BaseException) -> str:
    """Return one sentence for an error that a user can cause."""
    if isinstance(error, MemoryError):
        return "not enough memory for this scan; close other programs or reduce its size first."
    if isinstance(error, OSError) and not isinstance(error, DeskullError):
        return f"{error.filename or 'a file'}: {error.strerror or error}; {remedy(error, 'check its permissions')}."
    return str(error)
