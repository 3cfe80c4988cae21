"""Given masks: how far the mask of another tool, or one drawn by hand, can be trusted.

It is compared with the distance that the network predicts for the scan. Definitions of the brain differ by a constant
distance, so that the network's mask is taken at the border at which it fits the given mask best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from deskull.quality.calibration import CALIBRATED, OFFSET, load_calibration
from deskull.quality.differences import FAR_MM, Difference, Kind, far_parts
from deskull.quality.verdict import Quality, Verdict
from deskull.volume import FloatArray

#: Borders at which the masks are compared, in mm.
_BORDERS = np.arange(-4.0, 4.01, 0.25)
#: Differences of this volume or more, in ml, are a reason for a look.
_LARGE_ML = 1.0


@dataclass(frozen=True)
class Comparison:
    """A given mask against the network's.

    Attributes
    ----------
    dice : float
        At the border that fits best.
    border_mm : float
        That border: positive where the given mask is wider than the network's surface, 0 for an empty mask.
    extra_ml, missing_ml : float
        Volume of the given mask more than 5 mm outside of the border of the network's, and of what lies more than 5 mm
        inside of that border and is missing in the given mask, after the borders are matched.
    """

    dice: float
    border_mm: float
    extra_ml: float
    missing_ml: float


def compare_with(distance: FloatArray, mask: npt.NDArray[np.bool_], voxel_ml: float) -> Comparison:
    """Compare a given mask with the network's distance.

    Parameters
    ----------
    distance : ndarray of float32, shape (x, y, z)
        Signed distance to the network's surface in mm, negative inside.
    mask : ndarray of bool, same shape
    voxel_ml : float
        Volume of a voxel.

    Returns
    -------
    Comparison
    """
    edges = np.concatenate([[-np.inf], _BORDERS, [np.inf]])
    ours = np.cumsum(np.histogram(distance, edges)[0])[: len(_BORDERS)]
    both = np.cumsum(np.histogram(distance[mask], edges)[0])[: len(_BORDERS)]
    dice = 2 * both / np.maximum(ours + np.count_nonzero(mask), 1)
    best = min(np.flatnonzero(dice == dice.max()).tolist(), key=lambda index: abs(_BORDERS[index]))
    border = float(_BORDERS[best])
    parts = far_parts(distance, mask, border)
    extra, missing = (np.count_nonzero(part) * voxel_ml for part in (parts.extra, parts.missing))
    return Comparison(float(dice[best]), border, extra, missing)


def judge_given(own: Quality, comparison: Comparison, differences: Sequence[Difference] = ()) -> Quality:
    """Judge a given mask.

    It can be trusted as far as the network's own mask is, and as far as the two agree.

    Parameters
    ----------
    own : Quality
        Of the network's mask.
    comparison : Comparison
    differences : sequence of Difference
        The largest parts that differ by more than 5 mm, the largest first; the reasons name their places.

    Returns
    -------
    Quality
        With the measures of the comparison, and those of the network's mask.
    """
    measures = {**{f"given_{name}": value for name, value in asdict(comparison).items()}, **own.measures}
    if own.predicted_dice is None or own.lower_bound is None:
        return replace(own, measures=measures)
    limits = load_calibration(CALIBRATED).thresholds
    predicted = min(own.predicted_dice, comparison.dice)
    reasons = _far_reasons(comparison, differences)
    if own.verdict is not Verdict.passed:
        reasons.append(
            "deskull is not sure of its own mask of this scan: the two may be wrong alike, or differ by chance."
        )
    error = math.log(1 - predicted + OFFSET)
    is_far = error > limits["fail"] and own.verdict is Verdict.passed
    is_near = error <= limits["pass"] and own.verdict is Verdict.passed and not reasons
    if not is_near and not reasons:
        reasons.append(f"The mask agrees with the network's with a Dice of {comparison.dice:.3f}.")
    return Quality(
        Verdict.passed if is_near else Verdict.failed if is_far else Verdict.review,
        (*reasons, *(own.reasons if own.verdict is not Verdict.passed else ())),
        predicted_dice=predicted,
        lower_bound=max(0.0, comparison.dice - (1 - own.lower_bound)),
        margin_mm=own.margin_mm,
        input=own.input,
        measures=measures,
    )


def _far_reasons(comparison: Comparison, differences: Sequence[Difference]) -> list[str]:
    """Say how much differs by more than 5 mm, and where the largest part of it lies; the larger volume first."""
    kinds = (
        (comparison.extra_ml, Kind.extra, f"of the mask lie more than {FAR_MM:g} mm outside of the brain"),
        (comparison.missing_ml, Kind.missing, f"more than {FAR_MM:g} mm inside of the brain's border are missing"),
    )
    return [
        f"{volume:.1f} ml {words}{_largest_text([part for part in differences if part.kind == kind])}."
        for volume, kind, words in sorted(kinds, key=lambda entry: -entry[0])
        if volume >= _LARGE_ML
    ]


def _largest_text(parts: Sequence[Difference]) -> str:
    """Say where the largest part lies, for the end of a sentence; '' if there is none."""
    if not parts:
        return ""
    return f", the largest part ({parts[0].volume_ml:.1f} ml): {parts[0].where()}"
