"""Measures: what can be computed from a scan and its mask, each a number by name."""

from __future__ import annotations

from deskull.quality.evidence import Evidence
from deskull.quality.measures.acquisition import acquisition_measures
from deskull.quality.measures.agreement import agreement_measures
from deskull.quality.measures.appearance import appearance_measures
from deskull.quality.measures.border import border_measures
from deskull.quality.measures.geometry import geometry_measures
from deskull.quality.measures.shape import MeanShape, shape_measures
from deskull.quality.measures.values import value_measures
from deskull.quality.measures.wrapping import wrapping_measures

__all__ = ["input_measures", "mask_measures"]


def input_measures(evidence: Evidence) -> dict[str, float]:
    """Measure the scan: brightness, acquisition and values; NaN where something cannot be measured."""
    return appearance_measures(evidence) | acquisition_measures(evidence) | value_measures(evidence)


def mask_measures(evidence: Evidence, shape: MeanShape) -> dict[str, float]:
    """Measure the mask: agreement, border, form and place; NaN where something cannot be measured.

    Parameters
    ----------
    evidence : Evidence
    shape : MeanShape
    """
    measures = agreement_measures(evidence) | border_measures(evidence) | geometry_measures(evidence)
    return measures | shape_measures(evidence, shape) | wrapping_measures(evidence)
