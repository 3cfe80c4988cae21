"""Values: what kinds of numbers the scan holds."""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import Evidence
from deskull.volume import Array, FloatArray

#: About this number of voxels is looked at.
_N_SAMPLED = 200_000
#: Scans with more values have no steps.
_MOST_STEPS = 20
#: Fewer voxels, or pairs of them, are not measured.
_FEWEST = 100
_NAMES = (
    "grey_values", "uneven_steps", "at_maximum", "most_common", "equal_neighbours", "one_value_areas", "negative",
    "zeros_inside", "zeros",
)  # fmt: skip


def value_measures(evidence: Evidence) -> dict[str, float]:
    """Measure the distribution of the scan's values.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``grey_values`` (number of different values among those of the head, up to 1,000); ``uneven_steps`` (largest
        over smallest difference of neighbouring values, 1 if they are evenly spaced; NaN for more than 20 values);
        ``at_maximum`` (fraction of the brighter half that has the highest value); ``most_common`` (fraction of the head
        that has the most common value); ``equal_neighbours`` (fraction of neighbouring pairs of its voxels, along the
        longest axis, that have the same value); ``one_value_areas`` (the same along the axis where it is lowest,
        without the pairs of the value that has most of them: high in label maps alone); ``negative`` (fraction of
        voxels below 0); ``zeros_inside`` (fraction of the mask's voxels with the scan's lowest value); ``zeros`` (the
        same of all voxels).
    """
    data, mask = evidence.scan.data, evidence.mask
    slope, inter = evidence.scan.slope, evidence.scan.inter
    step = max(1, round((data.size / _N_SAMPLED) ** (1 / 3)))
    sample = data[::step, ::step, ::step].ravel() * np.float32(slope) + np.float32(inter)
    held = mask[::step, ::step, ::step].ravel() > 0
    lowest, highest = sample.min(), sample.max()
    head = sample[sample > lowest]
    if head.size < _FEWEST:
        return dict.fromkeys(_NAMES, np.nan)
    values, counts = np.unique(head, return_counts=True)
    bright = head[head >= np.median(head)]
    lowest_stored = data.min()
    pairs = [_pairs(data, axis, step, lowest_stored) for axis in range(3)]
    return {
        "grey_values": float(min(len(counts), 1000)),
        "uneven_steps": _uneven_steps(np.array([lowest, *values])) if len(values) <= _MOST_STEPS else np.nan,
        "at_maximum": float((bright == highest).mean()),
        "most_common": float(counts.max()) / head.size,
        "equal_neighbours": _equal_neighbours(*pairs[int(np.argmax(data.shape))]),
        "one_value_areas": float(np.fmin.reduce([_one_value_areas(*each) for each in pairs])),
        "negative": float((sample < 0).mean()),
        "zeros_inside": float((sample[held] == lowest).mean()) if held.any() else np.nan,
        "zeros": float((sample == lowest).mean()),
    }


def _uneven_steps(values: FloatArray) -> float:
    """Return the ratio of the largest to the smallest step of sorted values."""
    steps = np.diff(values.astype(np.float64))
    return float(steps.max() / steps.min())


def _pairs(data: Array, axis: int, step: int, lowest: float) -> tuple[Array, Array]:
    """Return both values of neighbouring pairs of voxels above the lowest value along an axis."""
    first, second = ([slice(None, None, step)] * 3 for _ in range(2))
    first[axis], second[axis] = slice(0, -1, step), slice(1, None, step)
    one, other = data[tuple(first)], data[tuple(second)]
    head = (one > lowest) & (other > lowest)
    return one[head], other[head]


def _equal_neighbours(one: Array, other: Array) -> float:
    """Return the fraction of pairs that have the same value."""
    return float((one == other).mean()) if one.size else float("nan")


def _one_value_areas(one: Array, other: Array) -> float:
    """Return the fraction of pairs that have the same value, without those of the value that has most of them."""
    equal = one[one == other]
    most = int(np.unique(equal, return_counts=True)[1].max()) if equal.size else 0
    rest = one.size - most
    return (equal.size - most) / rest if rest >= _FEWEST else float("nan")
