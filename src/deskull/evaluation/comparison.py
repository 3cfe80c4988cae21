"""Comparison: by how much two models differ on the same cases, and how far predicted volumes agree with references.

Every model is compared with the first. The median of the paired differences comes with a bootstrap interval
(BCa: Efron, J Am Stat Assoc 1987) and the signed-rank test (Wilcoxon, Biometrics Bulletin 1945); p values are
adjusted over all tests made (Holm, Scand J Stat 1979). Agreement of volumes after Bland and Altman, Lancet 1986.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from deskull.evaluation.scores import HIGHER_IS_BETTER, Row

Values = npt.NDArray[np.float64]

#: The volume difference counts either way when models are compared.
ABSOLUTE_VOLUME = "absolute_volume_difference_ml"
#: Scores that are compared, with how their differences are printed. IoU orders masks as Dice does; testing it too
#: would only cost the others power.
COMPARED = {
    "dice": "+.4f",
    "sensitivity": "+.4f",
    "specificity": "+.4f",
    "hd95": "+.2f",
    "surface_distance": "+.3f",
    ABSOLUTE_VOLUME: "+.1f",
    "leak": "+.4f",
}
#: With fewer pairs no signed-rank test reaches p < 0.05, and not even the whole range of the differences covers
#: their median with 95 %.
MINIMUM_PAIRS = 6
#: p values under this are called a difference.
LEVEL = 0.05
TOO_FEW = "too few cases for a test"
ALL_SAME = "the same in every case"
_RESAMPLES = 9999


@dataclass(frozen=True)
class Difference:
    """How one score differs between two models on the same cases.

    Attributes
    ----------
    score, first, other : str
        The score and the two models.
    pairs : int
        Cases in which both models have the score; the others are left out.
    median : float
        Median over these of `other` minus `first`; NaN without any.
    low, high : float
        95 % bootstrap interval of the median; NaN where there are too few cases.
    interval : str
        "BCa", or "percentile" where BCa is undefined; "" without one.
    p, p_holm : float or None
        Two-sided signed-rank test, as it is and adjusted; None where there are too few cases.
    note : str
        Why there is no test, if so.
    """

    score: str
    first: str
    other: str
    pairs: int
    median: float
    low: float = math.nan
    high: float = math.nan
    interval: str = ""
    p: float | None = None
    p_holm: float | None = None
    note: str = ""

    @property
    def better(self) -> str | None:
        """The model that is better, if the adjusted test says that they differ and the median which way."""
        if self.p_holm is None or self.p_holm >= LEVEL or self.median == 0:
            return None
        return self.other if (self.median > 0) == (self.score in HIGHER_IS_BETTER) else self.first


@dataclass(frozen=True)
class Comparison:
    """Models compared with the first one.

    Attributes
    ----------
    cases : list of str
        The cases that all models share; only these count.
    left_out : list of str
        The cases that some models lack.
    differences : list of Difference
        One for each score and each model but the first.
    """

    cases: list[str]
    left_out: list[str]
    differences: list[Difference]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain types; NaN becomes None."""
        found = asdict(self)
        for difference, line in zip(self.differences, found["differences"], strict=True):
            line["better"] = difference.better
            line.update({k: None for k, v in line.items() if isinstance(v, float) and math.isnan(v)})
        return found


def compare(models: Mapping[str, Sequence[Row]]) -> Comparison:
    """Compare every model with the first, over the cases that all of them have.

    Parameters
    ----------
    models : mapping of str to sequence of Row
        Scores by the name of their model; two models or more.

    Returns
    -------
    Comparison
        The same for the same scores: the bootstrap is seeded.

    Raises
    ------
    ValueError
        If there are fewer than two models.
    """
    if len(models) < 2:
        raise ValueError(f"{len(models)} model: comparing needs two")
    by_case = {name: {row.case: row for row in rows} for name, rows in models.items()}
    shared = sorted(set.intersection(*(set(cases) for cases in by_case.values())))
    everything = {case for cases in by_case.values() for case in cases}
    first, *others = [(name, [cases[case] for case in shared]) for name, cases in by_case.items()]
    differences = [_difference(score, first, other) for other in others for score in COMPARED]
    return Comparison(shared, sorted(everything.difference(shared)), _adjusted(differences))


def compared_value(row: Row, score: str) -> float:
    """The value of a case that is compared under the name of a score of `COMPARED`."""
    if score == ABSOLUTE_VOLUME:
        return abs(row.scores.volume_difference_ml)
    return float(getattr(row.scores, score))


def _difference(score: str, first: tuple[str, Sequence[Row]], other: tuple[str, Sequence[Row]]) -> Difference:
    """Compare two models by one score; `p_holm` is still to come."""
    pairs = [(compared_value(a, score), compared_value(b, score)) for a, b in zip(first[1], other[1], strict=True)]
    # Rounded: equal differences must be ties to the test, whatever the last bits of a subtraction.
    change = np.round([b - a for a, b in pairs if not math.isnan(a + b)], 10)
    found = Difference(score, first[0], other[0], len(change), float(np.median(change)) if len(change) else math.nan)
    if len(change) < MINIMUM_PAIRS:
        return replace(found, note=TOO_FEW)
    low, high, interval = bootstrap_median(change)
    if not change.any():
        return replace(found, low=low, high=high, interval=interval, p=1.0, note=ALL_SAME)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few cases or ties: SciPy then says that p is approximate
        p = float(stats.wilcoxon(change).pvalue)
    return replace(found, low=low, high=high, interval=interval, p=p)


def bootstrap_median(values: npt.ArrayLike) -> tuple[float, float, str]:
    """Bootstrap the 95 % interval of a median.

    Parameters
    ----------
    values : array_like, shape (n,)
        Two values or more.

    Returns
    -------
    low, high : float
    method : str
        "BCa", or "percentile" where that is undefined, as it is when (nearly) all values are equal.
    """
    sample = np.asarray(values, float)
    # Of equal values BCa sees no more than the rounding of their mean.
    for method in ("BCa", "percentile") if np.ptp(sample) else ("percentile",):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of degenerate data: that is why there is another method
            # SciPy 1.15 renamed random_state to rng, and takes both.
            found = stats.bootstrap(
                (sample,), np.median, n_resamples=_RESAMPLES, batch=1000, method=method,
                random_state=np.random.default_rng(0),
            ).confidence_interval  # fmt: skip
        if np.isfinite([found.low, found.high]).all():
            break
    return float(found.low), float(found.high), method


def _adjusted(differences: Sequence[Difference]) -> list[Difference]:
    """Fill in the adjusted p values, over all tests that were made."""
    adjusted = iter(holm([found.p for found in differences if found.p is not None]))
    return [found if found.p is None else replace(found, p_holm=next(adjusted)) for found in differences]


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values of several tests (Holm's step-down), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


@dataclass(frozen=True, eq=False)
class Agreement:
    """Bland-Altman agreement of predicted volumes with reference volumes.

    Attributes
    ----------
    means, differences : ndarray of float64, shape (n,)
        Of each case: mean of both volumes, and predicted minus reference, in ml.
    bias : float
        Mean difference in ml; NaN without cases.
    low, high : float
        95 % limits of agreement in ml: bias -/+ 1.96 standard deviations; NaN with one case.
    """

    means: Values
    differences: Values
    bias: float
    low: float
    high: float


def agreement(rows: Sequence[Row]) -> Agreement:
    """Bias and limits of agreement of the volumes of a model's masks with those of the references."""
    predicted = np.array([row.scores.volume_ml for row in rows], float)
    reference = np.array([row.scores.reference_ml for row in rows], float)
    differences = predicted - reference
    bias = float(differences.mean()) if len(rows) else math.nan
    reach = 1.96 * float(differences.std(ddof=1)) if len(rows) > 1 else math.nan
    return Agreement((predicted + reference) / 2, differences, bias, bias - reach, bias + reach)
