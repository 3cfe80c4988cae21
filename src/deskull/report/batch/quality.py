"""Quality: what the file beside a mask, or the table of the batch, says of how far to trust the mask."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskull.batch.outputs import quality_path
from deskull.errors import printable

#: The largest file that is read, in bytes, and how many measures and reasons of it are shown.
_LARGEST_FILE, _MOST_VALUES = 1_000_000, 60
#: Texts are cut off after this many characters.
_LONGEST_TEXT = 300


class Verdict(enum.StrEnum):
    """What is known of a scan's mask, from the worst to the best."""

    #: There is no mask, or it cannot be read.
    no_mask = "no mask"
    fail = "fail"
    review = "review"
    not_judged = "not judged"
    passed = "pass"


@dataclass(frozen=True)
class Quality:
    """What is predicted of a mask.

    Attributes
    ----------
    verdict : Verdict
    predicted_dice, lower_bound, margin_mm : float, optional
        Predicted Dice, the bound that it exceeds, and the distance in mm within which the true surface lies.
    reasons : tuple of str
        Of the verdict, one sentence each.
    input, measures : tuple of (str, str or float)
        Findings on the scan and measures of the mask, by name.
    """

    verdict: Verdict = Verdict.not_judged
    predicted_dice: float | None = None
    lower_bound: float | None = None
    margin_mm: float | None = None
    reasons: tuple[str, ...] = ()
    input: tuple[tuple[str, str | float], ...] = ()
    measures: tuple[tuple[str, str | float], ...] = ()


def read_quality(mask: Path | None, cells: Mapping[str, str]) -> Quality:
    """Read the quality of a mask.

    Parameters
    ----------
    mask : Path, optional
        The file of its quality lies beside it.
    cells : mapping of str to str
        The line of the table, whose columns ``verdict``, ``predicted_dice`` and ``reason`` count where there is no
        such file.

    Returns
    -------
    Quality
        Not judged if nothing is said. Values that make no sense are left out.
    """
    fields = _read_fields(quality_path(mask)) if mask else None
    if fields is None:
        reason = cells.get("reason") or ""
        fields = {**cells, "reasons": [reason] if reason else []}
    return quality_of(fields)


def quality_of(fields: Mapping[str, Any]) -> Quality:
    """Return the quality that fields state, as a file of quality holds them.

    Parameters
    ----------
    fields : mapping
        Of any content.

    Returns
    -------
    Quality
        Not judged if nothing is said. Values that make no sense are left out.
    """
    return Quality(
        _verdict(fields.get("verdict")),
        _number(fields.get("predicted_dice"), 0, 1),
        _number(fields.get("lower_bound"), 0, 1),
        _number(fields.get("margin_mm"), 0, 1000),
        _texts(fields.get("reasons")),
        _values(fields.get("input")),
        _values(fields.get("measures")),
    )


def _read_fields(path: Path) -> dict[str, Any] | None:
    """Fields of a file of quality; None if there is none, or it is damaged."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        quality = json.loads(path.read_text(encoding="utf-8-sig"))["quality"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return quality if isinstance(quality, dict) else None


def _verdict(value: object) -> Verdict:
    """Verdict that a file or a table states."""
    stated = (Verdict.fail, Verdict.review, Verdict.passed)
    return next((verdict for verdict in stated if verdict == value), Verdict.not_judged)


def _number(value: object, low: float, high: float) -> float | None:
    """Return a number of a file or a cell; None if it is none, or out of range."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if low <= number <= high else None


def _texts(value: object) -> tuple[str, ...]:
    """Sentences of a list, cut off where they are too long."""
    texts = value[:_MOST_VALUES] if isinstance(value, list) else []
    return tuple(short_text(text) for text in texts if isinstance(text, str) and text)


def _values(value: object) -> tuple[tuple[str, str | float], ...]:
    """Numbers and texts by name."""
    items = list(value.items())[:_MOST_VALUES] if isinstance(value, dict) else []
    return tuple(
        (short_text(name), short_text(item) if isinstance(item, str) else float(item))
        for name, item in items
        if isinstance(item, str | int | float) and _is_shown(item)
    )


def _is_shown(value: str | float) -> bool:
    """Whether a value is a text or a finite number."""
    try:
        return isinstance(value, str) or math.isfinite(value)
    except OverflowError:
        return False


def short_text(text: str) -> str:
    """Return text of a file as the page shows it: printable, and cut off where it is too long."""
    return printable(text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…")
