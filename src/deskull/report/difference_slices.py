"""Difference slices: which slices show best where two masks differ."""

from __future__ import annotations

import numpy as np

from deskull.masking import Mask
from deskull.report.mosaic import slice_indices

#: Chosen slices lie at least this far apart, in voxels.
_APART = 18
#: A slice is chosen for its differences if they cover at least this part of those of the worst slice.
_WORTH_SHOWING = 0.05


def difference_slices(mask: Mask, different: Mask, axis: int, count: int) -> list[int]:
    """Choose slices: those in which most differs, not too near to one another; others at equal distances.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
        Slices that are not chosen for what differs lie at equal distances through it.
    different : ndarray of bool, shape (x, y, z)
        What is to be shown.
    axis : int
        Axis that the slices cut.
    count : int

    Returns
    -------
    list of int
        Indices along the axis, ascending, `count` of them where the mask is thick enough.

    Examples
    --------
    >>> mask, different = np.ones((100, 4, 4), bool), np.zeros((100, 4, 4), bool)
    >>> different[20, :2], different[22:24], different[70, 0] = True, True, True
    >>> difference_slices(mask, different, 0, 4)
    [22, 37, 70, 87]
    """
    areas = different.sum(axis=tuple(other for other in range(3) if other != axis))
    worst = int(areas.max(initial=0))
    chosen: list[int] = []
    for index in np.argsort(-areas, kind="stable").tolist():
        if len(chosen) == count or areas[index] <= _WORTH_SHOWING * worst:
            break
        if all(abs(index - other) >= _APART for other in chosen):
            chosen.append(index)
    return sorted([*chosen, *_between(slice_indices(mask, axis, count), chosen, count - len(chosen))])


def _between(even: list[int], chosen: list[int], count: int) -> list[int]:
    """Return those of the slices at equal distances that are farthest from the chosen ones."""
    by_distance = sorted(even, key=lambda index: -min((abs(index - other) for other in chosen), default=0))
    return [index for index in dict.fromkeys(by_distance) if index not in chosen][:count]
