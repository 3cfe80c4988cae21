"""Border: how sharply the network sees the edge, and what the scan shows on both sides of it."""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import BoolArray, Evidence
from deskull.volume import FloatArray

#: Shells on either side of the edge, in mm, whose brightness is compared.
_SHELL_MM = (1.0, 4.0)


def border_measures(evidence: Evidence) -> dict[str, float]:
    """Measure how certain the edge is.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``sharpness`` is the Dice of the masks 1 mm inside and 1 mm outside of this one. ``gradient`` is the mean length
        of the distance's gradient near the edge, ``gradient_10`` its 10th percentile: 1 for a true distance.
        ``edge_contrast`` is the difference of the brightness within 4 mm on both sides in standard deviations, and
        ``edge_gradient`` the mean gradient of the scan at the edge relative to that inside.
    """
    depth = evidence.depth[evidence.box]
    image = evidence.image[evidence.box]
    seen = evidence.field_of_view[evidence.box]
    narrow, wide = int((depth < -1).sum()), int((depth < 1).sum())
    steps = _gradient_length(depth, evidence.spacing)
    near = seen & (np.abs(depth) < 3)
    lengths = steps[near]
    return {
        "sharpness": 2 * narrow / (narrow + wide) if wide else 0.0,
        "gradient": float(lengths.mean()) if lengths.size else np.nan,
        "gradient_10": float(np.percentile(lengths, 10)) if lengths.size else np.nan,
        **_contrast(depth, image, seen, evidence.spacing),
    }


def _contrast(depth: FloatArray, image: FloatArray, seen: BoolArray, spacing: FloatArray) -> dict[str, float]:
    """Return what the scan shows at the edge."""
    low, high = _SHELL_MM
    inner = image[seen & (depth > -high) & (depth < -low)]
    outer = image[seen & (depth < high) & (depth > low)]
    slopes = _gradient_length(image, spacing)
    edge, core = slopes[seen & (np.abs(depth) < 2)], slopes[seen & (depth < -6)]
    if min(inner.size, outer.size, edge.size, core.size) < 20:
        return {"edge_contrast": np.nan, "edge_gradient": np.nan}
    spread = float(np.sqrt(0.5 * (inner.var() + outer.var()))) + 1e-3
    return {
        "edge_contrast": float(abs(inner.mean() - outer.mean())) / spread,
        "edge_gradient": float(edge.mean()) / (float(core.mean()) + 1e-3),
    }


def _gradient_length(values: FloatArray, spacing: FloatArray) -> FloatArray:
    """Return the length of the gradient per mm."""
    total = np.zeros(values.shape, np.float32)
    for axis, step in enumerate(spacing):
        total += np.gradient(values, float(step), axis=axis) ** 2
    return np.sqrt(total)
