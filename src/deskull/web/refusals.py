"""Refusals: what a request cannot have, as a status and one sentence."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

from deskull.errors import DeskullError, sentence
from deskull.system.bugs import report_bug

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RefusedError(DeskullError):
    """A request that is refused.

    Parameters
    ----------
    status : int
        Of HTTP.
    message : str
        One sentence that names the fault and the remedy.
    more : mapping, optional
        Further fields of the answer.
    """

    def __init__(self, status: int, message: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.more = status, dict(more or {})

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it pass from one process to another."""
        return type(self), (self.status, str(self), self.more)


def refusal_of(error: BaseException) -> RefusedError:
    """Return the refusal that tells a client of an error; faults of deskull are logged without their messages.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    RefusedError
        507 for a full disk, 422 for what a user can change, 500 for anything else.
    """
    if isinstance(error, RefusedError):
        return error
    cause = error.__cause__ if isinstance(error, DeskullError) else error
    if isinstance(cause, OSError) and cause.errno in _FULL:
        return RefusedError(507, "The disk of the server is full; free space, or remove scans, and try again.")
    if isinstance(error, DeskullError | MemoryError):
        return RefusedError(422, sentence(error))
    if isinstance(error, OSError):
        return RefusedError(500, f"The server could not use a file ({error.strerror or error}); check its disk.")
    return RefusedError(500, report_bug(error))
