"""Comparison: a cohort against a reference, its scans (input) and its masks (output) apart."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.effects import cliffs_delta, spread_ratio, standardised_shift
from deskull.quality.drift.two_sample import EnergyTest, benjamini_hochberg, energy_test, kolmogorov_smirnov

#: Level of the tests. False alarms where nothing has moved are to be at most 5 %; approximate p values get a margin.
SIGNIFICANCE_LEVEL = 0.04
#: A smaller number of scans says nothing about a distribution.
MIN_SCANS = 8
#: A significant shift of one measure is negligible below this Kolmogorov-Smirnov distance, which a shift of a quarter
#: of a standard deviation reaches.
MIN_DISTANCE = 0.1
#: A significant energy test is negligible below this coefficient, which a shift of all measures by a fifth of a
#: standard deviation reaches.
MIN_COEFFICIENT = 0.005


class State(enum.StrEnum):
    """What became of the scans, or of the masks."""

    too_few = "too few to tell"
    not_measured = "not measured"
    unmoved = "did not move"
    negligible = "moved negligibly"
    moved = "moved"


@dataclass(frozen=True)
class MeasureShift:
    """One measure of a cohort against that of the reference.

    Attributes
    ----------
    name : str
    n_reference, n : int
        Numbers of scans that have a value.
    n_missing_reference, n_missing : int
        Numbers of scans that have none.
    median_reference, median : float
    shift : float
        Difference of the trimmed means in robust standard deviations of the reference; NaN if it has no spread.
    cliffs_delta : float
        From -1 (always lower) to 1 (always higher).
    spread_ratio : float
        Robust standard deviation divided by that of the reference.
    distance : float
        Kolmogorov-Smirnov distance, 0 to 1.
    p, p_adjusted : float
        Of Kolmogorov-Smirnov; adjusted for all measures of the same side by Benjamini-Hochberg.
    """

    name: str
    n_reference: int
    n: int
    n_missing_reference: int
    n_missing: int
    median_reference: float
    median: float
    shift: float
    cliffs_delta: float
    spread_ratio: float
    distance: float
    p: float
    p_adjusted: float = 1.0

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance, however small."""
        return self.p_adjusted <= SIGNIFICANCE_LEVEL

    @property
    def has_moved(self) -> bool:
        """Whether the difference is more than chance, and more than negligible."""
        return self.is_significant and self.distance >= MIN_DISTANCE


@dataclass(frozen=True)
class Side:
    """The scans (input) or the masks (output) of a cohort against those of the reference.

    Attributes
    ----------
    state : State
    measures : tuple of MeasureShift
        Those that could be tested, the largest distance first.
    energy : EnergyTest, optional
        Of all these measures together; None if there is none.
    p, p_adjusted : float
        Of both kinds of test together; adjusted for all sides of all cohorts that were compared at once.
    """

    state: State
    measures: tuple[MeasureShift, ...] = ()
    energy: EnergyTest | None = None
    p: float = 1.0
    p_adjusted: float = 1.0

    @property
    def moved_measures(self) -> tuple[MeasureShift, ...]:
        """The measures that moved; none if the side did not."""
        return tuple(shift for shift in self.measures if shift.has_moved) if self.state is State.moved else ()


@dataclass(frozen=True)
class Comparison:
    """A cohort against a reference.

    Attributes
    ----------
    name, reference : str
        Of the cohorts.
    n, n_reference : int
        Numbers of scans.
    inputs, outputs : Side
    not_shared : tuple of str
        Measures that only one of the two cohorts has.
    """

    name: str
    reference: str
    n: int
    n_reference: int
    inputs: Side
    outputs: Side
    not_shared: tuple[str, ...] = field(default=())

    @property
    def n_measures(self) -> int:
        """Number of measures that were tested."""
        return len(self.inputs.measures) + len(self.outputs.measures)


def compare(reference: Cohort, *cohorts: Cohort, seed: int = 0) -> list[Comparison]:
    """Compare cohorts with a reference.

    Parameters
    ----------
    reference : Cohort
    *cohorts : Cohort
    seed : int
        Of permutations and subsamples.

    Returns
    -------
    list of Comparison
        In the order given. Where nothing has moved, the rate of false alarms of all cohorts together is at most 5 %.
    """
    return compare_pairs([(reference, cohort) for cohort in cohorts], seed=seed)


def compare_pairs(pairs: Iterable[tuple[Cohort, Cohort]], *, seed: int = 0) -> list[Comparison]:
    """Compare pairs of a reference and a cohort; p values are adjusted for all of them. See `compare`."""
    return _judge([_tested(reference, cohort, seed) for reference, cohort in pairs])


def _tested(reference: Cohort, cohort: Cohort, seed: int) -> Comparison:
    """Test both sides of a pair, without judging them."""
    not_shared = {
        *(set(reference.inputs.names) ^ set(cohort.inputs.names)),
        *(set(reference.outputs.names) ^ set(cohort.outputs.names)),
    }
    return Comparison(
        cohort.name, reference.name, len(cohort), len(reference),
        _test_side(reference.inputs, cohort.inputs, seed), _test_side(reference.outputs, cohort.outputs, seed),
        tuple(sorted(not_shared)),
    )  # fmt: skip


def _test_side(reference: Features, sample: Features, seed: int) -> Side:
    """Test the measures that both have, one by one and together."""
    if min(len(reference.values), len(sample.values)) < MIN_SCANS:
        return Side(State.too_few)
    shifts = [shift_of(name, reference, sample) for name in reference.names if name in sample.names]
    measures = [shift for shift in shifts if shift is not None]
    if not measures:
        return Side(State.not_measured)
    adjusted = benjamini_hochberg([measure.p for measure in measures])
    measures = [replace(measure, p_adjusted=p) for measure, p in zip(measures, adjusted, strict=True)]
    names = [measure.name for measure in measures]
    energy = energy_test(reference.matrix(names), sample.matrix(names), seed=seed)
    p = min(1.0, 2 * min(energy.p, *adjusted))  # Bonferroni, for the two kinds of test
    measures.sort(key=lambda measure: (-measure.distance, measure.name))
    return Side(State.unmoved, tuple(measures), energy, p)


def shift_of(name: str, reference: Features, sample: Features) -> MeasureShift | None:
    """Compare one measure.

    Parameters
    ----------
    name : str
    reference, sample : Features

    Returns
    -------
    MeasureShift or None
        None if one of them has too few values.
    """
    old, new = reference.column(name), sample.column(name)
    if min(len(old), len(new)) < MIN_SCANS:
        return None
    distance, p = kolmogorov_smirnov(old, new)
    return MeasureShift(
        name, len(old), len(new), len(reference.values) - len(old), len(sample.values) - len(new),
        float(np.median(old)), float(np.median(new)), standardised_shift(old, new), cliffs_delta(old, new),
        spread_ratio(old, new), distance, p,
    )  # fmt: skip


def _judge(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Adjust the p values of all sides that were tested, and give each its state."""
    adjusted = iter(benjamini_hochberg([side.p for one in comparisons for side in _tested_sides(one)]))
    return [
        replace(one, inputs=_judged(one.inputs, adjusted), outputs=_judged(one.outputs, adjusted))
        for one in comparisons
    ]


def _tested_sides(comparison: Comparison) -> list[Side]:
    """Return the sides that were tested."""
    return [side for side in (comparison.inputs, comparison.outputs) if side.energy]


def _judged(side: Side, adjusted: Iterator[float]) -> Side:
    """Return a side with its state."""
    if side.energy is None:
        return side
    p = next(adjusted)
    if p > SIGNIFICANCE_LEVEL:
        return replace(side, p_adjusted=p)
    together = side.energy.p <= SIGNIFICANCE_LEVEL and side.energy.coefficient >= MIN_COEFFICIENT
    large = together or any(measure.has_moved for measure in side.measures)
    return replace(side, p_adjusted=p, state=State.moved if large else State.negligible)
