"""Finding: the cases of a data set, by its layout, by patterns or from a table."""

from __future__ import annotations

from pathlib import Path

from deskull.data.layouts.files import CasesAndProblems
from deskull.data.layouts.listed import find_listed
from deskull.data.layouts.patterns import Patterns, find_by_patterns
from deskull.data.public import search
from deskull.errors import InputError, UsageError


def find_cases(
    folder: Path | None, layout: str | None = None, patterns: Patterns | None = None, table: Path | None = None
) -> CasesAndProblems:
    """Find the cases of a data set.

    Parameters
    ----------
    folder : Path, optional
        Folder of the data set; None with `table`.
    layout : str, optional
        One of `deskull.options.Layout`; see `deskull.data.public.search`.
    patterns : Patterns, optional
        Where the files lie, instead of a layout.
    table : Path, optional
        A table that lists the cases, instead of a folder.

    Returns
    -------
    cases : list of Case
    problems : list of str
        Sentences that name a file and say why it is not part of the data set.

    Raises
    ------
    UsageError
        If two of `layout`, `patterns` and `table` are given, or both or neither of `folder` and `table`.
    InputError
        If the folder or the table cannot be used.
    """
    if sum(option is not None for option in (layout, patterns, table)) > 1:
        raise UsageError("layout, patterns and table exclude each other; give one of them.")
    if (folder is None) == (table is None):
        raise UsageError("give either the folder of the data set or a table.")
    if table is not None:
        return find_listed(table)
    assert folder is not None
    if patterns is None:
        return search(folder, layout)[1]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the path.")
    return find_by_patterns(folder, patterns)
