"""Effect sizes: how far two samples of one measure lie apart, whatever their numbers.

With a hundred thousand scans every p value is small; these numbers are not.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from deskull.quality.drift.cohorts import FloatArray

#: Interquartile range of the standard normal distribution.
_NORMAL_IQR = 1.3489795003921634
#: Fraction of the values that is left out of a trimmed mean at either end.
_TRIMMED = 0.2


def robust_sd(values: FloatArray) -> float:
    """Estimate a standard deviation by the interquartile range, which outliers do not move.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)

    Returns
    -------
    float
        The standard deviation itself if more than half of the values are equal; 0 if all are.

    Examples
    --------
    >>> round(robust_sd(np.array([1.0, 2.0, 3.0, 4.0, 1000.0])), 2)
    1.48
    """
    low, high = np.percentile(values, [25, 75])
    return float((high - low) / _NORMAL_IQR) or float(np.std(values))


def standardised_shift(reference: FloatArray, sample: FloatArray) -> float:
    """Compute the difference of the trimmed means in robust standard deviations of the reference.

    Means without the lowest and the highest fifth of the values resist outliers as medians do, and unlike these do not
    jump between the values of a measure that has few.

    Parameters
    ----------
    reference, sample : ndarray of float64, shape (n,)

    Returns
    -------
    float
        Positive if the sample lies higher; NaN if the reference has no spread.
    """
    scale = robust_sd(reference)
    if not scale:
        return float("nan")
    return float((stats.trim_mean(sample, _TRIMMED) - stats.trim_mean(reference, _TRIMMED)) / scale)


def cliffs_delta(reference: FloatArray, sample: FloatArray) -> float:
    """Compute Cliff's delta: how much more often a value of the sample is the higher one than the lower one.

    Parameters
    ----------
    reference, sample : ndarray of float64, shape (n,)

    Returns
    -------
    float
        Between -1 (all values of the sample are lower) and 1.

    Notes
    -----
    Cliff, Psychological Bulletin 1993. Below 0.147 it is called negligible (Romano et al. 2006).

    Examples
    --------
    >>> cliffs_delta(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.75
    """
    ordered, sought = np.sort(reference), np.sort(sample)  # both sorted, the search takes a tenth of the time
    below, not_above = np.searchsorted(ordered, sought, "left"), np.searchsorted(ordered, sought, "right")
    return float(np.mean(below - (len(ordered) - not_above)) / len(ordered))


def spread_ratio(reference: FloatArray, sample: FloatArray) -> float:
    """Compute the robust standard deviation of the sample divided by that of the reference; NaN if the latter is 0."""
    scale = robust_sd(reference)
    return robust_sd(sample) / scale if scale else float("nan")
