"""Appearance: how bright the scan is inside the mask and around it, shell by shell."""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import BoolArray, Evidence
from deskull.volume import FloatArray

#: Edges of the shells, as distances to the mask's edge in mm; negative inside. Networks clip distances to 10 mm.
SHELLS = (
    ("core", -99.0, -9.0), ("middle", -9.0, -5.0), ("cortex", -5.0, -2.0), ("rim", -1.5, 1.0), ("fluid", 1.0, 3.0),
    ("skull", 4.0, 7.0), ("scalp", 7.0, 9.4),
)  # fmt: skip
#: What is darker than this on a scale from 0 to 1 has no signal.
_DARK = 0.03
#: Blocks whose mean brightness tells shading, in mm.
_BLOCK_MM = 16.0
#: How far the face is looked for below the brain, in mm, and half as far in front of it.
_FACE_MM = 40.0


def appearance_measures(evidence: Evidence) -> dict[str, float]:
    """Measure the brightness of shells around the mask's edge.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        ``bright_SHELL`` (mean brightness, in units of that of the inside) and ``spread_SHELL`` (standard deviation in
        the same units) for each shell; ``dark_inside`` and ``dark_outside`` (fraction without signal deep inside, and
        within 10 mm outside); ``darkest`` and ``brightest`` (1st and 99th percentile deep inside, in units of the
        median there: fluid, where it is not as bright as tissue); ``dark_face`` and ``dark_nape`` (the same below the
        brain's box in its front and back half); ``inside_level`` (mean brightness inside); ``shading`` (standard
        deviation of the logarithm of the mean brightness of blocks of 16 mm inside).
    """
    depth, image = evidence.depth[evidence.box], evidence.image[evidence.box]
    seen = evidence.field_of_view[evidence.box]
    deep = seen & (depth < -2)
    level = float(image[deep].mean()) if deep.any() else 0.0
    measures = {"inside_level": level, "shading": _shading(image, deep, evidence.spacing)}
    scale = max(level, 1e-3)
    for name, low, high in SHELLS:
        values = image[seen & (depth >= low) & (depth < high)]
        enough = values.size >= 50
        measures[f"bright_{name}"] = float(values.mean()) / scale if enough else np.nan
        measures[f"spread_{name}"] = float(values.std(dtype=np.float64)) / scale if enough else np.nan
    measures |= _extremes(image[deep])
    around = seen & (depth > 2) & (depth < 9.5)
    measures["dark_inside"] = float((image[deep] < _DARK).mean()) if deep.any() else np.nan
    measures["dark_outside"] = float((image[around] < _DARK).mean()) if around.any() else np.nan
    return measures | _below_brain(evidence)


def _extremes(values: FloatArray) -> dict[str, float]:
    """Return how far the darkest and the brightest values deep inside are from the usual ones."""
    if values.size < 50:
        return {"darkest": np.nan, "brightest": np.nan}
    darkest, usual, brightest = np.percentile(values, (1, 50, 99))
    scale = max(float(usual), 1e-3)
    return {"darkest": float(darkest) / scale, "brightest": float(brightest) / scale}


def _below_brain(evidence: Evidence) -> dict[str, float]:
    """Return how much of the face and of the nape has no signal."""
    if evidence.bounds is None:
        return {"dark_face": np.nan, "dark_nape": np.nan}
    x, y, z = evidence.bounds
    middle, reach = (y.start + y.stop) // 2, np.round(_FACE_MM / evidence.spacing).astype(int)
    low = slice(max(0, z.start - int(reach[2])), z.start + int(reach[2]) // 2)
    parts = {"face": slice(middle, y.stop + int(reach[1]) // 2), "nape": slice(max(0, y.start), middle)}
    measures = {}
    for name, side in parts.items():
        box = (x, side, low)
        outside = evidence.field_of_view[box] & (evidence.depth[box] > 8)
        dark = evidence.image[box][outside] < _DARK
        measures[f"dark_{name}"] = float(dark.mean()) if dark.size >= 50 else np.nan
    return measures


def _shading(image: FloatArray, inside: BoolArray, spacing: FloatArray) -> float:
    """Return the standard deviation of the logarithm of the blocks' mean brightness."""
    steps = np.maximum(1, np.round(_BLOCK_MM / spacing)).astype(int)
    total, count = _block_sums(np.where(inside, image, 0), steps), _block_sums(inside.astype(np.float32), steps)
    full = count > 0.5 * steps.prod()
    if full.sum() < 8:
        return float("nan")
    return float(np.log(np.maximum(total[full] / count[full], 1e-2)).std())


def _block_sums(values: FloatArray, steps: FloatArray) -> FloatArray:
    """Sum blocks of voxels."""
    sizes = [n // step for n, step in zip(values.shape, steps, strict=True)]
    trimmed = values[tuple(slice(0, n * int(step)) for n, step in zip(sizes, steps, strict=True))]
    shape = [part for n, step in zip(sizes, steps, strict=True) for part in (n, int(step))]
    return np.asarray(trimmed.reshape(shape).sum(axis=(1, 3, 5), dtype=np.float32))
