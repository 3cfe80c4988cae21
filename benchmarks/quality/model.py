"""Fit boosted trees, and keep them as the tables that deskull evaluates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from deskull.quality.trees import NODE, TreeModel

#: Measures of which a higher value can only mean a larger (+1) or smaller (-1) error.
DIRECTIONS = {
    "agreement": -1, "expected_dice": -1, "expected_error_mm": 1, "difference_mm": 1, "difference_95_mm": 1,
    "second_adds": 1, "second_removes": 1, "sharpness": -1, "gradient": -1, "gradient_10": -1, "shape_fit": -1,
    "turned_fit": 1, "dark_inside": 1, "zeros_inside": 1, "symmetry": -1, "noise": 1, "stripes": 1,
    "mirrored_agreement": -1, "both_mirrored_agreement": -1,
}  # fmt: skip
_SETTINGS: dict[str, Any] = {
    "max_iter": 100, "learning_rate": 0.06, "max_bins": 48, "min_samples_leaf": 15, "l2_regularization": 2.0,
    "max_leaf_nodes": 12, "random_state": 0,
}  # fmt: skip


def fit(names: Sequence[str], values: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None) -> TreeModel:
    """Fit trees to a number."""
    signs = [DIRECTIONS.get(name, 0) for name in names]
    model = HistGradientBoostingRegressor(monotonic_cst=signs, **_SETTINGS)
    return _table(names, model.fit(values, target, sample_weight=weights))


def fit_odds(names: Sequence[str], values: np.ndarray, is_true: np.ndarray) -> TreeModel:
    """Fit trees to the logarithm of the odds that something is true."""
    return _table(names, HistGradientBoostingClassifier(class_weight="balanced", **_SETTINGS).fit(values, is_true))


def predict(model: TreeModel, names: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Return the predictions for rows of measures."""
    return np.array([model.predict(dict(zip(names, row, strict=True))) for row in values.tolist()])


def _table(names: Sequence[str], fitted: Any) -> TreeModel:
    """Return a fitted model as a table."""
    trees = [predictors[0].nodes for predictors in fitted._predictors]
    roots = np.cumsum([0, *(len(tree) for tree in trees[:-1])])
    nodes = np.concatenate([_nodes(tree, root) for tree, root in zip(trees, roots, strict=True)])
    baseline = float(np.ravel(fitted._baseline_prediction)[0])
    return TreeModel(tuple(names), baseline, nodes, roots.astype(np.int32))


def _nodes(tree: np.ndarray, root: int) -> np.ndarray:
    """Return the nodes of a tree; the mean prediction of each is that of the leaves below, by the number of cases."""
    nodes = np.zeros(len(tree), NODE)
    is_leaf = tree["is_leaf"].astype(bool)
    nodes["measure"] = np.where(is_leaf, -1, tree["feature_idx"])
    nodes["threshold"] = np.where(is_leaf, 0.0, tree["num_threshold"])
    nodes["left"], nodes["right"] = tree["left"] + root, tree["right"] + root
    nodes["missing_left"] = tree["missing_go_to_left"]
    for index in reversed(range(len(tree))):
        node = tree[index]
        if node["is_leaf"]:
            nodes["value"][index] = node["value"]
        else:
            both = [node["left"], node["right"]]
            nodes["value"][index] = np.average(nodes["value"][both], weights=tree["count"][both])
    return nodes
