"""Agreement: bias and limits of volumes, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from deskull.evaluation.agreement import volume_agreement
from deskull.evaluation.scores import CaseScores
from tests.evaluation.examples import PERFECT


def agreement_of(*volumes):
    return volume_agreement(
        [CaseScores("x", replace(PERFECT, volume_ml=a, reference_ml=b)) for a, b in volumes],
    )


def test_bias_is_the_mean_difference():
    agreement = agreement_of((1010.0, 1000.0), (1220.0, 1200.0), (1430.0, 1400.0))
    assert agreement.means.tolist() == [1005, 1210, 1415]
    assert agreement.bias == pytest.approx(20)


def test_limits_lie_1_96_standard_deviations_from_the_bias():
    agreement = agreement_of((1010.0, 1000.0), (1220.0, 1200.0), (1430.0, 1400.0))
    assert (agreement.low, agreement.high) == (pytest.approx(20 - 19.6), pytest.approx(20 + 19.6))


def test_one_case_has_a_bias_and_no_limits():
    agreement = agreement_of((1010.0, 1000.0))
    assert agreement.bias == 10
    assert math.isnan(agreement.low)
    assert math.isnan(agreement.high)


def test_without_cases_the_bias_is_undefined():
    assert math.isnan(agreement_of().bias)
