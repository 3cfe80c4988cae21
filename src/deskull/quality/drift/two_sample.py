"""Two-sample tests: the energy distance of many measures at once, and Kolmogorov-Smirnov measure by measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist

from deskull.quality.drift.cohorts import FloatArray
from deskull.quality.drift.effects import robust_sd

#: Random assignments of the permutation tests.
N_PERMUTATIONS = 999
#: Scans of each cohort that the energy distance is computed of; larger cohorts are subsampled.
MAX_SCANS = 500
#: Scaled values are clipped here, in robust standard deviations: one scan with a wild value must not hide the others.
_CLIP = 5.0
#: Above this number of scans the p value of Kolmogorov-Smirnov is asymptotic, which takes no time.
_EXACT_SCANS = 1000


@dataclass(frozen=True)
class EnergyTest:
    """Result of the energy test.

    Attributes
    ----------
    coefficient : float
        Energy coefficient of inhomogeneity: 0 for equal distributions (or slightly below, as it is unbiased), 1 for
        two single points.
    p : float
        Of the permutation test.
    n_reference, n : int
        Scans of either cohort that were used, at most `MAX_SCANS`.
    """

    coefficient: float
    p: float
    n_reference: int
    n: int


def energy_test(
    reference: FloatArray, sample: FloatArray, *, n_permutations: int = N_PERMUTATIONS, seed: int = 0
) -> EnergyTest:
    """Test by permutation whether two samples of several measures have the same distribution.

    Parameters
    ----------
    reference : ndarray of float64, shape (n_reference, n_measures)
        At least two rows. NaN where a value is missing.
    sample : ndarray of float64, shape (n, n_measures)
        At least two rows.
    n_permutations : int
    seed : int
        Of the permutations, and of the subsamples of large cohorts.

    Returns
    -------
    EnergyTest

    Notes
    -----
    Székely and Rizzo, Journal of Statistical Planning and Inference 2013, with the unbiased estimate of each mean
    distance. Measures are scaled by the robust standard deviation of both samples together: scaled by the reference
    alone, a small reference that is narrow by chance would raise false alarms.
    """
    rng = np.random.default_rng(seed)
    parts = [_subsample(reference, rng), _subsample(sample, rng)]
    n_reference, n = map(len, parts)
    pooled = _scaled(np.concatenate(parts))
    distances = cdist(pooled, pooled)
    members = np.zeros((n_permutations + 1, len(pooled)))
    members[0, n_reference:] = 1
    members[1:] = rng.permuted(np.tile(members[0], (n_permutations, 1)), axis=1)
    coefficients = _coefficients(distances, members, n)
    exceeded = np.count_nonzero(coefficients[1:] >= coefficients[0] - 1e-12)
    return EnergyTest(float(coefficients[0]), float((1 + exceeded) / (1 + n_permutations)), n_reference, n)


def _subsample(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw at most `MAX_SCANS` rows without replacement."""
    return values if len(values) <= MAX_SCANS else values[rng.choice(len(values), MAX_SCANS, replace=False)]


def _scaled(values: FloatArray) -> FloatArray:
    """Divide the deviations from the median by the robust standard deviation; missing values become the median."""
    scaled = np.zeros_like(values)
    for index, column in enumerate(values.T):
        known = ~np.isnan(column)
        scale = robust_sd(column[known]) if known.any() else 0.0
        if scale:
            scaled[known, index] = np.clip((column[known] - np.median(column[known])) / scale, -_CLIP, _CLIP)
    return scaled


def _coefficients(distances: FloatArray, members: FloatArray, n: int) -> FloatArray:
    """Compute the coefficient of each assignment (row) of scans to the sample (1) or the reference (0)."""
    n_reference = len(distances) - n
    within = np.einsum("pi,pi->p", members @ distances, members)
    crossing = members @ distances.sum(axis=0) - within
    rest = distances.sum() - within - 2 * crossing
    across = crossing / (n * n_reference)
    energy = 2 * across - within / (n * (n - 1)) - rest / (n_reference * (n_reference - 1))
    coefficients: FloatArray = np.divide(energy, 2 * across, out=np.zeros_like(energy), where=across > 0)
    return coefficients


def kolmogorov_smirnov(reference: FloatArray, sample: FloatArray) -> tuple[float, float]:
    """Test whether two samples of one measure have the same distribution.

    Parameters
    ----------
    reference, sample : ndarray of float64, shape (n,)

    Returns
    -------
    distance : float
        Largest difference between the cumulative distributions, from 0 to 1.
    p : float
        Two-sided.

    Notes
    -----
    Hodges, Arkiv för Matematik 1958, as implemented by `scipy.stats.ks_2samp`. Ties make the p value too large, never
    too small.
    """
    exact = max(len(reference), len(sample)) <= _EXACT_SCANS
    result = stats.ks_2samp(reference, sample, method="exact" if exact else "asymp")
    return float(result.statistic), float(result.pvalue)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjust p values so that at most this fraction of the findings is expected to be false.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of float
        Adjusted values, in the order given.

    Notes
    -----
    Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    return [round(float(p), 15) for p in stats.false_discovery_control(p_values)] if len(p_values) else []


def detectable_shift(n_reference: int, n: int, p: float) -> float:
    """Estimate the shift of a normally distributed measure that reaches a p value in about four of five samples.

    Parameters
    ----------
    n_reference, n : int
        Numbers of scans.
    p : float
        Of Kolmogorov-Smirnov.

    Returns
    -------
    float
        In standard deviations; infinity if these numbers never reach p.

    Notes
    -----
    The shift at which the true distance is the critical one. Distances of samples are larger on average, so that it is
    reached in more than half of them; a test checks the fraction.
    """
    distance = stats.kstwo.isf(p, max(1, round(n_reference * n / (n_reference + n))))
    return float(2 * stats.norm.ppf((1 + distance) / 2))
