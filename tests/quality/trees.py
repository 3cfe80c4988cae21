"""Models of trees, written by hand."""

from __future__ import annotations

import numpy as np

from deskull.quality.trees import NODE, TreeModel


def constant(value: float) -> TreeModel:
    """A model that always predicts the same."""
    return TreeModel((), value, np.zeros(0, NODE), np.zeros(0, np.int32))


def step(measure: str, edge: float, low: float, high: float) -> TreeModel:
    """A model of one measure with one edge; where it is missing, it counts as low."""
    return added(0.0, (measure, edge, low, high))


def added(baseline: float, *steps: tuple[str, float, float, float]) -> TreeModel:
    """A sum of steps; each has a measure, an edge, and what is added below and above it.

    As the mean prediction counts the lower of both, so that contributions are never negative.
    """
    nodes = []
    for index, (_, edge, low, high) in enumerate(steps):
        first = 3 * index
        nodes.append((index, edge, first + 1, first + 2, True, min(low, high)))
        nodes += [(-1, 0.0, 0, 0, False, value) for value in (low, high)]
    roots = np.arange(len(steps), dtype=np.int32) * 3
    return TreeModel(tuple(name for name, *_ in steps), baseline, np.array(nodes, NODE), roots)
