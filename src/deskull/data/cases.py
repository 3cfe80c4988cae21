"""Cases: scans with their masks, and the table that lists them (``dataset.csv``)."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskull.errors import InputError, OutputError
from deskull.formats import split_name
from deskull.system.atomic import write_bytes

#: Columns of the table, in order.
COLUMNS = ("case", "subject", "site", "raw", "mask", "brain", "roi")
_NEEDED = ("case", "subject", "raw", "mask")
#: So many folders above the table's a file may lie and still be written relative to it.
_LEVELS_UP = 2


@dataclass(frozen=True)
class Case:
    """A scan and what belongs to it.

    Attributes
    ----------
    name : str
        Unique within the data set, fit for a file name: the scan file's stem, with folders before it where
        two would be alike.
    subject : str
        Whose scan it is; without ``sub-`` where the name is a BIDS one.
    raw, mask : Path
        The scan, and its brain mask on the same grid.
    brain : Path, optional
        The stripped scan.
    roi : Path, optional
        Mask of the region in which the brain mask can be trusted.
    site : str
        Site or scanner, '' if unknown.
    """

    name: str
    subject: str
    raw: Path
    mask: Path
    brain: Path | None = None
    roi: Path | None = None
    site: str = ""


def read_cases(table: Path) -> list[Case]:
    """Read a data set table; the columns site, brain and roi may be absent.

    Parameters
    ----------
    table : Path
        CSV with the columns `COLUMNS`; paths are absolute or relative to the table's folder.

    Returns
    -------
    list of Case
        In the order of the table, with absolute paths that are not checked to exist.

    Raises
    ------
    InputError
        If the file or a column is missing, a value is missing, or two cases share a name.
    """
    cases: list[Case] = []
    for line, row in read_rows(table, _NEEDED):
        for column in _NEEDED:
            if not row[column]:
                raise InputError(f"{table}: line {line} has no {column}; fill it in.")
        cases.append(case_of_row(table, row, row["case"], row["subject"]))
    check_names(cases, table)
    return cases


def check_names(cases: list[Case], table: Path) -> None:
    """Refuse names that are not unique, or that files could not have.

    Raises
    ------
    InputError
    """
    for name, count in Counter(case.name for case in cases).items():
        if count > 1:
            raise InputError(f"{table}: has {count} cases {name}; give each a name of its own.")
        if re.search(r"[/\\\0]", name) or name in ("", ".", ".."):
            raise InputError(f"{table}: has a case '{name}'; give it a name that a file could have.")


def case_of_row(table: Path, row: dict[str, str], name: str, subject: str) -> Case:
    """Make a case from a row of a table that has at least a raw and a mask value."""
    raw, mask = locate(table, row["raw"]), locate(table, row["mask"])
    brain, roi = (locate(table, row[key]) if row.get(key) else None for key in ("brain", "roi"))
    return Case(name, subject, raw, mask, brain, roi, row.get("site", ""))


def write_cases(cases: Iterable[Case], table: Path) -> None:
    """Write a data set table atomically; an earlier one is replaced, another file never.

    Files beneath the table's folder, or at most two folders above it, are written relative to it, so that
    table and data can move together; others absolute.

    Raises
    ------
    InputError
        If two cases share a name, or a file could not have it.
    OutputError
        If `table` is there and is no data set table, or cannot be written.
    """
    cases = list(cases)
    check_names(cases, table)
    rows = (
        (case.name, case.subject, case.site, *(_written(table, p) for p in (case.raw, case.mask, case.brain, case.roi)))
        for case in cases
    )
    write_rows(table, COLUMNS, rows)


def _written(table: Path, path: Path | None) -> str:
    """How a path stands in a table: relative to its folder where that will last, else absolute."""
    if path is None:
        return ""
    folder, path = _plain(table.parent), _plain(path)
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    # '..' follows real folders, not links to them. The file itself may be a link (git-annex): keep its name.
    folder, real = folder.resolve(), path.parent.resolve() / path.name
    near = [above for above in list(folder.parents)[:_LEVELS_UP] if above != Path(folder.anchor)]
    if any(real.is_relative_to(above) for above in near):
        return Path(os.path.relpath(real, folder)).as_posix()
    return path.as_posix()


def locate(table: Path, value: str) -> Path:
    """Absolute path of a value of a table: relative ones start at the table's folder."""
    return _plain(table.parent / value)


def _plain(path: Path) -> Path:
    """An absolute path without '..', which means the folder above the real one where a link comes before."""
    path = path.absolute()
    return path.parent.resolve() / path.name if ".." in path.parts else path


def unique_names(scans: Sequence[Path]) -> list[str]:
    """Name scans by their stems, with as many folders before them as it takes to tell them apart.

    >>> unique_names([Path("a/1/T1.nii"), Path("a/2/T1.nii"), Path("a/2/T2.nii")])
    ['1_T1', '2_T1', 'T2']
    """
    parts = [(*(p for p in path.parent.parts if p != path.anchor), split_name(path)[0]) for path in scans]
    depths = [1] * len(parts)
    while True:
        names = ["_".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        counts = Counter(names)
        alike = [i for i, name in enumerate(names) if counts[name] > 1 and depths[i] < len(parts[i])]
        if not alike:
            return _numbered(names)
        for i in alike:
            depths[i] += 1


def _numbered(names: list[str]) -> list[str]:
    """Tell apart what folders could not (T1.nii beside T1.nii.gz): the second becomes T1-2."""
    taken: set[str] = set()
    for i, name in enumerate(names):
        number = 1
        while names[i] in taken:
            number += 1
            names[i] = f"{name}-{number}"
        taken.add(names[i])
    return names


def read_rows(table: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file whose first line names its columns.

    Returns
    -------
    list of (line number, row)
        Values without spaces around them, '' where there is none.

    Raises
    ------
    InputError
        If the file or one of the columns `needed` is missing, or a row has more values than columns.
    """
    reader = csv.DictReader(io.StringIO(_text(table), newline=""), restval="")
    try:
        columns = reader.fieldnames or ()
        for column in needed:
            if column not in columns:
                raise InputError(f"{table}: has no column {column}; its first line must name {', '.join(needed)}.")
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{table}: is no CSV file ({error}); save it as comma-separated text.") from None
    for line, row in rows:
        if None in row:
            raise InputError(f"{table}: line {line} has more values than columns; put quotes around commas.")
    return [(line, {key: value.strip() for key, value in row.items()}) for line, row in rows]


def write_rows(table: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV file atomically; one with the same columns is replaced, any other file is refused.

    Raises
    ------
    OutputError
    """
    refuse_foreign(table, columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_bytes(table, buffer.getvalue().encode("utf-8", "surrogateescape"), overwrite=True)


def refuse_foreign(table: Path, columns: Sequence[str]) -> None:
    """Refuse to replace a file that is no table with just these columns.

    Raises
    ------
    OutputError
    """
    if not table.exists():
        return
    if table.is_dir():
        raise OutputError(f"{table}: is a folder; name a .csv file.")
    if _text(table).partition("\n")[0] != ",".join(columns):
        raise OutputError(f"{table}: is there and no table of deskull's ({','.join(columns)}); choose another name.")


def _text(table: Path) -> str:
    """Contents of a text file; bytes that are no UTF-8 (odd file names) survive as they are.

    Raises
    ------
    InputError
        If there is no such file.
    """
    if not table.is_file():
        raise InputError(f"{table}: no such file; check the path.")
    return table.read_text(encoding="utf-8-sig", errors="surrogateescape")
