"""Quoting text from files in messages."""

from __future__ import annotations

#: Longest part of a text that a message quotes.
_LONGEST = 60


def quote(text: str) -> str:
    r"""Return a text from a file fit for a message: quoted, printable, on one line, of bounded length.

    >>> quote("MET_SHORT\n\x1b")
    "'MET_SHORT??'"
    """
    part = "".join(character if character.isprintable() else "?" for character in text[:_LONGEST])
    return f"'{part}{'...' if len(text) > _LONGEST else ''}'"
