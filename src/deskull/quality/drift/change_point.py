"""Change point: the scan before which, and after which, the measures of scans in order of time differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from deskull.quality.drift.cohorts import FloatArray

#: Fewest scans on either side of a change.
MIN_SEGMENT = 8
#: Longer series are averaged in this number of blocks of consecutive scans at most.
_MAX_BLOCKS = 500
#: Largest number of values that are permuted at a time.
_MAX_PERMUTED = 2_000_000


@dataclass(frozen=True)
class ChangePoint:
    """The most likely change of a series.

    Attributes
    ----------
    index : int
        First scan after the change.
    p : float
        Of the permutation test.
    """

    index: int
    p: float


def find_change_point(values: FloatArray, *, n_permutations: int = 999, seed: int = 0) -> ChangePoint | None:
    """Find the split of a series that explains most of the variance of its measures.

    Parameters
    ----------
    values : ndarray of float64, shape (n_scans, n_measures)
        In order of time; NaN where a value is missing.
    n_permutations, seed : int
        Of the permutation test.

    Returns
    -------
    ChangePoint or None
        None if there are fewer than 16 scans, or if no measure varies.

    Notes
    -----
    The least-squares split by cumulative sums (Sen and Srivastava, Annals of Statistics 1975) of normal scores of the
    ranks, which outliers do not move. Two statistics, the sum over all measures and the largest one, find changes of
    many measures and of one; p is for both together (Bonferroni). Scans are taken to be independent but for the change.
    """
    scores = _normal_scores(values)
    size = -(-len(scores) // _MAX_BLOCKS)
    blocks = _block_means(scores, size)
    first = max(1, -(-MIN_SEGMENT // size))
    if len(blocks) < 2 * first or not scores.any():
        return None
    rng = np.random.default_rng(seed)
    gains = _gains(blocks, first)
    orders = rng.permuted(np.tile(np.arange(len(blocks)), (n_permutations, 1)), axis=1)
    parts = np.array_split(orders, -(-blocks.size * n_permutations // _MAX_PERMUTED))
    drawn = np.concatenate([_maxima(_gains(blocks[part], first)) for part in parts])
    exceeded = np.count_nonzero(drawn >= _maxima(gains) - 1e-12, axis=0)
    p_values = (1 + exceeded) / (1 + n_permutations)
    best = gains.sum(axis=1) if p_values[0] <= p_values[1] else gains.max(axis=1)
    return ChangePoint(size * (first + int(np.argmax(best))), min(1.0, 2 * float(p_values.min())))


def _normal_scores(values: FloatArray) -> FloatArray:
    """Replace each value by the normal quantile of its rank in its measure; missing and constant ones become 0."""
    scores = np.zeros_like(values)
    for index, column in enumerate(values.T):
        known = ~np.isnan(column)
        if known.sum() > 1 and np.ptp(column[known]) > 0:
            scores[known, index] = stats.norm.ppf(stats.rankdata(column[known]) / (known.sum() + 1))
    centred: FloatArray = scores - scores.mean(axis=0)
    return centred


def _block_means(scores: FloatArray, size: int) -> FloatArray:
    """Average blocks of consecutive scans; a last block that is not full is left out."""
    n_blocks = len(scores) // size
    means: FloatArray = scores[: n_blocks * size].reshape(n_blocks, size, -1).mean(axis=1)
    means -= means.mean(axis=0)
    return means


def _gains(blocks: FloatArray, first: int) -> FloatArray:
    """Sum of squares that each split explains: shape (..., n_splits, n_measures) of blocks (..., n, n_measures)."""
    n = blocks.shape[-2]
    before = np.arange(first, n - first + 1)[:, None]
    sums = np.cumsum(blocks, axis=-2)[..., first - 1 : n - first, :]
    gains: FloatArray = sums**2 * (n / (before * (n - before)))
    return gains


def _maxima(gains: FloatArray) -> FloatArray:
    """Largest gain of any split: summed over the measures, and of one measure; shape (..., 2)."""
    return np.stack([gains.sum(axis=-1).max(axis=-1), gains.max(axis=(-2, -1))], axis=-1)
