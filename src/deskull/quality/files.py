"""Quality files: the one reader of what the JSON files beside masks state, which may come from strangers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deskull.errors import InputError, printable
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality, Verdict
from deskull.system.json_files import read_object

#: Most measures, and most reasons, that are taken from one file.
_MOST_VALUES = 60
#: Texts are cut off after this many characters.
_LONGEST_TEXT = 300


def read_fields(path: Path, made: Provenance | None = None) -> dict[str, Any]:
    """Read what a file states as ``quality``, unchecked.

    Parameters
    ----------
    path : Path
    made : Provenance, optional
        What the mask was made with, if something tells.

    Raises
    ------
    InputError
        If it states nothing, is too large, is no regular file, or describes a mask that was made with something else.
    """
    return _quality_fields(path, read_object(path), made)


def _quality_fields(path: Path, content: Mapping[str, Any], made: Provenance | None) -> dict[str, Any]:
    """Return what the content of a file states as ``quality``; see `read_fields`."""
    fields, stated = content.get("quality"), Provenance.from_sidecar(content)
    if not isinstance(fields, dict):
        raise InputError(f"{path}: holds no object 'quality'; make it anew.")
    if made and stated and made.differences(stated):
        before, now = (", ".join(texts) for texts in zip(*stated.differences(made), strict=True))
        raise InputError(f"{path}: describes a mask that was made with {before}, not {now}; make it anew.")
    return fields


def read_quality(path: Path, made: Provenance | None = None) -> Quality | None:
    """Read the quality that a file states; None if there is none, it is damaged, or it describes another mask.

    Parameters
    ----------
    path : Path
    made : Provenance, optional
        What the mask was made with, if something tells.
    """
    return StatedFiles().quality(path, made)


def read_provenance(path: Path) -> Provenance | None:
    """Read what a JSON file says its mask was made with; None if there is none, or it is not deskull's.

    Parameters
    ----------
    path : Path
        The sidecar of a mask, or a quality file.
    """
    return StatedFiles().provenance(path)


class StatedFiles:
    """The JSON files beside masks, each of which is read only once."""

    def __init__(self) -> None:
        self._contents: dict[Path, dict[str, Any]] = {}

    def quality(self, path: Path, made: Provenance | None = None) -> Quality | None:
        """Return the quality that a file states; see `read_quality`."""
        try:
            return to_quality(_quality_fields(path, self._content(path), made))
        except InputError:
            return None

    def provenance(self, path: Path) -> Provenance | None:
        """Return what a file says its mask was made with; see `read_provenance`."""
        return Provenance.from_sidecar(self._content(path))

    def _content(self, path: Path) -> dict[str, Any]:
        """Return the object that a file holds; an empty one if there is none."""
        if path not in self._contents:
            try:
                self._contents[path] = read_object(path)
            except InputError:
                self._contents[path] = {}
        return self._contents[path]


def to_quality(fields: Mapping[str, Any]) -> Quality:
    """Return the quality that the fields of a file state.

    Parameters
    ----------
    fields : mapping
        Of the names of `Quality`.

    Returns
    -------
    Quality
        Not judged if nothing is said. Values that make no sense are left out, and texts are printable and short.
    """
    return Quality(
        _verdict(fields.get("verdict")),
        _texts(fields.get("reasons")),
        _number(fields.get("predicted_dice"), 0, 1),
        _number(fields.get("lower_bound"), 0, 1),
        _number(fields.get("margin_mm"), 0, 1000),
        _values(fields.get("input")) | _findings(fields.get("input")),
        _values(fields.get("measures")),
        _percentiles(fields.get("percentiles")),
    )


def quality_of_cells(cells: Mapping[str, str]) -> Quality:
    """Return the quality that a line of a table states.

    Parameters
    ----------
    cells : mapping of str to str
        Those of `Quality.cells`, by column.

    Returns
    -------
    Quality
        Not judged if nothing is said.
    """
    reason, findings = ([text] if (text := cells.get(column)) else [] for column in ("reason", "findings"))
    return to_quality({**cells, "reasons": reason, "input": {"findings": findings}})


def short_text(text: str) -> str:
    """Return text as pages and tables show it: printable, and cut off where it is too long."""
    return printable(text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…")


def _verdict(value: object) -> Verdict:
    """Verdict that a file or a table states."""
    return next((verdict for verdict in Verdict if verdict == value), Verdict.not_judged)


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


def _findings(value: object) -> dict[str, Any]:
    """Sentences on what is unusual about a scan, if there are any."""
    texts = list(_texts(value.get("findings"))) if isinstance(value, dict) else []
    return {"findings": texts} if texts else {}


def _values(value: object) -> dict[str, Any]:
    """Numbers and texts by name."""
    items = list(value.items())[:_MOST_VALUES] if isinstance(value, dict) else []
    return {
        short_text(name): short_text(item) if isinstance(item, str) else float(item)
        for name, item in items
        if isinstance(item, str | int | float) and _is_shown(item)
    }


def _percentiles(value: object) -> dict[str, float]:
    """Percentiles by name, of the measures of the scan and of the mask."""
    items = list(value.items())[: 2 * _MOST_VALUES] if isinstance(value, dict) else []
    found = {short_text(name): _number(item, 0, 100) for name, item in items if not isinstance(item, str)}
    return {name: item for name, item in found.items() if item is not None}


def _is_shown(value: str | float) -> bool:
    """Whether a value is a text or a finite number."""
    try:
        return isinstance(value, str) or math.isfinite(value)
    except OverflowError:
        return False
