"""Assessment: from the evidence to what is said of a mask."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from deskull.quality.calibration import OFFSET, Calibration
from deskull.quality.contrast import guess_contrast
from deskull.quality.evidence import Evidence
from deskull.quality.findings import Finding, find_unusual
from deskull.quality.measures import input_measures, mask_measures
from deskull.quality.verdict import HIGHEST_MARGIN_MM, Quality, Verdict
from deskull.quality.wording import describe, is_unusual

#: At most this number of measures is named as a reason.
_N_REASONS = 3
#: An unusual measure is a reason if it raises the predicted error by at least this factor, as a logarithm.
_WEIGHTY = 0.1


def assess(evidence: Evidence, calibration: Calibration) -> Quality:
    """Judge a mask.

    Parameters
    ----------
    evidence : Evidence
    calibration : Calibration
        Of the network that made the mask.

    Returns
    -------
    Quality
    """
    if evidence.is_empty:
        return Quality(Verdict.failed, ("The mask is empty.",))
    scan = input_measures(evidence)
    mask = mask_measures(evidence, calibration.shape)
    quality = judge_measures(scan, mask, calibration)
    return replace(quality, input={"contrast": guess_contrast(evidence.scan, scan), **quality.input})


def judge_measures(scan: Mapping[str, float], mask: Mapping[str, float], calibration: Calibration) -> Quality:
    """Judge a mask by its measures.

    Parameters
    ----------
    scan, mask : mapping of str to float
        What `deskull.quality.measures` returns.
    calibration : Calibration

    Returns
    -------
    Quality
    """
    measures = {**scan, **mask}
    error = calibration.error.predict(measures)
    margin = calibration.margin.predict(measures) + calibration.bound("margin", error)
    findings = find_unusual(measures)
    verdict, reasons = _verdict(measures, error, findings, calibration)
    return Quality(
        verdict,
        reasons,
        predicted_dice=_dice(error),
        lower_bound=_dice(error + calibration.bound("error", error)),
        margin_mm=min(math.exp(margin), HIGHEST_MARGIN_MM),
        input={
            "findings": [finding.sentence for finding in findings],
            **scan,
        },
        measures=mask,
        percentiles=calibration.percentiles(measures),
    )


def _dice(error: float) -> float:
    """Return the Dice coefficient for the logarithm of an error."""
    return float(np.clip(1 + OFFSET - math.exp(error), 0.0, 1.0))


def _verdict(
    measures: Mapping[str, float], error: float, findings: list[Finding], calibration: Calibration
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and its reasons."""
    limits = calibration.thresholds
    head = calibration.head.predict(measures)
    grave = tuple(finding.sentence for finding in findings if finding.bears_on_mask)
    why = _why(measures, calibration)
    if head < limits["no_head"]:
        return Verdict.failed, ("The scan does not look like a human head.", *grave, *why)
    doubts = ("The scan may not show a human head.", *grave) if head < limits["head"] else grave
    unexplained = f"The predicted Dice is low: {_dice(error):.2f}; no single measure explains it."
    reasons = (*doubts, *why) or (unexplained,)
    if error > limits["fail"]:
        return Verdict.failed, reasons
    if error > limits["pass"] or doubts:
        return Verdict.review, reasons
    return Verdict.passed, ()


def _why(measures: Mapping[str, float], calibration: Calibration) -> tuple[str, ...]:
    """Return the unusual measures that raise the predicted error most, in words."""
    added = calibration.error.contributions(measures)
    weighty = [name for name, value in sorted(added.items(), key=lambda item: -item[1]) if value > _WEIGHTY]
    ranges = {name: calibration.usual(name) for name in weighty if math.isfinite(measures.get(name, np.nan))}
    unusual = {name: usual for name, usual in ranges.items() if usual and is_unusual(measures[name], usual)}
    return tuple(describe(name, measures[name], usual) for name, usual in unusual.items())[:_N_REASONS]
