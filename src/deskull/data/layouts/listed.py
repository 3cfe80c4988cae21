"""Cases listed in a user's own table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from deskull.data.cases import Case, case_from_row, check_names
from deskull.data.layouts.files import CasesAndProblems, path_exists
from deskull.data.names import unique_names
from deskull.data.splits import NO_FOLD, SPLITS, Membership
from deskull.data.tables import read_rows
from deskull.errors import InputError
from deskull.formats.bids_names import subject_label


def find_listed(table: Path) -> CasesAndProblems:
    """Read cases from a table.

    Parameters
    ----------
    table : Path
        CSV file with the columns raw and mask, and perhaps brain, roi, subject, site and case. Paths are absolute or
        relative to the folder of the table. Without a subject, the ``sub-`` label in the scan's name is used, and
        without this, the name of the case.

    Returns
    -------
    cases : list of Case
    problems : list of str

    Raises
    ------
    InputError
        If the file or one of the columns raw and mask is missing, or two cases have the same name.
    """
    cases: list[Case] = []
    problems: list[str] = []
    listed: set[Path] = set()
    for line, row, case in _rows(table):
        problem = _row_problem(row, case, listed)
        if problem:
            problems.append(f"{table}: line {line} {problem}")
        else:
            cases.append(case)
        listed.add(case.raw)
    check_names(cases, table)
    if any(case.subject == case.name and not subject_label(case.raw.name) for case in cases):
        fault = "some scans have no subject, and each counts as a subject of its own; add a column subject."
        warnings.warn(f"{table}: {fault}", stacklevel=2)
    return cases, problems


def _row_problem(row: dict[str, str], case: Case, listed: set[Path]) -> str:
    """Say why a row is no case; '' if it is one."""
    for column in ("raw", "mask"):
        if not row[column]:
            return f"has no {column}; add it."
    for path in (case.raw, case.mask, case.brain, case.roi):
        if path and not path_exists(path):
            return f"names {path}, which does not exist; correct the path."
    return f"lists {case.raw} again; keep one line for each scan." if case.raw in listed else ""


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str], Case]]:
    """Yield the line number, the row and the case of each row, complete or not."""
    rows = read_rows(table, ("raw", "mask"))
    drafts = [case_from_row(table, row, row.get("case", ""), row.get("subject", "")) for _, row in rows]
    scans = list(dict.fromkeys(case.raw for case in drafts))
    names = dict(zip(scans, unique_names(scans), strict=True))
    for (line, row), draft in zip(rows, drafts, strict=True):
        name = draft.name or names[draft.raw]
        yield line, row, replace(draft, name=name, subject=draft.subject or subject_label(draft.raw.name) or name)


def listed_splits(table: Path) -> dict[str, Membership]:
    """Read the splits in the column split of a table; see `find_listed`.

    Parameters
    ----------
    table : Path

    Returns
    -------
    dict of str to Membership
        By subject; empty if the table has no such column.

    Raises
    ------
    InputError
        If a split is unknown, or a subject has two.
    """
    splits: dict[str, Membership] = {}
    for line, row, case in _rows(table):
        split = row.get("split", "").lower()
        if not split:
            continue
        if split not in SPLITS:
            raise InputError(f"{table}: line {line} has split '{split}'; it must be one of {', '.join(SPLITS)}.")
        if splits.setdefault(case.subject, Membership(split, NO_FOLD)).split != split:
            both = f"{splits[case.subject].split} and {split}"
            raise InputError(f"{table}: subject {case.subject} is in {both}; keep all scans of a subject in one split.")
    return splits
