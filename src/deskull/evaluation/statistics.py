"""Statistics: the bootstrap interval of a median, and p values adjusted for several tests."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

#: Bootstrap samples of each interval.
_N_RESAMPLES = 9999
_N_CLUSTER_RESAMPLES = 1999


def bootstrap_median(values: npt.ArrayLike) -> tuple[float, float, str]:
    """Compute a 95 % bootstrap confidence interval of the median.

    Parameters
    ----------
    values : array_like, shape (n,)
        Two values or more.

    Returns
    -------
    low, high : float
        Ends of the interval, the same in every run (the bootstrap is seeded).
    method : str
        "BCa" (bias-corrected and accelerated: Efron, J Am Stat Assoc 1987), or "percentile" where BCa is undefined,
        as it is when all or nearly all values are equal.
    """
    sample = np.asarray(values, float)
    # With equal values, BCa would be computed from rounding errors alone.
    for method in ("BCa", "percentile") if np.ptp(sample) else ("percentile",):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # SciPy warns of degenerate data; the second method handles them
            # SciPy 1.15 renamed random_state to rng, and accepts both.
            interval = stats.bootstrap(
                (sample,), np.median, n_resamples=_N_RESAMPLES, batch=1000, method=method,
                random_state=np.random.default_rng(0),
            ).confidence_interval  # fmt: skip
        if np.isfinite([interval.low, interval.high]).all():
            break
    return float(interval.low), float(interval.high), method


def clustered_bootstrap_median(values: npt.ArrayLike, clusters: Sequence[str]) -> tuple[float, float]:
    """Compute a 95 % bootstrap confidence interval of the median of values that are not independent.

    Parameters
    ----------
    values : array_like, shape (n,)
    clusters : sequence of str, length n
        The cluster of each value, such as the participant. Whole clusters are resampled.

    Returns
    -------
    low, high : float
        Percentiles of the medians of the resampled values, the same in every run.

    Notes
    -----
    The cluster bootstrap of Field and Welsh, Journal of the Royal Statistical Society B 2007, section 3.3.
    """
    sample, names = np.asarray(values, float), np.asarray(clusters)
    members = [sample[names == name] for name in dict.fromkeys(clusters)]
    draws = np.random.default_rng(0).integers(0, len(members), (_N_CLUSTER_RESAMPLES, len(members)))
    medians = [np.median(np.concatenate([members[index] for index in draw])) for draw in draws]
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(low), float(high)


def median_interval(values: npt.ArrayLike, clusters: Sequence[str]) -> tuple[float, float, str]:
    """Compute a 95 % bootstrap confidence interval of the median of values, of which some may share a cluster.

    Parameters
    ----------
    values : array_like, shape (n,)
        Two values or more.
    clusters : sequence of str, length n
        The cluster of each value, such as the participant.

    Returns
    -------
    low, high : float
    method : str
        See `bootstrap_median`; "cluster" where clusters with several values are resampled as a whole.
    """
    if len(set(clusters)) == len(clusters):
        return bootstrap_median(values)
    return *clustered_bootstrap_median(values, clusters), "cluster"


def signed_rank_p(differences: npt.ArrayLike) -> float:
    """Compute the two-sided p value of the Wilcoxon signed-rank test (Wilcoxon, Biometrics Bulletin 1945).

    Parameters
    ----------
    differences : array_like, shape (n,)
        Paired differences, not all of them 0.

    Returns
    -------
    float
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # with few cases or ties SciPy says that p is approximate
        return float(stats.wilcoxon(differences).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for the number of tests by Holm's step-down method (Holm, Scand J Stat 1979).

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of float
        Adjusted values, in the order given.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
