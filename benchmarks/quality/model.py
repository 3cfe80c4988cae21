"""Fit additive models by boosted trees without interactions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from deskull.quality.additive import AdditiveModel, StepFunction

#: Measures of which a higher value can only mean a larger (+1) or smaller (-1) error.
DIRECTIONS = {
    "agreement": -1, "difference_mm": 1, "difference_95_mm": 1, "second_adds": 1, "second_removes": 1, "sharpness": -1,
    "gradient": -1, "gradient_10": -1, "shape_fit": -1, "turned_fit": 1, "unfamiliarity": 1, "dark_inside": 1,
    "zeros_inside": 1, "symmetry": -1, "noise": 1, "stripes": 1,
}  # fmt: skip
_SETTINGS = {
    "max_iter": 250, "learning_rate": 0.06, "max_bins": 48, "min_samples_leaf": 15, "l2_regularization": 2.0,
    "max_leaf_nodes": 6, "interaction_cst": "no_interactions", "random_state": 0,
}  # fmt: skip


def fit(
    names: Sequence[str], values: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None
) -> AdditiveModel:
    """Fit a sum of functions of the measures to a number."""
    signs = [DIRECTIONS.get(name, 0) for name in names]
    model = HistGradientBoostingRegressor(monotonic_cst=signs, **_SETTINGS).fit(values, target, sample_weight=weights)
    return _extract(names, model, model.predict)


def fit_odds(names: Sequence[str], values: np.ndarray, is_true: np.ndarray) -> AdditiveModel:
    """Fit a sum of functions of the measures to the logarithm of the odds that something is true."""
    model = HistGradientBoostingClassifier(class_weight="balanced", **_SETTINGS).fit(values, is_true)
    return _extract(names, model, model.decision_function)


def predict(model: AdditiveModel, names: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Return the predictions for rows of measures."""
    total = np.full(len(values), model.intercept)
    for name, column in zip(names, values.T, strict=True):
        if (function := model.functions.get(name)) is not None:
            index = np.searchsorted(function.edges, column, side="left")
            total += np.where(np.isnan(column), function.missing, np.array(function.values)[index])
    return total


def _extract(names: Sequence[str], model, answer) -> AdditiveModel:
    """Read the functions from a model by varying one measure at a time."""
    base = np.zeros((1, len(names)))
    intercept = float(answer(base)[0])
    functions = {}
    for index, name in enumerate(names):
        edges = [float(e) for e in model._bin_mapper.bin_thresholds_[index] if np.isfinite(e)]
        points = [*edges, (edges[-1] if edges else 0.0) + 1e6, np.nan]
        rows = np.repeat(base, len(points), axis=0)
        rows[:, index] = points
        values = answer(rows) - intercept
        if np.ptp(values) > 1e-9:
            functions[name] = _merged(edges, values)
    shift = sum(np.median(f.values) for f in functions.values())
    functions = {
        n: StepFunction(
            f.edges, tuple(v - float(np.median(f.values)) for v in f.values), f.missing - float(np.median(f.values))
        )
        for n, f in functions.items()
    }
    return AdditiveModel(intercept + float(shift), functions)


def _merged(edges: list[float], values: np.ndarray) -> StepFunction:
    """Return a step function without edges at which nothing changes."""
    kept = [i for i in range(len(edges)) if abs(values[i + 1] - values[i]) > 1e-9]
    steps = [values[i] for i in kept] + [values[len(edges)]]
    return StepFunction(tuple(edges[i] for i in kept), tuple(float(s) for s in steps), float(values[-1]))
