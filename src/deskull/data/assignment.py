"""Assignment: subjects are assigned to splits and folds at random, in proportion at each site.

Subjects are assigned, not cases: all cases of a subject are in the same split, because two scans of one head are
nearly the same image.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from deskull.data.cases import Case
from deskull.data.splits import NO_FOLD, Membership, sites_of
from deskull.errors import UsageError


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

    The result depends only on the subjects, their sites, `seed` and `known`: not on the order of the cases, the
    machine or the version of Python.

    Parameters
    ----------
    cases : sequence of Case
    validation, test : float
        Fractions of the subjects. Unless `validation` is 0, at least one of two or more subjects is used for
        validation.
    folds : int
        Number of folds to which all subjects but those of the test split are assigned too; 0 for none, or for as many
        as `known` has.
    seed : int
        Seed of the random choice.
    known : mapping of str to Membership, optional
        Memberships that are kept, by subject; new subjects are added so that the fractions are reached. A known subject
        without a fold is assigned to one if there are folds.

    Returns
    -------
    dict of str to Membership
        By subject: those of the cases and all of `known`.

    Raises
    ------
    UsageError
        If the fractions or the number of folds are impossible.
    """
    known = known or {}
    sites = sites_of(cases)
    order = sorted(sites, key=lambda subject: _random_key(seed, subject))
    split = {subject: known[subject].split for subject in order if subject in known}
    for name, count in _split_sizes(len(order), validation, test).items():
        _fill_split(split, name, count, order, sites, seed)
    assigned = dict(known)
    for subject in order:
        assigned[subject] = known.get(subject) or Membership(split.get(subject, "train"), NO_FOLD)
    n_folds = _number_of_folds(folds, known)
    if n_folds:
        _assign_folds(assigned, n_folds, order, sites)
    return dict(sorted(assigned.items()))


def _random_key(seed: int, name: str) -> bytes:
    """Return a random key of a name by which to sort; Python's hash() differs between runs."""
    return hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogateescape")).digest()


def _split_sizes(n_subjects: int, validation: float, test: float) -> dict[str, int]:
    """Return the numbers of subjects to test and validate on; one is left to train on unless the fractions add to 1."""
    if not (validation >= 0 and test >= 0 and validation + test <= 1 + 1e-9):
        fractions = f"validation={validation:g} and test={test:g}"
        raise UsageError(f"{fractions}: are fractions of the subjects; neither may be negative, nor their sum above 1.")
    n_test, n_validation = (math.floor(fraction * n_subjects + 0.5) for fraction in (test, validation))
    if validation > 0 and n_subjects > 1:
        n_validation = max(1, n_validation)
    available = n_subjects if validation + test > 1 - 1e-9 else max(0, n_subjects - 1)
    n_validation = min(n_validation, available)
    return {"test": min(n_test, available - n_validation), "validation": n_validation}


def _fill_split(
    split: dict[str, str], name: str, count: int, order: list[str], sites: Mapping[str, str], seed: int
) -> None:
    """Add subjects to a split until it has `count`, each from the site that lacks most (largest remainder method)."""
    site_sizes = Counter(sites.values())
    n_assigned = Counter(sites[subject] for subject in split if split[subject] == name)
    free: dict[str, list[str]] = defaultdict(list)
    for subject in reversed(order):
        if subject not in split:
            free[sites[subject]].append(subject)
    for _ in range(count - n_assigned.total()):
        if not any(free.values()):
            return
        remainders = {
            site: (count * site_sizes[site] / len(order) - n_assigned[site], _random_key(seed, site))
            for site in free
            if free[site]
        }
        site = max(remainders, key=lambda site: remainders[site])
        split[free[site].pop()] = name
        n_assigned[site] += 1


def _number_of_folds(folds: int, known: Mapping[str, Membership]) -> int:
    """Return the number of folds asked for, which must be that of the known subjects if they have folds."""
    n_known = max((its.fold for its in known.values()), default=NO_FOLD) + 1
    if folds < 0 or folds == 1:
        raise UsageError("must be 2 or more, or 0 for no folds.", parameter="folds", value=folds)
    if folds and n_known and folds != n_known:
        fault = f"the splits have {n_known} folds already; ask for {n_known} or start a new file of splits."
        raise UsageError(fault, parameter="folds", value=folds)
    return folds or n_known


def _assign_folds(assigned: dict[str, Membership], n_folds: int, order: list[str], sites: Mapping[str, str]) -> None:
    """Assign each subject that is not tested to the fold with the fewest subjects of its site, then of all."""
    subjects = [subject for subject in order if assigned[subject].split != "test"]
    if len(subjects) < n_folds:
        fault = f"there are only {len(subjects)} subjects that are not in the test split; ask for fewer folds."
        raise UsageError(fault, parameter="folds", value=n_folds)
    n_at_site = Counter((sites[subject], assigned[subject].fold) for subject in subjects)
    n_in_fold = Counter(assigned[subject].fold for subject in subjects)
    for subject in subjects:
        if assigned[subject].fold != NO_FOLD:
            continue
        site = sites[subject]
        fold = min(range(n_folds), key=lambda fold: (n_at_site[site, fold], n_in_fold[fold]))
        assigned[subject] = replace(assigned[subject], fold=fold)
        n_at_site[site, fold] += 1
        n_in_fold[fold] += 1
