"""Wrapping: whether the head goes on at the opposite side of the field of view.

What an MR scanner encodes by frequency and phase is periodic: a head that lies off the middle, or that is larger than
the field of view, comes in again on the other side.
"""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import Evidence
from deskull.volume import Array

#: The mask touches an end if so much of its first or last slice does, relative to its volume to the power of 2/3.
_CONTACT = 0.3
#: It is cut at both ends, as in a slab, if the smaller contact is more than this part of the larger one.
_BOTH = 0.5
#: Opposite ends resemble each other as neighbours do if their correlation is this part of the neighbours'.
_AS_NEIGHBOURS = 0.9
#: About this number of voxels of a slice is compared.
_N_SAMPLED = 20_000


def wrapping_measures(evidence: Evidence) -> dict[str, float]:
    """Compare the first slice with the last one along each axis at one end of which the mask is cut.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``opposite_ends`` is the correlation of both slices, of the axis where it is highest; 0 where the mask is cut at
        no end or at both, and where the slices resemble each other less than neighbours do.
    """
    area = max(float(evidence.slice_counts[0].sum()), 1.0) ** (2 / 3)
    highest = 0.0
    for axis, counts in enumerate(evidence.slice_counts):
        slices = np.moveaxis(evidence.scan.data, axis, 0)
        less, more = sorted((float(counts[0]), float(counts[-1])))
        if len(slices) < 3 or less + more < _CONTACT * area or less > _BOTH * more:
            continue
        step = max(1, int((slices[0].size / _N_SAMPLED) ** 0.5))
        first, second, last = (slices[i, ::step, ::step].ravel().astype(np.float64) for i in (0, 1, -1))
        if (found := _correlation(first, last)) > _AS_NEIGHBOURS * _correlation(first, second):
            highest = max(highest, found)
    return {"opposite_ends": highest}


def _correlation(one: Array, other: Array) -> float:
    """Return the correlation of two lists of numbers; 0 if one of them is constant."""
    one, other = one - one.mean(), other - other.mean()
    scale = float((one**2).sum() * (other**2).sum()) ** 0.5
    return float((one * other).sum()) / scale if scale else 0.0
