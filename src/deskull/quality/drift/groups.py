"""Groups: scans of one scanner, site or protocol, each against the reference or against all others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from deskull.errors import InputError
from deskull.quality.drift.cohorts import Cohort
from deskull.quality.drift.comparison import MIN_SCANS, Comparison, State, compare_pairs

#: Columns that together name a group; the first list of which one is known is used.
_COLUMNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "scanner": (("scanner",), ("Manufacturer", "ManufacturersModelName", "MagneticFieldStrength")),
    "site": (("site",), ("InstitutionName",), ("StationName",)),
    "protocol": (("protocol",), ("ProtocolName",), ("SeriesDescription",)),
}
#: More groups than these are no groups, but names of scans.
MAX_GROUPS = 200
_UNKNOWN = "(unknown)"
#: Groups that a sentence names.
_N_NAMED = 8


def group_names(cohort: Cohort, by: str) -> list[str]:
    """Return the group of each scan.

    Parameters
    ----------
    cohort : Cohort
    by : str
        A column of its labels, or "scanner" (manufacturer, model and field strength), "site" or "protocol".

    Returns
    -------
    list of str
        "(unknown)" for a scan without a label.

    Raises
    ------
    InputError
        If the labels do not tell, or if there are too many groups.
    """
    columns = _columns(cohort, by)
    rows = zip(*(_texts(cohort, column) for column in columns), strict=True)
    names = [" ".join(text for text in row if text) or _UNKNOWN for row in rows]
    if len(set(names)) > MAX_GROUPS:
        raise InputError(f"{cohort.name}: {by} has {len(set(names)):,} values, too many for groups; choose a column.")
    return names


def compare_groups(cohort: Cohort, by: str, reference: Cohort | None = None, *, seed: int = 0) -> list[Comparison]:
    """Compare each group of scans with a reference, or with all the others.

    Parameters
    ----------
    cohort : Cohort
    by : str
        See `group_names`.
    reference : Cohort, optional
        By default each group is compared with the other groups together.
    seed : int
        Of permutations and subsamples.

    Returns
    -------
    list of Comparison
        In the order of the groups' names; p values are adjusted for all groups and both sides.

    Raises
    ------
    InputError
        If the labels do not tell, or without a reference there is one group only.
    """
    names = group_names(cohort, by)
    groups = sorted(set(names), key=_natural_order)
    if reference is None and len(groups) < 2:
        raise InputError(f"{cohort.name}: all scans have the same {by}, {groups[0]}; give a reference to compare with.")
    return compare_pairs(_pairs(replace(cohort, labels={}), np.array(names), groups, reference), seed=seed)


def _pairs(
    cohort: Cohort, names: npt.NDArray[np.str_], groups: Sequence[str], reference: Cohort | None
) -> Iterator[tuple[Cohort, Cohort]]:
    """Yield each group and what it is compared with, one pair at a time: together they may not fit into memory."""
    for group in groups:
        others = reference or cohort.select(np.flatnonzero(names != group), "all others")
        yield others, cohort.select(np.flatnonzero(names == group), group)


def groups_sentence(groups: Sequence[Comparison], by: str) -> str:
    """Say which groups moved.

    Parameters
    ----------
    groups : sequence of Comparison
    by : str

    Returns
    -------
    str
        Groups that move in opposite directions may hide each other in the whole cohort.
    """
    moved = [group.name for group in groups if State.moved in (group.inputs.state, group.outputs.state)]
    n_untold = sum(State.too_few in (group.inputs.state, group.outputs.state) for group in groups)
    if n_untold == len(groups):
        return f"By {by}: too few scans to tell; at least {MIN_SCANS} on each side are needed."
    names = ", ".join(moved[:_N_NAMED]) + (" and others" if len(moved) > _N_NAMED else "")
    found = f"{len(moved)} of {len(groups)} moved ({names})" if moved else f"none of {len(groups)} moved"
    untold = f"; {n_untold} {'has' if n_untold == 1 else 'have'} too few scans to tell" if n_untold else ""
    return f"By {by}: {found}{untold}."


def _natural_order(name: str) -> list[tuple[int, str]]:
    """Key that sorts numbers in names by their size: "scan 2" comes before "scan 10"."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]{1,9})", name) if part]


def _columns(cohort: Cohort, by: str) -> tuple[str, ...]:
    """Return the columns of labels that name the groups.

    Raises
    ------
    InputError
        If none of them holds a text.
    """
    alternatives = _COLUMNS.get(by, ((by,),))
    for columns in alternatives:
        if any(any(cohort.labels.get(column, ())) for column in columns):
            return columns
    wanted = " or ".join(" + ".join(columns) for columns in alternatives)
    known = ", ".join(sorted(cohort.labels)[:12]) or "none"
    raise InputError(f"{cohort.name}: nothing tells {wanted} of its scans; its columns are: {known}.")


def _texts(cohort: Cohort, column: str) -> tuple[str, ...]:
    """Return the labels of a column; a field strength gets its unit."""
    texts = cohort.labels.get(column, ("",) * len(cohort))
    if column == "MagneticFieldStrength":
        return tuple(f"{text} T" if text else "" for text in texts)
    return texts
