"""Acquisition: noise, blur, ghosts and slices in disorder, measured on the voxels of the scan."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from deskull.quality.evidence import BoolArray, Evidence
from deskull.volume import FloatArray, Volume

_Scalar = TypeVar("_Scalar", bound=np.generic)

#: About this number of voxels is looked at along each axis for the background.
_N_SAMPLES = 96
#: A mask with fewer voxels along an axis is not measured; around it, this number of voxels is looked at.
_FEWEST_VOXELS, _MARGIN = 6, 4
#: Slices that share no more sampled voxels of the mask are not compared.
_FEW_SHARED = 20
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
    bounds = evidence.scan_bounds
    if bounds is None or min(side.stop - side.start for side in bounds) < _FEWEST_VOXELS:
        return dict.fromkeys(_EMPTY, np.nan)
    part = tuple(slice(max(0, side.start - _MARGIN), side.stop + _MARGIN) for side in bounds)
    values, inside = _values(evidence.scan, part), evidence.mask.T.view(bool)[part[::-1]]
    level = max(abs(float(values[inside].mean())), 1e-9)
    return {**_noise(values, inside, level), **_air(evidence.scan, level), **_slices(values, inside, level)}


def _values(scan: Volume, part: tuple[slice, ...]) -> FloatArray:
    """Return the real values of a part of the scan, its axes reversed: scans lie in memory in that order."""
    return np.asarray(scan.data[part].T * np.float32(scan.slope) + np.float32(scan.inter), np.float32)


def _lines(array: npt.NDArray[_Scalar], axis: int, every: int) -> npt.NDArray[_Scalar]:
    """Return every n-th line along an axis, in both other directions; the axis comes first."""
    return np.ascontiguousarray(np.moveaxis(array, axis, 0)[:, ::every, ::every])


def _noise(values: FloatArray, inside: BoolArray, level: float) -> dict[str, float]:
    """Return the noise and the smoothness inside, the least of the three axes: that of the thinnest voxels' plane."""
    noises, smooth = [], []
    for axis in range(3):
        moved, held = _lines(values, axis, 3), _lines(inside, axis, 3)
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
        moved, held = _lines(values, axis, 4), _lines(inside, axis, 4)
        steps, jumps = _slice_steps(moved, held, 1), _slice_steps(moved, held, 2)
        if len(steps) < 4 or not len(jumps):
            continue
        disorder.append(float(steps.mean()) / max(float(jumps.mean()), 1e-9))
        stripes.append(float(np.median(np.abs(np.diff(_slice_means(moved, held), 2)))) / level)
        repeated.append(float((steps == 0).mean()))
    if not disorder:
        return dict.fromkeys(("disorder", "disorder_ratio", "stripes", "repeated"), np.nan)
    return {
        "disorder": max(disorder),
        "disorder_ratio": max(disorder) / max(min(disorder), 1e-9),
        "stripes": max(stripes),
        "repeated": max(repeated),
    }


def _slice_steps(values: FloatArray, inside: BoolArray, gap: int) -> FloatArray:
    """Return the mean absolute difference of each slice to the one that lies a gap after it."""
    return _slice_means(np.abs(values[gap:] - values[:-gap]), inside[gap:] & inside[:-gap])


def _slice_means(values: FloatArray, inside: BoolArray) -> FloatArray:
    """Return the mean value of each slice, of those that have enough voxels inside."""
    counts, totals = np.count_nonzero(inside, axis=(1, 2)), (values * inside).sum(axis=(1, 2), dtype=np.float64)
    enough = counts > _FEW_SHARED
    return np.asarray(totals[enough] / counts[enough])
