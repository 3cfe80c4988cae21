"""Agreement of predicted with reference volumes (Bland and Altman, Lancet 1986)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deskull.evaluation.scores import CaseScores

#: Standard deviations on either side of the mean that hold 95 % of a normal distribution.
_Z_95 = 1.96


@dataclass(frozen=True, eq=False)
class VolumeAgreement:
    """Bland-Altman agreement of predicted volumes with reference volumes.

    Attributes
    ----------
    means, differences : ndarray of float64, shape (n,)
        For each case the mean of both volumes, and predicted minus reference, in ml.
    bias : float
        Mean difference in ml; NaN without cases.
    low, high : float
        95 % limits of agreement in ml: bias -/+ 1.96 standard deviations of the differences; NaN with one case.
    """

    means: npt.NDArray[np.float64]
    differences: npt.NDArray[np.float64]
    bias: float
    low: float
    high: float


def volume_agreement(cases: Sequence[CaseScores]) -> VolumeAgreement:
    """Compute the bias and the limits of agreement of a model's volumes with those of the references.

    Parameters
    ----------
    cases : sequence of CaseScores
        Scores of one model.

    Returns
    -------
    VolumeAgreement
    """
    predicted = np.array([case.scores.volume_ml for case in cases], float)
    reference = np.array([case.scores.reference_ml for case in cases], float)
    differences = predicted - reference
    bias = float(differences.mean()) if len(cases) else math.nan
    half_width = _Z_95 * float(differences.std(ddof=1)) if len(cases) > 1 else math.nan
    return VolumeAgreement((predicted + reference) / 2, differences, bias, bias - half_width, bias + half_width)
