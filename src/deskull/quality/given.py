"""Given masks: how far the mask of another tool, or one drawn by hand, can be trusted.

It can be trusted as far as the network's own mask of the scan is, and as far as the two agree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TypeVar

from deskull.quality.calibration import CALIBRATED, OFFSET, load_calibration
from deskull.quality.comparison import DEFINITIONS_MM, FARTHEST_MM, Comparison
from deskull.quality.differences import FAR_MM, Difference, Kind
from deskull.quality.verdict import HIGHEST_MARGIN_MM, Quality, Verdict
from deskull.quality.wording import OF_NETWORK

T = TypeVar("T")

#: Differences of this volume or more, in ml, are a reason for a look.
_LARGE_ML = 1.0


def judge_given(own: Quality, comparison: Comparison, differences: Sequence[Difference] = ()) -> Quality:
    """Judge a given mask.

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
        Measures of the comparison are named ``given_...``, those of the network's own mask ``network_...``.
    """
    measures = {f"given_{name}": value for name, value in asdict(comparison).items()} | _of_network(own.measures, own)
    measured = replace(own, measures=measures, percentiles=_of_network(own.percentiles, own), margin_mm=None)
    if own.predicted_dice is None or own.lower_bound is None:
        return measured
    predicted = min(own.predicted_dice, comparison.dice)
    reasons = [*_offset_reasons(comparison), *_far_reasons(comparison, differences)]
    if own.verdict is not Verdict.passed:
        reasons.append(
            "deskull is not sure of its own mask of this scan: the two may be wrong alike, or differ by chance."
        )
    verdict = _verdict(own, predicted, has_reasons=bool(reasons))
    if verdict is not Verdict.passed and not reasons:
        reasons.append(f"The mask agrees with the network's with a Dice of {comparison.dice:.3f}.")
    return replace(
        measured,
        verdict=verdict,
        reasons=(*reasons, *(own.reasons if own.verdict is not Verdict.passed else ())),
        predicted_dice=predicted,
        lower_bound=max(0.0, comparison.dice - (1 - own.lower_bound)),
        margin_mm=_margin(own, comparison),
    )


def _of_network(values: Mapping[str, T], own: Quality) -> dict[str, T]:
    """Values by name, with those of the network's own mask named as such; those of the scan keep their names."""
    return {f"{OF_NETWORK}{name}" if name in own.measures else name: value for name, value in values.items()}


def _verdict(own: Quality, predicted: float, *, has_reasons: bool) -> Verdict:
    """Verdict on a given mask: one that nothing speaks against passes, and to fail, the network's own must pass."""
    limits, error = load_calibration(CALIBRATED).thresholds, math.log(1 - predicted + OFFSET)
    if own.verdict is not Verdict.passed:
        return Verdict.review
    if error > limits["fail"]:
        return Verdict.failed
    return Verdict.review if has_reasons or error > limits["pass"] else Verdict.passed


def _margin(own: Quality, comparison: Comparison) -> float | None:
    """Distance of the given edge from the network's, and of that from the true border; None if there is no edge."""
    if own.margin_mm is None or math.isnan(comparison.edge_95_mm):
        return None
    return min(own.margin_mm + comparison.edge_95_mm, HIGHEST_MARGIN_MM)


def _offset_reasons(comparison: Comparison) -> list[str]:
    """Say how far the whole mask is too large or too small, if definitions of the brain do not explain it."""
    offset = comparison.offset_mm
    if not comparison.volume_ml:
        return ["The mask is empty."]
    if abs(offset) <= DEFINITIONS_MM:
        return []
    size, side = ("large", "outside") if offset > 0 else ("small", "inside")
    distance = f"{'at least' if abs(offset) >= FARTHEST_MM else 'about'} {abs(offset):g} mm"
    return [f"The mask is too {size} as a whole: its edge lies {distance} {side} of the brain's border."]


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
