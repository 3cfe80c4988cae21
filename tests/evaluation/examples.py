"""Scores that the tests of evaluation and report share."""

from __future__ import annotations

from dataclasses import replace

from deskull.evaluation.metrics import Scores
from deskull.evaluation.scores import CaseScores

PERFECT = Scores(1, 1, 1, 1, 0, 0, 1400, 1400, 0, 0)
TYPICAL = Scores(0.9, 0.8, 0.7, 0.6, 5, 4, 1300, 1400, -100, 0.1)


def cases_with(values, score="dice", names="abcdefghijklmnopqrstuvwxyz", template=PERFECT):
    """Cases that differ from a template in one score."""
    return [CaseScores(name, replace(template, **{score: value})) for name, value in zip(names, values, strict=False)]
