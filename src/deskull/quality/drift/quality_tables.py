"""Quality tables: features and labels of a cohort from a TSV or CSV file, which may come from strangers."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from deskull.errors import InputError, printable
from deskull.quality.drift.cohorts import Cohort, Features

#: Columns of masks that have no prefix.
OUTPUT_COLUMNS = ("predicted_dice",)
#: Largest table that is read, in bytes and in cells: a hundred thousand scans with a hundred measures.
MAX_BYTES, MAX_CELLS = 500_000_000, 10_000_000
#: Numbers beyond this size are damaged, and are taken as missing.
_MAX_NUMBER = 1e100
#: Columns by which a table of ``deskull strip`` is known, and the status of a scan that was stripped.
_RECORD_COLUMNS, _DONE = {"scan", "status", "verdict", "predicted_dice"}, "done"


def read_table(path: Path) -> Cohort:
    """Read a table whose first line names its columns.

    Parameters
    ----------
    path : Path
        Columns ``input.NAME`` and ``measures.NAME`` that hold a number are features, and so is ``predicted_dice``; all
        others are labels. A cell that is empty or holds no number is missing. Of a table of ``deskull strip`` the last
        line of each scan counts, if the scan was stripped.

    Returns
    -------
    Cohort

    Raises
    ------
    InputError
        If it is no such table, or is too large.
    """
    columns, rows = _read_rows(path)
    rows = _stripped(path, columns, rows) if set(columns) >= _RECORD_COLUMNS else rows
    cells = {column: [row[index] for row in rows] for index, column in enumerate(columns)}
    numbers = {column: np.array([to_number(text) for text in cells[column]], float) for column in columns}
    inputs = {c.removeprefix("input."): v for c, v in numbers.items() if c.startswith("input.")}
    outputs = {c.removeprefix("measures."): v for c, v in numbers.items() if c.startswith("measures.")}
    outputs = {**{c: numbers[c] for c in OUTPUT_COLUMNS if c in numbers}, **outputs}
    labels = {c.removeprefix("input."): tuple(cells[c]) for c in columns if not _is_feature(c, numbers[c])}
    return Cohort(path.name, features(inputs, len(rows)), features(outputs, len(rows)), labels)


def features(columns: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]], n: int) -> Features:
    """Return the columns that hold a number as features.

    Parameters
    ----------
    columns : dict of str to ndarray of float64
        Values by name; NaN where a value is missing.
    n : int
        Number of scans.
    """
    known = {name: values for name, values in columns.items() if not np.isnan(values).all()}
    return Features(tuple(known), np.column_stack(list(known.values())) if known else np.empty((n, 0)))


def to_number(text: str) -> float:
    """Return the number that a text holds; NaN if it holds none, or one that no measure can have.

    Examples
    --------
    >>> to_number("0.5"), to_number("n/a"), to_number("inf")
    (0.5, nan, nan)
    """
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if abs(number) < _MAX_NUMBER else math.nan


def _is_feature(column: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """Whether a column describes a scan or a mask by numbers."""
    named = column in OUTPUT_COLUMNS or column.startswith(("input.", "measures."))
    return named and not np.isnan(values).all()


def _stripped(path: Path, columns: Sequence[str], rows: Sequence[list[str]]) -> list[list[str]]:
    """Return the last line of each scan of a table of ``deskull strip``, if it was stripped.

    Raises
    ------
    InputError
        If none was.
    """
    scan, status = columns.index("scan"), columns.index("status")
    found = [row for row in {row[scan]: row for row in rows}.values() if row[status] == _DONE]
    if not found:
        raise InputError(f"{path}: names no scan that was stripped; strip scans first.")
    return found


def _read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read the names of the columns, and the texts of each line.

    Raises
    ------
    InputError
    """
    if not path.is_file():
        raise InputError(f"{path}: {'is no table' if path.exists() else 'no such file'}; check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB; check that it is a table.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = "," if path.suffix.lower() == ".csv" else "\t"
            rows = csv.reader(file, delimiter=delimiter)
            columns = _checked_columns(path, next(rows, []))
            lines = list(_checked_rows(path, columns, rows))
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not a table of text in UTF-8 ({error}); save it as TSV.") from None
    if not lines:
        raise InputError(f"{path}: has no line below the names of its columns; make it anew.")
    return columns, lines


def _checked_columns(path: Path, columns: Sequence[str]) -> list[str]:
    """Refuse a first line that does not name features.

    Raises
    ------
    InputError
    """
    columns = [printable(column.strip()) for column in columns]
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise InputError(f"{path}: has two columns '{repeated[0]}'; rename or remove one of them.")
    if not any(column in OUTPUT_COLUMNS or column.startswith(("input.", "measures.")) for column in columns):
        wanted = "input.NAME, measures.NAME or predicted_dice"
        raise InputError(f"{path}: has no column {wanted}; give a table of quality measures (.tsv, or .csv).")
    return columns


def _checked_rows(path: Path, columns: Sequence[str], rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the rows with all their cells; empty lines are left out.

    Raises
    ------
    InputError
        If a row is too long, or the table too large.
    """
    for count, row in enumerate(rows, 1):
        if len(row) > len(columns):
            raise InputError(f"{path}: line {count + 1} has more values than there are columns; correct it.")
        if count * len(columns) > MAX_CELLS:
            raise InputError(f"{path}: has more than {MAX_CELLS:,} values; split it into smaller tables.")
        if any(row):
            yield [text.strip() for text in row] + [""] * (len(columns) - len(row))
