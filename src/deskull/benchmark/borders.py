"""Borders: where deskull's masks end if one fixed distance from its surface is fitted to the references of a data set.

References differ by millimetres in what they call brain. A border that is fitted to the scans on which it is scored
would flatter the tool, so people are divided into two halves: each half is scored at the border that fits the other.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deskull import formats
from deskull.benchmark.outcomes import Outcome, Reference
from deskull.benchmark.runs import Bench
from deskull.data.cases import Case
from deskull.masking import mask_from_distance

#: Borders in mm that are compared.
BORDERS = np.arange(-4, 4.01, 0.25)
#: Pattern of the name of a signed distance, and the name of the masks that are made of it.
_DISTANCE, _MASK = "*_distance.nii*", "mask_at_fitted_border.nii.gz"
_N_HALVES = 2


@dataclass(frozen=True)
class FittedBorders:
    """A tool's outcomes at the borders that fit other people's references.

    Attributes
    ----------
    borders : tuple of float
        In mm, of the first half and of the second.
    outcomes : list of Outcome
        Those of the tool, with the masks and the scores at these borders.
    """

    borders: tuple[float, float]
    outcomes: list[Outcome]


def fit_borders(outcomes: Sequence[Outcome], cases: Sequence[Case], bench: Bench) -> FittedBorders | None:
    """Fit one border to each half of the people, and score the scans of the other half at it.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of one tool that writes signed distances.
    cases : sequence of Case
    bench : Bench

    Returns
    -------
    FittedBorders or None
        None with fewer than two people whose distances can be read.
    """
    by_name = {case.name: case for case in cases}
    dice: dict[str, npt.NDArray[np.float64]] = {}
    for outcome in outcomes:
        distance = _distance_file(bench, outcome)
        if distance is not None:
            dice[outcome.case] = _dice_by_border(distance, by_name[outcome.case])
    halves = halves_of([outcome.subject or outcome.case for outcome in outcomes if outcome.case in dice])
    if len(set(halves.values())) < _N_HALVES:
        return None
    fitted = [_best_border(outcomes, dice, halves, half) for half in range(_N_HALVES)]
    scored = [
        _at_border(outcome, by_name[outcome.case], fitted[1 - halves[outcome.subject or outcome.case]], bench)
        if outcome.case in dice
        else outcome
        for outcome in outcomes
    ]
    return FittedBorders((fitted[1], fitted[0]), scored)


def halves_of(people: Sequence[str]) -> dict[str, int]:
    """Divide people into two halves that are the same in every run and do not depend on their order.

    Parameters
    ----------
    people : sequence of str
        A name may occur several times.

    Returns
    -------
    dict of str to int
        0 or 1 by name.

    Examples
    --------
    >>> sorted(halves_of(["a", "b", "c", "a"]).values())
    [0, 0, 1]
    """
    ordered = sorted(set(people), key=lambda name: hashlib.sha256(name.encode(errors="surrogateescape")).digest())
    return {name: position % _N_HALVES for position, name in enumerate(ordered)}


def _distance_file(bench: Bench, outcome: Outcome) -> Path | None:
    """Return the file of the signed distance of a run; None if there is none."""
    return next(iter(sorted(bench.place(outcome.tool, outcome.case).glob(_DISTANCE))), None)


def _dice_by_border(distance: Path, case: Case) -> npt.NDArray[np.float64]:
    """Dice of one scan at each of `BORDERS`, from the numbers of voxels between them."""
    reference = Reference.of(case)
    region = np.ones_like(reference.mask) if reference.roi is None else reference.roi
    values = formats.read(distance).values()[region]
    true = reference.mask[region]
    edges = [-np.inf, *BORDERS]
    inside = np.histogram(values, edges)[0].cumsum()
    common = np.histogram(values[true], edges)[0].cumsum()
    dice: npt.NDArray[np.float64] = 2 * common / np.maximum(1, inside + true.sum())
    return dice


def _best_border(
    outcomes: Sequence[Outcome], dice: Mapping[str, npt.NDArray[np.float64]], halves: Mapping[str, int], half: int
) -> float:
    """Border in mm with the highest mean Dice over the people of a half, each of whom counts once."""
    by_person: dict[str, list[npt.NDArray[np.float64]]] = defaultdict(list)
    for outcome in outcomes:
        person = outcome.subject or outcome.case
        if outcome.case in dice and halves[person] == half:
            by_person[person].append(dice[outcome.case])
    return float(BORDERS[np.mean([np.mean(curves, axis=0) for curves in by_person.values()], axis=0).argmax()])


def _at_border(outcome: Outcome, case: Case, border: float, bench: Bench) -> Outcome:
    """Write the mask of an outcome at another border, and score it."""
    distance = _distance_file(bench, outcome)
    if distance is None:
        return outcome
    volume = formats.read(distance)
    mask = volume.with_data(mask_from_distance(volume.values(), border))
    formats.write(mask, distance.with_name(_MASK), overwrite=True)
    return replace(outcome, mask=_MASK, scores=Reference.of(case).score(mask.data > 0))
