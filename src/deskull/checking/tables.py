"""Tables of pairs: a line for each mask, with the columns ``scan`` and ``mask``."""

from __future__ import annotations

from pathlib import Path

from deskull.checking.pairs import Pair, Pairing
from deskull.data.cases import resolve_path
from deskull.data.layouts.files import path_exists
from deskull.data.tables import read_rows
from deskull.errors import InputError

_COLUMNS = ("scan", "mask")


def pairs_of_table(table: Path) -> Pairing:
    """Read a table of pairs.

    Parameters
    ----------
    table : Path
        Tab-separated, or comma-separated if its name ends in ``.csv``, with the columns ``scan`` and ``mask``; others
        are not read. Paths are absolute or relative to the folder of the table.

    Returns
    -------
    Pairing
        A row that cannot be used is a fault, and the others count.

    Raises
    ------
    InputError
        If it is no such table, or has no rows.
    """
    faults: dict[int, str] = {}
    is_csv = table.suffix.lower() == ".csv"
    rows = read_rows(table, _COLUMNS, delimiter="," if is_csv else "\t", quoted=is_csv, faults=faults)
    if not (rows or faults):
        raise InputError(f"{table}: has no rows; add a line for each mask.")
    pairs: dict[Pair, None] = {}
    for line, row in rows:
        pair = Pair(resolve_path(table, row["scan"]), resolve_path(table, row["mask"]))
        fault = _fault(row, pair) or ("repeats an earlier line; remove it." if pair in pairs else "")
        if fault:
            faults[line] = f"{table}: line {line} {fault}"
        else:
            pairs[pair] = None
    return Pairing(tuple(pairs), tuple(faults[line] for line in sorted(faults)))


def _fault(row: dict[str, str], pair: Pair) -> str:
    """Say why a row cannot be used; '' if it can."""
    for column in _COLUMNS:
        if not row[column]:
            return f"has no {column}; add it."
    for path in (pair.scan, pair.mask):
        if not path_exists(path):
            return f"names {path}, which does not exist; correct the path."
    return "names one file as the scan and as its mask; correct one of them." if pair.scan == pair.mask else ""
