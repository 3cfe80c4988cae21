"""Acquisition: noise, blur, ghosts and slices in disorder, measured on the voxels of the scan."""

from __future__ import annotations

import numpy as np

from deskull.quality.evidence import BoolArray, Evidence
from deskull.volume import FloatArray, Volume

#: About this number of voxels is looked at along each axis for the background.
_N_SAMPLES = 96
#: Median absolute deviation to standard deviation of a normal distribution.
_NORMAL = 1.4826
#: What is measured.
_EMPTY = ("noise", "air_noise", "air_level", "smoothness", "disorder", "disorder_ratio", "stripes", "repeated")


def acquisition_measures(evidence: Evidence) -> dict[str, float]:
    """Measure how the scan was acquired.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to float
        In units of the mean brightness inside the mask: ``noise`` (standard deviation inside, from second
        differences), ``air_noise`` (standard deviation of the darkest fifth) and ``air_level`` (brightness there).
        ``smoothness`` is how much of the difference between voxels two apart is between neighbours, inside (low if
        blurred). ``disorder`` is the same between whole slices, of the axis where it is highest (1 where slices are
        shuffled), ``disorder_ratio`` its ratio to the lowest. ``stripes`` is how much the mean brightness of slices
        varies from one to the next, and ``repeated`` the fraction of slices that equal the one before.
    """
    scan, mask = evidence.scan, evidence.mask.view(bool)
    bounds = _bounds(mask)
    if bounds is None:
        return dict.fromkeys(_EMPTY, np.nan)
    part = tuple(slice(max(0, side.start - 4), side.stop + 4) for side in bounds)
    values, inside = _values(scan, part), mask[part]
    level = max(abs(float(values[inside].mean())), 1e-9)
    return {**_noise(values, inside, level), **_air(scan, level), **_slices(values, inside, level)}


def _bounds(mask: BoolArray) -> tuple[slice, ...] | None:
    """Return the box of the mask, or None if it is smaller than 6 voxels along an axis."""
    sides = []
    for axis in range(3):
        found = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        if len(found) == 0 or found[-1] - found[0] < 5:
            return None
        sides.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(sides)


def _values(scan: Volume, part: tuple[slice, ...]) -> FloatArray:
    """Return the real values of a part of the scan."""
    return np.asarray(scan.data[part] * np.float32(scan.slope) + np.float32(scan.inter), np.float32)


def _noise(values: FloatArray, inside: BoolArray, level: float) -> dict[str, float]:
    """Return the noise and the smoothness inside, the least of the three axes: that of the thinnest voxels' plane."""
    noises, smooth = [], []
    for axis in range(3):
        moved, held = np.moveaxis(values, axis, 0)[:, ::3, ::3], np.moveaxis(inside, axis, 0)[:, ::3, ::3]
        valid = held[2:] & held[1:-1] & held[:-2]
        if valid.sum() < 100:
            continue
        second = (moved[2:] - 2 * moved[1:-1] + moved[:-2])[valid]
        noises.append(_NORMAL * float(np.median(np.abs(second))) / 6**0.5)
        near, far = np.abs(moved[1:-1] - moved[:-2])[valid].mean(), np.abs(moved[2:] - moved[:-2])[valid].mean()
        smooth.append(float(near) / max(float(far), 1e-9))
    return {
        "noise": min(noises) / level if noises else np.nan,
        "smoothness": min(smooth) if smooth else np.nan,
    }


def _air(scan: Volume, level: float) -> dict[str, float]:
    """Return brightness and noise of the darkest fifth of the whole scan."""
    steps = tuple(slice(None, None, max(1, n // _N_SAMPLES)) for n in scan.shape)
    sample = _values(scan, steps)
    dark = sample[sample <= np.percentile(sample, 20)]
    return {"air_level": float(dark.mean()) / level, "air_noise": float(dark.std()) / level}


def _slices(values: FloatArray, inside: BoolArray, level: float) -> dict[str, float]:
    """Return how slices follow each other, along the axis where they do so worst."""
    disorder, stripes, repeated = [], [], []
    for axis in range(3):
        moved, held = np.moveaxis(values, axis, 0)[:, ::4, ::4], np.moveaxis(inside, axis, 0)[:, ::4, ::4]
        pairs, triples = held[1:] & held[:-1], held[2:] & held[:-2]
        near, far = np.abs(moved[1:] - moved[:-1]), np.abs(moved[2:] - moved[:-2])
        steps = [float(d[p].mean()) for d, p in zip(near, pairs, strict=True) if p.sum() > 20]
        jumps = [float(d[p].mean()) for d, p in zip(far, triples, strict=True) if p.sum() > 20]
        if len(steps) < 4 or not jumps:
            continue
        disorder.append(float(np.mean(steps)) / max(float(np.mean(jumps)), 1e-9))
        means = np.array([float(d[p].mean()) for d, p in zip(moved, held, strict=True) if p.sum() > 20])
        stripes.append(float(np.median(np.abs(np.diff(means, 2)))) / level)
        repeated.append(float(np.mean(np.array(steps) == 0)))
    if not disorder:
        return dict.fromkeys(("disorder", "disorder_ratio", "stripes", "repeated"), np.nan)
    return {
        "disorder": max(disorder),
        "disorder_ratio": max(disorder) / max(min(disorder), 1e-9),
        "stripes": max(stripes),
        "repeated": max(repeated),
    }
