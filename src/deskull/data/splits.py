"""Splits: which subjects train, which validate, which test. A subject never stands on two sides."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deskull.data.cases import Case, read_cases, read_rows, refuse_foreign, write_rows
from deskull.errors import InputError, UsageError

SPLITS = ("train", "validation", "test")
#: Columns of the file, in order.
COLUMNS = ("subject", "site", "split", "fold")


@dataclass(frozen=True)
class Membership:
    """Where a subject stands.

    Attributes
    ----------
    split : {"train", "validation", "test"}
        What counts unless a fold is asked for.
    fold : int
        The fold (from 0) in which it validates, -1 without k-fold.
    """

    split: str
    fold: int


def read_splits(path: Path) -> dict[str, Membership]:
    """Read a splits file: the membership of each subject. The columns site and fold may be absent.

    Raises
    ------
    InputError
        If the file or a column is missing, a value is none of those there are, or a subject stands twice.
    """
    splits: dict[str, Membership] = {}
    for line, row in read_rows(path, ("subject", "split")):
        subject, split, fold = row["subject"], row["split"], row.get("fold") or "-1"
        if not subject or subject in splits:
            fault = f"has subject {subject} again" if subject else "has no subject"
            raise InputError(f"{path}: line {line} {fault}; keep one line a subject.")
        if split not in SPLITS:
            raise InputError(f"{path}: line {line} has split '{split}'; it must be {', '.join(SPLITS)}.")
        if not fold.removeprefix("-").isdecimal() or int(fold) < -1:
            raise InputError(f"{path}: line {line} has fold '{fold}'; it must be a number from 0, or -1 for none.")
        splits[subject] = Membership(split, int(fold))
    return splits


def write_splits(splits: Mapping[str, Membership], path: Path, sites: Mapping[str, str] | None = None) -> None:
    """Write a splits file atomically; an earlier one is replaced, another file never.

    Parameters
    ----------
    splits : mapping of str to Membership
        By subject.
    path : Path
    sites : mapping of str to str, optional
        Site of each subject; of those not named, what the earlier file says.

    Raises
    ------
    OutputError
        If `path` is there and is no splits file, or cannot be written.
    """
    refuse_foreign(path, COLUMNS)
    told = {row["subject"]: row["site"] for _, row in read_rows(path, COLUMNS)} if path.exists() else {}
    told |= sites or {}
    rows = ((subject, told.get(subject, ""), its.split, its.fold) for subject, its in sorted(splits.items()))
    write_rows(path, COLUMNS, rows)


def known_splits(path: Path, given: Mapping[str, Membership] | None = None) -> dict[str, Membership]:
    """Splits of a file that may be there already, and those given elsewhere.

    Raises
    ------
    OutputError
        If the file is there and is no splits file.
    InputError
        If both name a subject and differ.
    """
    refuse_foreign(path, COLUMNS)
    known = read_splits(path) if path.exists() else {}
    for subject, its in (given or {}).items():
        if known.setdefault(subject, its).split != its.split:
            fault = f"has {subject} in {known[subject].split}, the table in {its.split}"
            raise InputError(f"{path}: {fault}; make them agree, or name another file with --splits.")
    return known


def sites_of(cases: Sequence[Case]) -> dict[str, str]:
    """Site of each subject, in the order of their names; 'A+B' for one scanned at two."""
    sites: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        sites[case.subject].update({case.site} - {""})
    return {subject: "+".join(sorted(sites[subject])) for subject in sorted(sites)}


def assign_splits(
    cases: Sequence[Case],
    *,
    validation: float = 0.2,
    test: float = 0.0,
    folds: int = 0,
    seed: int = 1,
    known: Mapping[str, Membership] | None = None,
) -> dict[str, Membership]:
    """Assign subjects to splits at random, in proportion at each site.

    The result depends on the subjects, their sites, `seed` and `known` alone: not on the order of the cases,
    the machine or the version of Python.

    Parameters
    ----------
    cases : sequence of Case
    validation, test : float
        Shares of the subjects. Unless `validation` is 0, one subject at least validates where there are two.
    folds : int
        Also deal all but the test subjects into so many folds; 0 for none, or for as many as `known` has.
    seed : int
        Another seed, other splits.
    known : mapping of str to Membership, optional
        Subjects that keep what they have; new ones are added so that the shares come out right. A known
        subject without a fold gets one where there are folds.

    Returns
    -------
    dict of str to Membership
        By subject: those of the cases and all of `known`.

    Raises
    ------
    UsageError
        If the shares or the number of folds cannot be.
    """
    known = known or {}
    sites = sites_of(cases)
    order = sorted(sites, key=lambda subject: _draw(seed, subject))
    split = {subject: known[subject].split for subject in order if subject in known}
    for name, count in _counts(len(order), validation, test).items():
        _fill(split, name, count, order, sites, seed)
    assigned = dict(known)
    for subject in order:
        assigned[subject] = known.get(subject) or Membership(split.get(subject, "train"), -1)
    count = _fold_count(folds, known)
    if count:
        _deal(assigned, count, order, sites)
    return dict(sorted(assigned.items()))


def _draw(seed: int, name: str) -> bytes:
    """A random key for a name; hash() of Python differs from run to run."""
    return hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogateescape")).digest()


def _counts(subjects: int, validation: float, test: float) -> dict[str, int]:
    """How many subjects test and validate; one at least is left to train unless the shares leave none."""
    if not (validation >= 0 and test >= 0 and validation + test <= 1 + 1e-9):
        raise UsageError(f"shares of {validation:g} (validation) and {test:g} (test) must lie between 0 and 1 in all.")
    tested, validated = (math.floor(share * subjects + 0.5) for share in (test, validation))
    if validation > 0 and subjects > 1:
        validated = max(1, validated)
    available = subjects if validation + test > 1 - 1e-9 else max(0, subjects - 1)
    validated = min(validated, available)
    return {"test": min(tested, available - validated), "validation": validated}


def _fill(split: dict[str, str], name: str, count: int, order: list[str], sites: Mapping[str, str], seed: int) -> None:
    """Bring a split up to `count` subjects, each from the site that lacks most (largest remainder)."""
    sizes, have = Counter(sites.values()), Counter(sites[subject] for subject in split if split[subject] == name)
    free: dict[str, list[str]] = defaultdict(list)
    for subject in reversed(order):
        if subject not in split:
            free[sites[subject]].append(subject)
    for _ in range(count - have.total()):
        if not any(free.values()):
            return
        lack = {site: (count * sizes[site] / len(order) - have[site], _draw(seed, site)) for site in free if free[site]}
        site = max(lack, key=lambda site: lack[site])
        split[free[site].pop()] = name
        have[site] += 1


def _fold_count(folds: int, known: Mapping[str, Membership]) -> int:
    """Number of folds: what is asked for, which must be what the known subjects have if they have any."""
    before = max((its.fold for its in known.values()), default=-1) + 1
    if folds < 0 or folds == 1:
        raise UsageError(f"--folds {folds}: there must be two at least, or 0 for none.")
    if folds and before and folds != before:
        raise UsageError(f"--folds {folds}: the splits have {before} already; ask for {before} or start another file.")
    return folds or before


def _deal(assigned: dict[str, Membership], count: int, order: list[str], sites: Mapping[str, str]) -> None:
    """Give each subject that does not test a fold: the one with fewest of its site, then fewest of all."""
    dealt = [subject for subject in order if assigned[subject].split != "test"]
    if len(dealt) < count:
        raise UsageError(f"--folds {count}: there are {len(dealt)} subjects that do not test; ask for fewer folds.")
    have = Counter((sites[subject], assigned[subject].fold) for subject in dealt)
    total = Counter(assigned[subject].fold for subject in dealt)
    for subject in dealt:
        if assigned[subject].fold < 0:
            site = sites[subject]
            fold = min(range(count), key=lambda fold: (have[site, fold], total[fold]))
            assigned[subject] = replace(assigned[subject], fold=fold)
            have[site, fold] += 1
            total[fold] += 1


def select(cases: Sequence[Case], splits: Mapping[str, Membership], split: str, fold: int | None = None) -> list[Case]:
    """Cases of a split, in their order.

    Parameters
    ----------
    cases : sequence of Case
    splits : mapping of str to Membership
        By subject.
    split : {"train", "validation", "test"}
    fold : int, optional
        Let this fold validate and all others that do not test train.

    Raises
    ------
    UsageError
        If there is no such split or fold.
    InputError
        If a subject is not in the splits, or the split has no case.
    """
    if split not in SPLITS:
        raise UsageError(f"split '{split}': unknown; there are {', '.join(SPLITS)}.")
    folds = max((its.fold for its in splits.values()), default=-1) + 1
    if fold is not None and not 0 <= fold < folds:
        there = f"there are folds 0 to {folds - 1}" if folds else "the splits have none; index with --folds first"
        raise UsageError(f"fold {fold}: unknown; {there}.")
    for case in cases:
        if case.subject not in splits:
            raise InputError(f"{case.name}: its subject {case.subject} is in no split; index the data set again.")
    found = [case for case in cases if _split_in(splits[case.subject], fold) == split]
    if not found:
        inside = "" if fold is None else f" with fold {fold}"
        raise InputError(f"no case is in the split {split}{inside}; change the splits file or index with other shares.")
    return found


def cases_of(table: Path, split: str | None = None) -> list[Case]:
    """Cases of a data set table, all or those of a split in the ``splits.csv`` beside it.

    Raises
    ------
    InputError
        If a file cannot be used, or the split is empty.
    """
    cases = read_cases(table)
    return select(cases, read_splits(table.with_name("splits.csv")), split) if split else cases


def _split_in(its: Membership, fold: int | None) -> str:
    """The split of a subject once a fold is chosen."""
    if fold is None or its.split == "test":
        return its.split
    return "validation" if its.fold == fold else "train"


def count_cases(cases: Sequence[Case], splits: Mapping[str, Membership]) -> list[tuple[str, int, int]]:
    """Numbers of cases and subjects: of all, of each site, each split and each fold.

    Returns
    -------
    list of (name, cases, subjects)
    """
    groups: dict[str, list[Case]] = {"all": list(cases)}
    sites = sorted({case.site for case in cases})
    groups |= {f"site {site or 'unknown'}": [c for c in cases if c.site == site] for site in sites if any(sites)}
    groups |= {split: [c for c in cases if splits[c.subject].split == split] for split in SPLITS}
    folds = sorted({splits[case.subject].fold for case in cases} - {-1})
    groups |= {f"fold {fold}": [c for c in cases if splits[c.subject].fold == fold] for fold in folds}
    return [(name, len(group), len({case.subject for case in group})) for name, group in groups.items()]
