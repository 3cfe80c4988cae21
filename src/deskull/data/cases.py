"""Cases: scans with their masks, and the table that lists them (``dataset.csv``)."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deskull.data.tables import read_rows, write_rows
from deskull.errors import InputError

#: Columns of the table, in order.
COLUMNS = ("case", "subject", "site", "raw", "mask", "brain", "roi")
_REQUIRED = ("case", "subject", "raw", "mask")
#: Paths may lead this many folders up from the table and still be written relative to it.
_MAX_LEVELS_UP = 2


@dataclass(frozen=True)
class Case:
    """A scan and the files that belong to it.

    Attributes
    ----------
    name : str
        Unique within the data set and valid as a file name: the stem of the scan's file, preceded by its folders
        where two would be equal.
    subject : str
        Subject whose scan it is; without ``sub-`` where the file has a BIDS name.
    raw, mask : Path
        The scan, and its brain mask on the same grid.
    brain : Path, optional
        The stripped scan.
    roi : Path, optional
        Mask of the region of interest, in which the brain mask can be trusted.
    site : str
        Site or scanner; '' if unknown.
    """

    name: str
    subject: str
    raw: Path
    mask: Path
    brain: Path | None = None
    roi: Path | None = None
    site: str = ""


def read_cases(table: Path) -> list[Case]:
    """Read the table of a data set.

    Parameters
    ----------
    table : Path
        CSV file with the columns `COLUMNS`, of which site, brain and roi are optional. Paths are absolute or relative
        to the folder of the table.

    Returns
    -------
    list of Case
        In the order of the table, with absolute paths. Whether the files exist is not checked.

    Raises
    ------
    InputError
        If the file or a column is missing, a value is missing, or two cases have the same name.
    """
    cases: list[Case] = []
    for line, row in read_rows(table, _REQUIRED):
        for column in _REQUIRED:
            if not row[column]:
                raise InputError(f"{table}: line {line} has no {column}; add it.")
        cases.append(case_from_row(table, row, row["case"], row["subject"]))
    check_names(cases, table)
    return cases


def check_names(cases: list[Case], table: Path) -> None:
    """Refuse names of cases that are not unique or not valid as file names.

    Parameters
    ----------
    cases : list of Case
    table : Path
        The file to name in errors.

    Raises
    ------
    InputError
    """
    for name, count in Counter(case.name for case in cases).items():
        if count > 1:
            raise InputError(f"{table}: has {count} cases called {name}; give each its own name.")
        if re.search(r"[/\\\0]", name) or name in ("", ".", ".."):
            raise InputError(f"{table}: has a case called '{name}'; choose a name that is valid as a file name.")


def case_from_row(table: Path, row: dict[str, str], name: str, subject: str) -> Case:
    """Create a case from a row of a table with at least the columns raw and mask.

    Parameters
    ----------
    table : Path
    row : dict of str to str
        Values by column, at least of raw and mask.
    name, subject : str

    Returns
    -------
    Case
    """
    raw, mask = resolve_path(table, row["raw"]), resolve_path(table, row["mask"])
    brain, roi = (resolve_path(table, row[column]) if row.get(column) else None for column in ("brain", "roi"))
    return Case(name, subject, raw, mask, brain, roi, row.get("site", ""))


def write_cases(cases: Iterable[Case], table: Path) -> None:
    """Write the table of a data set atomically.

    Paths of files in the folder of the table, beneath it, or beneath one of the two folders above it are written
    relative to it, so that table and files can be moved together; other paths are absolute.

    Parameters
    ----------
    cases : iterable of Case
    table : Path
        An existing table of a data set is replaced, any other file is refused.

    Raises
    ------
    InputError
        If two cases have the same name, or a name is not valid as a file name.
    OutputError
        If another file has the name of the table, or it cannot be written.
    """
    cases = list(cases)
    check_names(cases, table)
    rows = (
        [
            *(case.name, case.subject, case.site),
            *(_path_text(table, path) for path in (case.raw, case.mask, case.brain, case.roi)),
        ]
        for case in cases
    )
    write_rows(table, COLUMNS, rows)


def resolve_path(table: Path, value: str) -> Path:
    """Return the absolute path of a value of a table; relative ones start at the folder of the table.

    Parameters
    ----------
    table : Path
    value : str

    Returns
    -------
    Path
    """
    return _absolute(table.parent / value)


def _path_text(table: Path, path: Path | None) -> str:
    """Return a path as it is written in a table: relative if the file is near the table, else absolute."""
    if path is None:
        return ""
    folder, path = _absolute(table.parent), _absolute(path)
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    # '..' is the parent of the real folder, not of a link to it. The file itself may be a link (as of git-annex),
    # and keeps its name.
    folder, real_path = folder.resolve(), path.parent.resolve() / path.name
    near_folders = [parent for parent in list(folder.parents)[:_MAX_LEVELS_UP] if parent != Path(folder.anchor)]
    if any(real_path.is_relative_to(parent) for parent in near_folders):
        return Path(os.path.relpath(real_path, folder)).as_posix()
    return path.as_posix()


def _absolute(path: Path) -> Path:
    """Return an absolute path without '..', which is resolved as the operating system does after a link."""
    path = path.absolute()
    return path.parent.resolve() / path.name if ".." in path.parts else path
