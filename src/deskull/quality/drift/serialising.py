"""Serialising: comparisons and timelines as objects for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from deskull.quality.drift.comparison import Comparison, Side
from deskull.quality.drift.over_time import Change, Timeline
from deskull.quality.drift.verdict import direction, remarks, shift_sentence, verdict


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as an object for JSON.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    dict
        NaN and infinity become None.
    """
    return {
        "name": comparison.name,
        "reference": comparison.reference,
        "n": comparison.n,
        "n_reference": comparison.n_reference,
        "verdict": verdict(comparison),
        "input": _side_dict(comparison.inputs),
        "output": _side_dict(comparison.outputs),
        "remarks": remarks(comparison),
    }


def timeline_dict(timeline: Timeline) -> dict[str, Any]:
    """Return a timeline as an object for JSON; see `comparison_dict`."""
    return {
        "note": timeline.note,
        "n": len(timeline.cohort),
        "input": _change_dict(timeline.inputs),
        "output": _change_dict(timeline.outputs),
        "windows": [comparison_dict(window) for window in timeline.windows],
    }


def _side_dict(side: Side) -> dict[str, Any]:
    """Return one side."""
    measures = [
        {
            **asdict(shift),
            "moved": shift in side.moved_measures,
            "direction": direction(shift),
            "words": shift_sentence(shift),
        }
        for shift in side.measures
    ]
    energy = asdict(side.energy) if side.energy else None
    described = {"state": str(side.state), "p": side.p, "p_adjusted": side.p_adjusted, "energy": energy}
    return {**described, "measures": [_finite(measure) for measure in measures]}


def _change_dict(change: Change | None) -> dict[str, Any] | None:
    """Return a change over time."""
    if change is None:
        return None
    measures = [{**_finite(asdict(shift)), "direction": direction(shift)} for shift in change.shifts]
    for measure in measures:  # the change was sought where the measures differ most
        del measure["p"], measure["p_adjusted"]
    shown = {"index": change.index, "date": change.date, "p": change.p, "changed": change.is_shown}
    return {**shown, "measures": measures}


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Replace NaN and infinity, which JSON does not have, by None."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
