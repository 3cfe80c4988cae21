"""Comparison: by how much models differ on the same cases.

Every model is compared with the first one, case by case. The median of the paired differences is reported with a
bootstrap confidence interval and the signed-rank test, in which a participant with several cases counts once; p values
are adjusted for the number of tests (see `deskull.evaluation.statistics`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from deskull.evaluation.definitions import COMPARED_SCORES, ScoreDefinition
from deskull.evaluation.scores import CaseScores
from deskull.evaluation.statistics import holm, median_interval, signed_rank_p

#: With fewer participants no signed-rank test can reach p < 0.05, and not even the full range of the differences is a
#: 95 % confidence interval of their median.
MINIMUM_PAIRS = 6
#: Significance level: smaller p values are called a difference.
SIGNIFICANCE_LEVEL = 0.05
TOO_FEW_CASES = "too few cases to test"
NO_DIFFERENCE = "equal in all cases"


@dataclass(frozen=True)
class Difference:
    """How one score differs between two models on the same cases.

    Attributes
    ----------
    score, first, other : str
        Key of the score, and names of the two models.
    n_pairs : int
        Number of cases for which the score is defined in both models; the others are left out.
    median : float
        Median over these cases of `other` minus `first`; NaN without any.
    low, high : float
        95 % bootstrap confidence interval of the median; NaN if there are too few cases.
    interval_method : str
        "BCa", or "percentile" where BCa is undefined; "cluster" where participants with several cases are resampled
        as a whole; "" without an interval.
    p, p_holm : float or None
        p value of the two-sided signed-rank test, as it is and adjusted; None if there are too few cases.
    n_participants : int
        Number of participants whose cases these are; a case of an unknown participant counts as one of its own. The
        test is made with the median difference of each.
    note : str
        Why the test was not made or could not show a difference; "" otherwise.
    """

    score: str
    first: str
    other: str
    n_pairs: int
    median: float
    low: float = math.nan
    high: float = math.nan
    interval_method: str = ""
    p: float | None = None
    p_holm: float | None = None
    note: str = ""
    n_participants: int = 0

    @property
    def better(self) -> str | None:
        """Name of the better model; None unless the adjusted p value is significant."""
        if self.p_holm is None or self.p_holm >= SIGNIFICANCE_LEVEL or self.median == 0:
            return None
        return self.other if (self.median > 0) == COMPARED_SCORES[self.score].higher_is_better else self.first


@dataclass(frozen=True)
class Comparison:
    """Models compared with the first one.

    Attributes
    ----------
    cases : list of str
        Cases that all models share; only these are compared.
    excluded_cases : list of str
        Cases that at least one model lacks.
    differences : list of Difference
        One for each score and each model but the first.
    """

    cases: list[str]
    excluded_cases: list[str]
    differences: list[Difference]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain types; NaN becomes None.

        Returns
        -------
        dict of str to any
            It can be written as JSON.
        """
        result = asdict(self)
        for difference, entry in zip(self.differences, result["differences"], strict=True):
            entry["better"] = difference.better
            entry.update({k: None for k, v in entry.items() if isinstance(v, float) and math.isnan(v)})
        return result


def compare(models: Mapping[str, Sequence[CaseScores]]) -> Comparison:
    """Compare every model with the first one, over the cases that all of them have.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model; two models or more.

    Returns
    -------
    Comparison
        Equal for equal scores: the bootstrap is seeded.

    Raises
    ------
    ValueError
        If there are fewer than two models.
    """
    if len(models) < 2:
        raise ValueError(f"a comparison needs two models, and there is {len(models)}")
    by_case = {name: {case.case: case for case in cases} for name, cases in models.items()}
    shared = sorted(set.intersection(*(set(cases) for cases in by_case.values())))
    all_cases = {case for cases in by_case.values() for case in cases}
    first, *others = [(name, [cases[case] for case in shared]) for name, cases in by_case.items()]
    differences = [_difference(score, first, other) for other in others for score in COMPARED_SCORES.values()]
    return Comparison(shared, sorted(all_cases.difference(shared)), _adjust(differences))


def _difference(
    score: ScoreDefinition, first: tuple[str, Sequence[CaseScores]], other: tuple[str, Sequence[CaseScores]]
) -> Difference:
    """Compare two models by one score, without the adjusted p value."""
    pairs = list(zip(first[1], other[1], strict=True))
    changes = [(score.value(b.scores) - score.value(a.scores), a.cluster) for a, b in pairs]
    defined = [(change, cluster) for change, cluster in changes if not math.isnan(change)]
    # Rounded, so that differences which are equal but for rounding errors are ties in the test.
    change, clusters = np.round([change for change, _ in defined], 10), [cluster for _, cluster in defined]
    median = float(np.median(change)) if len(change) else math.nan
    participants = list(dict.fromkeys(clusters))
    result = Difference(score.key, first[0], other[0], len(change), median, n_participants=len(participants))
    if len(participants) < MINIMUM_PAIRS:
        return replace(result, note=TOO_FEW_CASES)
    low, high, method = median_interval(change, clusters)
    result = replace(result, low=low, high=high, interval_method=method)
    if not change.any():
        return replace(result, p=1.0, note=NO_DIFFERENCE)
    of_participants = [np.median(change[np.array(clusters) == name]) for name in participants]
    return replace(result, p=signed_rank_p(of_participants) if np.any(of_participants) else 1.0)


def _adjust(differences: Sequence[Difference]) -> list[Difference]:
    """Fill in the p values adjusted for the number of tests."""
    adjusted = iter(holm([difference.p for difference in differences if difference.p is not None]))
    return [d if d.p is None else replace(d, p_holm=next(adjusted)) for d in differences]
