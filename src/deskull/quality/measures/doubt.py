"""Doubt: what the critic takes to be wrong with the mask, summed up."""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import Evidence
from deskull.volume import FloatArray

#: Cells of which more than this part is taken to be wrong are counted as clearly wrong.
_CLEAR = 0.5


def doubt_measures(evidence: Evidence) -> dict[str, float]:
    """Sum up what the critic says.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``critic_dice`` (the Dice coefficient that it predicts); ``critic_extra`` and ``critic_missing`` (volumes that
        it takes to be wrongly in the mask and wrongly outside, as fractions of the mask's); ``critic_clear`` (the same
        for both, in cells of which it takes more than half to be wrong); ``critic_head`` (probability that the scan
        shows a human head). None of them if the critic was not asked.
    """
    doubt = evidence.doubt
    if doubt is None:
        return {}
    volume = max(doubt.mask_cells, 1.0)
    return {
        "critic_dice": doubt.dice,
        "critic_extra": _total(doubt.extra) / volume,
        "critic_missing": _total(doubt.missing) / volume,
        "critic_clear": sum(_total(part[part > _CLEAR]) for part in (doubt.extra, doubt.missing)) / volume,
        "critic_head": doubt.head,
    }


def _total(values: FloatArray) -> float:
    """Return the sum."""
    return float(values.sum(dtype=np.float64))
