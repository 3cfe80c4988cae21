"""Entries: the scans of a batch and their masks, from the table of ``deskull strip`` or a folder of derivatives."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskull.batch.records import COLUMNS, read_records
from deskull.errors import InputError, UsageError, printable
from deskull.formats import split_name
from deskull.report.batch.derivatives import find_derivatives, is_derivatives

#: Names of the tables that ``deskull strip`` writes into a folder of results, one for each shard.
_TABLES = ("deskull.tsv", "deskull_*of*.tsv")


@dataclass(frozen=True)
class Entry:
    """A scan of a batch.

    Attributes
    ----------
    name : str
        Its path relative to the folder of all scans: how the report calls it.
    scan : Path, optional
        Its file or DICOM folder; None if it is not known.
    mask : Path, optional
        None if it was not stripped, or if its mask has gone.
    cells : mapping of str to str
        What the table or the sidecar of the mask says: columns of `deskull.batch.records`.
    other : Path, optional
        A second mask, whose contour is drawn in another colour.
    quality : mapping, optional
        Of the mask, with the fields of a file of quality; such a file beside the mask does not count then.
    """

    name: str
    scan: Path | None
    mask: Path | None
    cells: Mapping[str, str] = field(default_factory=dict)
    other: Path | None = None
    quality: Mapping[str, Any] | None = None


def find_entries(source: Path, scans: Path | None = None) -> list[Entry]:
    """Find the scans of a batch.

    Parameters
    ----------
    source : Path
        Folder of results with the table of ``deskull strip``, the table itself, or a folder of derivatives of
        ``deskull bids``.
    scans : Path, optional
        Where the scans lie now, if they were moved after they were stripped.

    Returns
    -------
    list of Entry
        Sorted by name.

    Raises
    ------
    UsageError
        If the folder is neither, or names no scan.
    InputError
        If the table cannot be read.
    """
    if source.is_dir():
        tables = sorted({table for pattern in _TABLES for table in source.glob(pattern)})
        if tables:
            entries = _of_tables(tables, source, scans)
        elif is_derivatives(source):
            entries = [Entry(*found) for found in find_derivatives(source, scans)]
        else:
            fault = "holds no table of 'deskull strip' (deskull.tsv) and no derivatives of 'deskull bids'"
            raise UsageError(f"{source}: {fault}; give the folder of the results, or the table.")
    elif source.is_file():
        entries = _of_tables([source], source.parent, scans)
    else:
        raise InputError(f"{source}: does not exist; give a folder of results or its table.")
    if not entries:
        raise UsageError(f"{source}: names no scan; strip scans first.")
    return sorted(entries, key=lambda entry: entry.name)


def _of_tables(tables: Sequence[Path], folder: Path, scans: Path | None) -> list[Entry]:
    """Entries of the last line of each scan of several tables."""
    records: dict[str, dict[str, str]] = {}
    for table in tables:
        records.update(_read_table(table))
    paths = [Path(scan).absolute() for scan in records]
    root = Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()
    return [
        _entry(printable(path.relative_to(root).as_posix()), cells, folder, scans or folder)
        for path, cells in zip(paths, records.values(), strict=True)
    ]


def _entry(name: str, cells: Mapping[str, str], folder: Path, scans: Path) -> Entry:
    """Entry of a line of a table, with the files as they lie now."""
    mask = locate(cells.get("mask") or "", folder)
    return Entry(name, (_converted(mask) if mask else None) or locate(cells["scan"], scans), mask, cells)


def _read_table(table: Path) -> dict[str, dict[str, str]]:
    """Read a table of records.

    Raises
    ------
    InputError
        If it is another file.
    """
    try:
        with table.open(errors="surrogateescape") as file:
            first = file.readline(10_000).rstrip("\n").split("\t")
        if not set(COLUMNS[:2]) < set(first):
            raise InputError(f"{table}: is not a table of 'deskull strip'; give the one of the batch.")
        return {scan: cells for scan, cells in read_records(table).items() if scan and "\0" not in scan}
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{table}: cannot be read ({error}); check the file.") from None


def _converted(mask: Path) -> Path | None:
    """Return the head converted from DICOM that lies beside a mask, if there is one: it needs no choice of a series."""
    stem, suffix = split_name(mask)
    path = mask.with_name(f"{stem.removesuffix('_brainmask')}_converted{suffix}")
    return path if path.is_file() else None


def locate(text: str, folder: Path) -> Path | None:
    """Find a file or folder that a table names, also where it was moved together with a folder.

    Parameters
    ----------
    text : str
        Its path when the table was written, absolute or relative to the folder of that time.
    folder : Path
        In which the longest possible end of the path is looked for, if nothing lies at the path itself.

    Returns
    -------
    Path or None
    """
    if not text or "\0" in text:
        return None
    path = Path(text)
    if path.exists():
        return path
    parts = path.parts[1:] if path.is_absolute() else path.parts
    if ".." in parts:
        return None
    candidates = (folder.joinpath(*parts[first:]) for first in range(len(parts)))
    return next((candidate for candidate in candidates if candidate.exists()), None)
