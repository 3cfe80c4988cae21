"""Scores of cases: computing them from files, summarising them, and writing them as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from deskull import formats
from deskull.errors import InputError
from deskull.evaluation.definitions import SCORES
from deskull.evaluation.metrics import Scores, score
from deskull.evaluation.pairs import Pair
from deskull.masking import binarise
from deskull.volume import Volume, grid_mismatch


@dataclass(frozen=True)
class CaseScores:
    """The scores of one case.

    Attributes
    ----------
    case : str
        Name of the case.
    scores : Scores
    subject : str
        Label of the participant whose scan it is; '' if unknown.
    """

    case: str
    scores: Scores
    subject: str = ""

    @property
    def cluster(self) -> str:
        """The participant, or the case itself where the participant is unknown."""
        return self.subject or self.case


def evaluate_pair(pair: Pair) -> CaseScores:
    """Read a pair of mask files and score it.

    Parameters
    ----------
    pair : Pair

    Returns
    -------
    CaseScores

    Raises
    ------
    InputError
        If a file cannot be read or the grids differ.
    """
    predicted, reference = formats.read(pair.predicted), formats.read(pair.reference)
    require_same_grid(predicted, reference)
    region = formats.read(pair.roi) if pair.roi else None
    if region is not None:
        require_same_grid(region, reference)
    roi = None if region is None else binarise(region)
    scores = score(binarise(predicted), binarise(reference), reference.voxel_sizes, roi)
    return CaseScores(pair.case, scores, pair.subject)


def require_same_grid(first: Volume, second: Volume) -> None:
    """Refuse two images whose voxels do not coincide.

    Parameters
    ----------
    first, second : Volume

    Raises
    ------
    InputError
        If their shapes differ, or their corners lie more than half a voxel apart.
    """
    fault = grid_mismatch(first, second)
    if fault:
        raise InputError(fault)


def summarise(cases: Sequence[CaseScores]) -> dict[str, dict[str, float]]:
    """Compute the median, mean and worst value of each score over cases.

    Parameters
    ----------
    cases : sequence of CaseScores
        NaN is left out.

    Returns
    -------
    dict of str to dict
        ``median``, ``mean`` and ``worst`` by the key of the score. The worst is the lowest value of scores of which
        higher is better, and else the value farthest from 0. Scores without any value are absent.
    """
    summary: dict[str, dict[str, float]] = {}
    for key, definition in SCORES.items():
        all_values = [definition.value(case.scores) for case in cases]
        values = np.array([value for value in all_values if not math.isnan(value)])
        if not len(values):
            continue
        worst = values.min() if definition.higher_is_better else values[np.abs(values).argmax()]
        summary[key] = {"median": float(np.median(values)), "mean": float(values.mean()), "worst": float(worst)}
    return summary


def to_csv(cases: Sequence[CaseScores]) -> str:
    """Format all scores of all cases as CSV, one line for each case.

    Parameters
    ----------
    cases : sequence of CaseScores

    Returns
    -------
    str
        NaN is written as ``nan``.
    """
    return _csv([], [([], case) for case in cases])


def models_to_csv(models: Mapping[str, Sequence[CaseScores]]) -> str:
    """Format the scores of several models as CSV; the first column is the name of the model.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
        Scores by the name of their model.

    Returns
    -------
    str
    """
    return _csv(["model"], [([name], case) for name, cases in models.items() for case in cases])


def _csv(extra_columns: list[str], lines: Sequence[tuple[list[str], CaseScores]]) -> str:
    """Format cases as CSV, with extra columns before theirs."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*extra_columns, "case", *(field.name for field in fields(Scores))])
    for extra, case in lines:
        writer.writerow([*extra, case.case, *(f"{value:.6g}" for value in case.scores.as_dict().values())])
    return buffer.getvalue()


def to_json(cases: Sequence[CaseScores]) -> str:
    """Format all scores and their summary as JSON; NaN becomes null.

    Parameters
    ----------
    cases : sequence of CaseScores

    Returns
    -------
    str
    """
    return json.dumps(_as_dict(cases), indent=2, allow_nan=False) + "\n"


def models_to_json(models: Mapping[str, Sequence[CaseScores]], comparison: Mapping[str, Any]) -> str:
    """Format the scores of several models, their summaries and their comparison as JSON; NaN becomes null.

    Parameters
    ----------
    models : mapping of str to sequence of CaseScores
    comparison : mapping
        As given by `Comparison.as_dict`.

    Returns
    -------
    str
    """
    content = {"models": {name: _as_dict(cases) for name, cases in models.items()}, "comparison": comparison}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _as_dict(cases: Sequence[CaseScores]) -> dict[str, Any]:
    """Return the scores by case, and their summary."""
    scores = {c.case: {k: None if math.isnan(v) else v for k, v in c.scores.as_dict().items()} for c in cases}
    return {"cases": scores, "summary": summarise(cases)}
