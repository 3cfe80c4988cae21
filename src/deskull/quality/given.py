"""Given masks: how far the mask of another tool, or one drawn by hand, can be trusted.

It is compared with the distance that the network predicts for the scan. Definitions of the brain differ by a constant
distance, so that the network's mask is taken at the border at which it fits the given mask best.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from deskull.quality.calibration import CALIBRATED, OFFSET, load_calibration
from deskull.quality.verdict import Quality, Verdict
from deskull.volume import FloatArray

#: Borders at which the masks are compared, in mm.
_BORDERS = np.arange(-4.0, 4.01, 0.25)
#: Parts of a mask farther from the other's edge than this are differences of shape, in mm.
FAR_MM = 5.0
#: Parts of this volume or more, in ml, are a reason for a look.
_LARGE_ML = 1.0


@dataclass(frozen=True)
class Comparison:
    """A given mask against the network's.

    Attributes
    ----------
    dice : float
        At the border that fits best.
    border_mm : float
        That border: positive where the given mask is wider than the network's surface.
    extra_ml, missing_ml : float
        Volume of the given mask more than 5 mm outside of the network's brain, and of that brain more than 5 mm outside
        of the given mask's, after the borders are matched.
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
    best = int(np.argmax(dice))
    border = float(_BORDERS[best])
    extra = np.count_nonzero(mask & (distance > border + FAR_MM))
    missing = np.count_nonzero(~mask & (distance < border - FAR_MM))
    return Comparison(float(dice[best]), border, extra * voxel_ml, missing * voxel_ml)


def judge_given(own: Quality, comparison: Comparison) -> Quality:
    """Judge a given mask.

    It can be trusted as far as the network's own mask is, and as far as the two agree.

    Parameters
    ----------
    own : Quality
        Of the network's mask.
    comparison : Comparison

    Returns
    -------
    Quality
        With the measures of the network's mask, and those of the comparison.
    """
    measures = {**own.measures, **{f"given_{name}": value for name, value in asdict(comparison).items()}}
    if own.predicted_dice is None or own.lower_bound is None:
        return replace(own, measures=measures)
    limits = load_calibration(CALIBRATED).thresholds
    predicted = min(own.predicted_dice, comparison.dice)
    reasons = list(_differences(comparison))
    if own.verdict is not Verdict.passed:
        reasons.append(
            "The network's own mask of this scan is not sure: the two may be wrong alike, or differ by chance."
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


def _differences(comparison: Comparison) -> list[str]:
    """Say where the masks differ by more than 5 mm."""
    parts = []
    if comparison.extra_ml >= _LARGE_ML:
        parts.append(f"{comparison.extra_ml:.1f} ml of the mask lie more than {FAR_MM:g} mm outside of the brain.")
    if comparison.missing_ml >= _LARGE_ML:
        parts.append(f"{comparison.missing_ml:.1f} ml of the brain lie more than {FAR_MM:g} mm outside of the mask.")
    return parts
