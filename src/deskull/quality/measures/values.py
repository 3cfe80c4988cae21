"""Values: what kinds of numbers the scan holds."""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import Evidence

#: About this number of voxels is looked at.
_N_SAMPLED = 200_000


def value_measures(evidence: Evidence) -> dict[str, float]:
    """Measure the distribution of the scan's values.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``grey_values`` (number of different values among those of the head, up to 1,000); ``at_maximum`` (fraction of
        the brighter half that has the highest value); ``most_common`` (fraction of the head that has the most common
        value); ``negative`` (fraction of voxels below 0); ``zeros_inside`` (fraction of the mask's voxels with the
        scan's lowest value); ``zeros`` (the same of all voxels).
    """
    data, mask = evidence.scan.data, evidence.mask
    slope, inter = evidence.scan.slope, evidence.scan.inter
    step = max(1, round((data.size / _N_SAMPLED) ** (1 / 3)))
    sample = data[::step, ::step, ::step].ravel() * np.float32(slope) + np.float32(inter)
    held = mask[::step, ::step, ::step].ravel() > 0
    lowest, highest = sample.min(), sample.max()
    head = sample[sample > lowest]
    if head.size < 100:
        return dict.fromkeys(("grey_values", "at_maximum", "most_common", "negative", "zeros_inside", "zeros"), np.nan)
    _, counts = np.unique(head, return_counts=True)
    bright = head[head >= np.median(head)]
    return {
        "grey_values": float(min(len(counts), 1000)),
        "at_maximum": float((bright == highest).mean()),
        "most_common": float(counts.max()) / head.size,
        "negative": float((sample < 0).mean()),
        "zeros_inside": float((sample[held] == lowest).mean()) if held.any() else np.nan,
        "zeros": float((sample == lowest).mean()),
    }
