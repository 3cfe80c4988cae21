"""Splits: which subjects a network is trained, validated and tested on, and the file that says so (``splits.csv``)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskull.data.cases import Case, read_cases
from deskull.data.tables import read_rows, refuse_other_files, write_rows
from deskull.errors import InputError, UsageError

SPLITS = ("train", "validation", "test")
#: Columns of the file, in order.
COLUMNS = ("subject", "site", "split", "fold")
#: Fold of subjects without one.
NO_FOLD = -1
#: A fold in a file: three digits at most, so that no file can ask for millions of folds.
_FOLD = re.compile(r"-1|[0-9]{1,3}")


@dataclass(frozen=True)
class Membership:
    """The split and the fold of a subject.

    Attributes
    ----------
    split : {"train", "validation", "test"}
        Valid unless a fold is chosen.
    fold : int
        The fold (from 0) in which the subject is used for validation; -1 without cross-validation.
    """

    split: str
    fold: int


def read_splits(path: Path) -> dict[str, Membership]:
    """Read a file of splits.

    Parameters
    ----------
    path : Path
        CSV file with the columns `COLUMNS`, of which site and fold are optional.

    Returns
    -------
    dict of str to Membership
        By subject.

    Raises
    ------
    InputError
        If the file or a column is missing, a value is unknown, or a subject is listed twice.
    """
    splits: dict[str, Membership] = {}
    for line, row in read_rows(path, ("subject", "split")):
        subject, split, fold = row["subject"], row["split"], row.get("fold") or str(NO_FOLD)
        if not subject:
            raise InputError(f"{path}: line {line} has no subject; add it.")
        if subject in splits:
            raise InputError(f"{path}: line {line} lists subject {subject} again; keep one line for each subject.")
        if split not in SPLITS:
            raise InputError(f"{path}: line {line} has split '{split}'; it must be one of {', '.join(SPLITS)}.")
        if not _FOLD.fullmatch(fold):
            raise InputError(f"{path}: line {line} has fold '{fold}'; it must be from 0 to 999, or -1 for none.")
        splits[subject] = Membership(split, int(fold))
    return splits


def write_splits(splits: Mapping[str, Membership], path: Path, sites: Mapping[str, str] | None = None) -> None:
    """Write a file of splits atomically.

    Parameters
    ----------
    splits : mapping of str to Membership
        By subject.
    path : Path
        An existing file of splits is replaced, any other file is refused.
    sites : mapping of str to str, optional
        Sites of subjects; those of other subjects are taken from the existing file.

    Raises
    ------
    OutputError
        If another file has this name, or the file cannot be written.
    """
    refuse_other_files(path, COLUMNS)
    all_sites = {row["subject"]: row["site"] for _, row in read_rows(path, COLUMNS)} if path.exists() else {}
    all_sites |= sites or {}
    rows = ((subject, all_sites.get(subject, ""), its.split, its.fold) for subject, its in sorted(splits.items()))
    write_rows(path, COLUMNS, rows)


def merge_splits(path: Path, given: Mapping[str, Membership] | None = None) -> dict[str, Membership]:
    """Merge the splits of a file, if it exists, with splits given elsewhere.

    Parameters
    ----------
    path : Path
    given : mapping of str to Membership, optional
        By subject.

    Returns
    -------
    dict of str to Membership
        By subject. Of a subject in both, the file's membership is kept.

    Raises
    ------
    OutputError
        If the file exists and is not a file of splits.
    InputError
        If both name a subject and its splits differ.
    """
    refuse_other_files(path, COLUMNS)
    known = read_splits(path) if path.exists() else {}
    for subject, its in (given or {}).items():
        if known.setdefault(subject, its).split != its.split:
            fault = f"has {subject} in {known[subject].split}, but the table in {its.split}"
            raise InputError(f"{path}: {fault}; correct one of them, or name another file for the splits.")
    return known


def sites_of(cases: Sequence[Case]) -> dict[str, str]:
    """Return the site of each subject, sorted by subject; 'A+B' for a subject scanned at two sites.

    Parameters
    ----------
    cases : sequence of Case

    Returns
    -------
    dict of str to str
        "" for a subject whose site is unknown.
    """
    sites: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        sites[case.subject].update({case.site} - {""})
    return {subject: "+".join(sorted(sites[subject])) for subject in sorted(sites)}


def select(cases: Sequence[Case], splits: Mapping[str, Membership], split: str, fold: int | None = None) -> list[Case]:
    """Select the cases of a split.

    Parameters
    ----------
    cases : sequence of Case
    splits : mapping of str to Membership
        By subject.
    split : {"train", "validation", "test"}
    fold : int, optional
        Use this fold for validation, and all other subjects that are not in the test split for training.

    Returns
    -------
    list of Case
        In their order.

    Raises
    ------
    UsageError
        If there is no such split or fold.
    InputError
        If a subject has no split, or the split has no case.
    """
    if split not in SPLITS:
        raise UsageError(f"unknown; the splits are {', '.join(SPLITS)}.", parameter="split", value=split)
    n_folds = max((its.fold for its in splits.values()), default=NO_FOLD) + 1
    if fold is not None and not 0 <= fold < n_folds:
        available = f"the folds are 0 to {n_folds - 1}" if n_folds else "the splits have no folds"
        raise UsageError(f"unknown; {available}.", parameter="fold", value=fold)
    for case in cases:
        if case.subject not in splits:
            raise InputError(f"{case.name}: its subject {case.subject} is in no split; index the data set again.")
    selected = [case for case in cases if _split_in_fold(splits[case.subject], fold) == split]
    if not selected:
        where = "" if fold is None else f" of fold {fold}"
        raise InputError(
            f"no case is in the split {split}{where}; correct the file of splits, or index the data set again."
        )
    return selected


def cases_of(table: Path, split: str | None = None) -> list[Case]:
    """Read the cases of a table: all, or those of a split in the ``splits.csv`` beside it.

    Parameters
    ----------
    table : Path
        Table of a data set; see `read_cases`.
    split : {"train", "validation", "test"}, optional

    Returns
    -------
    list of Case

    Raises
    ------
    InputError
        If a file cannot be used, or the split has no case.
    UsageError
        If there is no such split.
    """
    cases = read_cases(table)
    return select(cases, read_splits(table.with_name("splits.csv")), split) if split else cases


def _split_in_fold(its: Membership, fold: int | None) -> str:
    """Return the split of a subject when a fold is chosen."""
    if fold is None or its.split == "test":
        return its.split
    return "validation" if its.fold == fold else "train"


def count_cases(cases: Sequence[Case], splits: Mapping[str, Membership]) -> list[tuple[str, int, int]]:
    """Count cases and subjects: all of them, and by site, split and fold.

    Parameters
    ----------
    cases : sequence of Case
    splits : mapping of str to Membership
        By subject.

    Returns
    -------
    list of (name, number of cases, number of subjects)
    """
    groups: dict[str, list[Case]] = {"all": list(cases)}
    sites = sorted({case.site for case in cases})
    if any(sites):
        groups |= {f"site {site or 'unknown'}": [c for c in cases if c.site == site] for site in sites}
    groups |= {split: [c for c in cases if splits[c.subject].split == split] for split in SPLITS}
    folds = sorted({splits[case.subject].fold for case in cases} - {NO_FOLD})
    groups |= {f"fold {fold}": [c for c in cases if splits[c.subject].fold == fold] for fold in folds}
    return [(name, len(group), len({case.subject for case in group})) for name, group in groups.items()]
