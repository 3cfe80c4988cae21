"""Familiarity: how far the network's features of a scan lie from those of a reference cohort.

The mean distance to the nearest neighbours among pooled features finds unfamiliar scans better than one Gaussian does
(Anthony and Kamnitsas 2024, MELBA 2024:020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from deskull.quality.evidence import BoolArray, Evidence
from deskull.volume import FloatArray

#: Number of neighbours.
_N_NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class FeatureReference:
    """Pooled features of a reference cohort.

    Attributes
    ----------
    mean : ndarray of float32, shape (n_features,)
    projection : ndarray of float32, shape (n_features, n_components)
        To components of unit variance without correlation.
    cohort : ndarray of float32, shape (n_scans, n_components)
    """

    mean: FloatArray
    projection: FloatArray
    cohort: FloatArray

    def distance(self, pooled: FloatArray) -> float:
        """Return the root mean square distance to the nearest neighbours, per component."""
        place = (pooled - self.mean) @ self.projection
        squares = ((self.cohort - place) ** 2).mean(axis=1)
        return float(np.sqrt(np.sort(squares)[:_N_NEIGHBOURS].mean()))

    @classmethod
    def of(cls, pooled: FloatArray, n_components: int = 24) -> FeatureReference:
        """Make one from the pooled features of a cohort, shape (n_scans, n_features)."""
        mean = pooled.mean(axis=0)
        _, values, axes = np.linalg.svd(pooled - mean, full_matrices=False)
        deviations = values[:n_components] / np.sqrt(len(pooled))
        projection = axes[:n_components].T / np.maximum(deviations, 1e-6)
        return cls(mean, projection, (pooled - mean) @ projection)


def pooled_features(evidence: Evidence) -> FloatArray | None:
    """Return the mean of each feature over the mask and its surroundings, shape (n_features,).

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    ndarray of float32, or None
        None where the network shows none of its layers, or the mask is empty.
    """
    if not evidence.features or evidence.is_empty:
        return None
    pooled = []
    for layer in evidence.features:
        weights = _weights(evidence.inside, layer.shape[1:])
        pooled.append((layer * weights).sum(axis=(1, 2, 3)) / weights.sum())
    return np.asarray(np.concatenate(pooled), np.float32)


def _weights(inside: BoolArray, shape: tuple[int, ...]) -> FloatArray:
    """Return the fraction of each of a layer's voxels that the mask fills."""
    factors = [n // small for n, small in zip(inside.shape, shape, strict=True)]
    means = ndimage.uniform_filter(inside.astype(np.float32), factors)
    starts = tuple(slice(factor // 2, None, factor) for factor in factors)
    return np.asarray(means[starts][tuple(slice(0, n) for n in shape)], np.float32) + 1e-6
