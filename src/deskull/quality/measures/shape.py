"""Shape: how well the mask fits the mean shape of a brain, after an affine alignment.

The check follows an abstract for stripped brains (ISMRM 2019, 2462). The alignment is exact and fast: the middle and
the second moments of the mask are brought to those of the mean shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from deskull.quality.evidence import Evidence
from deskull.quality.turns import TURNS, best_turn
from deskull.volume import Affine, FloatArray

#: About this number of voxels of a mask is compared.
_N_POINTS = 20_000
#: A turn of the axes fits clearly better if it raises the mean probability by more than this.
CLEAR_GAIN = 0.03
_NAMES = ("shape_fit", "turned_fit", "best_turn", "width_mm", "length_mm", "height_mm", "tilt")


@dataclass(frozen=True, eq=False)
class MeanShape:
    """The mean of aligned brains.

    Attributes
    ----------
    probability : ndarray of float32, shape (n, n, n)
        Fraction of the brains that a voxel lies in.
    spacing : float
        Edge of its voxels, in standard deviations of the voxels of a brain along an axis.
    """

    probability: FloatArray
    spacing: float

    def fits(self, points: FloatArray) -> list[float]:
        """Return the mean probability at points, for each of `TURNS` of their axes.

        Parameters
        ----------
        points : ndarray of float32, shape (n, 3)
            In standard deviations from the middle.
        """
        size = self.probability.shape[0]
        # A voxel of nothing at each end takes up the points that lie beyond.
        padded = np.pad(self.probability, 1).ravel()
        weights = ((size + 2) ** 2, size + 2, 1)
        places = {sign: np.rint(sign * points.T / self.spacing + (size - 1) / 2) for sign in (1.0, -1.0)}
        voxels = {sign: (place.clip(-1, size) + 1).astype(np.int32) for sign, place in places.items()}
        return [
            float(padded[sum(voxels[s][a] * w for s, a, w in zip(signs, order, weights, strict=True))].mean())
            for order, signs in TURNS
        ]


def aligned_points(evidence: Evidence, n_points: int = _N_POINTS) -> tuple[FloatArray, Affine] | None:
    """Return voxels of the mask in standard deviations from its middle.

    Parameters
    ----------
    evidence : Evidence
    n_points : int
        About this number of voxels is used.

    Returns
    -------
    points : ndarray of float32, shape (n, 3)
        Without correlation between the axes, each with a standard deviation of 1.
    moments : ndarray, shape (3, 3)
        Covariance of the voxels' places in square mm.
    None
        If the mask is too small.
    """
    voxels = np.argwhere(evidence.inside)
    if len(voxels) < 100:
        return None
    voxels = voxels[:: max(1, len(voxels) // n_points)]
    places = voxels @ evidence.affine[:3, :3].T
    places = places - places.mean(axis=0)
    moments = np.cov(places.T)
    values, vectors = np.linalg.eigh(moments)
    if values.min() < 1e-3:
        return None
    whitening = vectors @ np.diag(values**-0.5) @ vectors.T
    return np.asarray(places @ whitening, np.float32), moments


def shape_measures(evidence: Evidence, mean: MeanShape) -> dict[str, float]:
    """Compare the mask with the mean shape.

    Parameters
    ----------
    evidence : Evidence
    mean : MeanShape

    Returns
    -------
    dict of str to float
        ``shape_fit`` is the mean probability of the mask's voxels, after alignment. ``turned_fit`` is by how much the
        best permutation or reflection of the axes fits better than none (0 if none does); ``best_turn`` is its number
        (see `deskull.quality.turns`), 0 if it does not fit clearly better. ``width_mm``, ``length_mm`` and
        ``height_mm`` are four standard deviations of the voxels' places to the right, to the front and upwards;
        ``tilt`` is the largest correlation between them.
    """
    found = aligned_points(evidence)
    if found is None:
        return dict.fromkeys(_NAMES, np.nan)
    points, moments = found
    fits = mean.fits(points)
    gain = max(0.0, max(fits) - fits[0])
    deviations = np.sqrt(np.diag(moments))
    correlation = moments / np.outer(deviations, deviations)
    width, length, height = (float(4 * value) for value in deviations)
    return {
        "shape_fit": fits[0],
        "turned_fit": gain,
        "best_turn": float(best_turn(fits, (width, length, height))) if gain > CLEAR_GAIN else 0.0,
        "width_mm": width,
        "length_mm": length,
        "height_mm": height,
        "tilt": float(np.abs(correlation - np.eye(3)).max()),
    }


def mean_shape(cohort: list[FloatArray], size: int = 48, reach: float = 2.6) -> MeanShape:
    """Average aligned brains.

    Parameters
    ----------
    cohort : list of ndarray, shape (n, 3)
        What `aligned_points` returns for each.
    size : int
        Number of voxels along each axis.
    reach : float
        Half the extent, in standard deviations.

    Returns
    -------
    MeanShape
    """
    spacing = 2 * reach / (size - 1)
    total = np.zeros((size,) * 3, np.float32)
    for points in cohort:
        index = np.rint(points / spacing + (size - 1) / 2).astype(int)
        index = index[((index >= 0) & (index < size)).all(axis=1)]
        filled = np.zeros(total.shape, bool)
        filled[tuple(index.T)] = True
        total += ndimage.binary_closing(filled, iterations=2)
    return MeanShape(np.asarray(total / len(cohort), np.float32), spacing)
