"""Over time: when the scans, or the masks, of a cohort changed, and rolling windows against a reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from deskull.quality.drift.change_point import find_change_point
from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.comparison import (
    MIN_DISTANCE,
    MIN_SCANS,
    SIGNIFICANCE_LEVEL,
    Comparison,
    MeasureShift,
    compare_pairs,
    shift_of,
)
from deskull.quality.drift.measures import split_unit, with_unit
from deskull.quality.drift.times import in_order_of_time
from deskull.quality.drift.two_sample import benjamini_hochberg
from deskull.quality.drift.verdict import direction, p_text, signed

#: Largest number of windows; a window overlaps half of the next.
_MAX_WINDOWS = 30


@dataclass(frozen=True)
class Change:
    """The most likely change of one side.

    Attributes
    ----------
    index : int
        First scan after it, in order of time.
    date : str
        Of that scan.
    p : float
        Of the permutation test; adjusted for both sides.
    shifts : tuple of MeasureShift
        Scans after the change against those before it, the largest difference first. The change was sought where they
        differ most, so that only their sizes count and not their p values.
    """

    index: int
    date: str
    p: float
    shifts: tuple[MeasureShift, ...]

    @property
    def is_shown(self) -> bool:
        """Whether the change is more than chance, and more than negligible."""
        largest = max((shift.distance for shift in self.shifts), default=0.0)
        return self.p <= SIGNIFICANCE_LEVEL and largest >= MIN_DISTANCE


@dataclass(frozen=True)
class Timeline:
    """A cohort over time.

    Attributes
    ----------
    cohort : Cohort
        Its scans in order of time.
    dates : list of str
        Of its scans.
    note : str
        What is to be known of these dates; "" if nothing is.
    inputs, outputs : Change, optional
        The most likely change of scans and masks; None if there are too few scans.
    windows : list of Comparison
        Rolling windows against the reference; none without a reference.
    window_rows : list of tuple of int
        First scan of each window and the one after its last.
    """

    cohort: Cohort
    dates: list[str]
    note: str
    inputs: Change | None
    outputs: Change | None
    windows: list[Comparison] = field(default_factory=list)
    window_rows: list[tuple[int, int]] = field(default_factory=list)


def over_time(cohort: Cohort, reference: Cohort | None = None, *, window: int | None = None, seed: int = 0) -> Timeline:
    """Follow a cohort over time.

    Parameters
    ----------
    cohort : Cohort
        Its labels tell the time; see `deskull.quality.drift.times`.
    reference : Cohort, optional
        That rolling windows are compared with.
    window : int, optional
        Number of scans of a window; by default 20, or more so that there are 30 windows at most.
    seed : int
        Of permutations and subsamples.

    Returns
    -------
    Timeline

    Raises
    ------
    InputError
        If nothing tells the time.
    """
    cohort, dates, note = in_order_of_time(cohort)
    inputs, outputs = _adjusted([_change(side, dates, seed) for side in (cohort.inputs, cohort.outputs)])
    rows = window_rows(len(cohort), window)
    if reference is None:
        return Timeline(cohort, dates, note, inputs, outputs)
    bare = replace(cohort, labels={})
    pairs = [(reference, bare.select(range(start, end), _span(dates, start, end))) for start, end in rows]
    return Timeline(cohort, dates, note, inputs, outputs, compare_pairs(pairs, seed=seed), rows)


def window_rows(n: int, window: int | None = None) -> list[tuple[int, int]]:
    """Return the first scan of each rolling window and the one after its last.

    Parameters
    ----------
    n : int
        Number of scans.
    window : int, optional
        Scans of a window; see `over_time`.

    Examples
    --------
    >>> window_rows(50)
    [(0, 20), (10, 30), (20, 40), (30, 50)]
    """
    size = min(max(window or max(20, -(-2 * n // _MAX_WINDOWS)), MIN_SCANS), n)
    starts = list(range(0, n - size + 1, max(1, size // 2)))
    if starts and starts[-1] + size < n:
        starts.append(n - size)
    return [(start, start + size) for start in starts if size]


def _span(dates: Sequence[str], start: int, end: int) -> str:
    """Name a window by its first and last date."""
    first, last = dates[start], dates[end - 1]
    return first if first == last else f"{first} to {last}"


def _change(side: Features, dates: Sequence[str], seed: int) -> Change | None:
    """Find the change of one side."""
    found = find_change_point(side.values, seed=seed) if side.names else None
    if found is None:
        return None
    before, after = (Features(side.names, side.values[rows]) for rows in np.split(np.arange(len(dates)), [found.index]))
    shifts = [shift for name in side.names if (shift := shift_of(name, before, after))]
    shifts.sort(key=lambda shift: -shift.distance)
    return Change(found.index, dates[found.index], found.p, tuple(shifts))


def _adjusted(changes: Sequence[Change | None]) -> list[Change | None]:
    """Adjust the p values of the changes for both sides."""
    p_values = iter(benjamini_hochberg([change.p for change in changes if change]))
    return [replace(change, p=next(p_values)) if change else None for change in changes]


def change_sentence(change: Change | None, noun: str) -> str:
    """Say whether and when one side changed, and how its measure that changed most did.

    Parameters
    ----------
    change : Change, optional
    noun : str
        What changed: "scans" or "masks".

    Returns
    -------
    str
    """
    if change is None:
        return f"The {noun}: too few to tell whether they changed; at least {2 * MIN_SCANS} with a time are needed."
    if not change.is_shown:
        return f"The {noun} did not change over time (p {p_text(change.p)})."
    shift = change.shifts[0]
    size = "" if math.isnan(shift.shift) else f", {signed(shift.shift)} SD"
    medians = f"{with_unit(shift.name, shift.median_reference)} before, {with_unit(shift.name, shift.median)} after"
    most = f"most of all {split_unit(shift.name)[0]} ({direction(shift)}, {medians}{size})"
    return f"The {noun} changed about {change.date}, at scan {change.index + 1:,} (p {p_text(change.p)}): {most}."
