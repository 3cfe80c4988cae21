"""Scores of predicted quality on test cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from faults import TEST_ONLY as TEST_ONLY_FAULTS
from model import predict
from non_heads import TEST_ONLY as TEST_ONLY_NON_HEADS
from scipy.stats import rankdata, spearmanr

from deskull.quality.calibration import OFFSET
from deskull.quality.findings import find_unusual

if TYPE_CHECKING:
    from fit import Table

    from deskull.quality.trees import TreeModel

_GOOD, _BAD = 0.94, 0.90


def scores(
    test: Table, models: dict[str, TreeModel], bounds: dict[str, list[float]], thresholds: dict[str, float]
) -> dict[str, Any]:
    """Score predictions on all test cases, on real ones, and on kinds that were never trained on."""
    predicted = {name: predict(model, test.names, test.values) for name, model in models.items()}
    passes = passes_of(test, predicted, thresholds)
    kinds = [set(kind.split("+")) for kind in test.column("kind")]
    unseen = np.array([bool(kind & (TEST_ONLY_FAULTS | TEST_ONLY_NON_HEADS)) for kind in kinds])
    parts = {
        "all": np.ones(len(unseen), bool), "real": test.column("real"), "synthetic": ~test.column("real"),
        "kinds seen": ~unseen, "kinds never seen": unseen,
    }  # fmt: skip
    return {name: _scores(test, predicted, bounds, passes, part) for name, part in parts.items() if part.sum() > 10}


def passes_of(test: Table, predicted: dict[str, np.ndarray], thresholds: dict[str, float]) -> np.ndarray:
    """Return which masks get the verdict ``pass``."""
    grave = [any(f.bears_on_mask for f in find_unusual(row["input"] | row["mask"])) for row in test.rows]
    return (predicted["error"] <= thresholds["pass"]) & (predicted["head"] >= thresholds["head"]) & ~np.array(grave)


def _scores(
    test: Table, predicted: dict[str, np.ndarray], bounds: dict[str, list[float]], passes: np.ndarray, part: np.ndarray
) -> dict[str, float]:
    """Score a part of the cases."""
    dice, heads, error = test.column("dice"), test.heads, predicted["error"]
    index = np.searchsorted(bounds["edges"], error)
    lower = 1 + OFFSET - np.exp(error + np.array(bounds["error"])[index])
    margin = np.exp(predicted["margin"] + np.array(bounds["margin"])[index]).clip(0, 10)
    good, bad = part & heads & (dice > _GOOD), part & heads & (dice < _BAD)
    shown = part & heads
    close = shown & (dice > 0.8)
    return {
        "cases": int(part.sum()),
        "bad": int(bad.sum()),
        "bad_not_passed": _mean(~passes[bad]),
        "good": int(good.sum()),
        "good_not_passed": _mean(~passes[good]),
        "no_head": int((part & ~heads).sum()),
        "no_head_not_passed": _mean(~passes[part & ~heads]),
        "spearman": float(spearmanr(-error[shown], dice[shown])[0]),
        "auc": _auc(error[good], error[bad]),
        "mean_absolute_error_above_0.8": _mean(np.abs(1 + OFFSET - np.exp(error) - dice)[close]),
        "bound_covers": _mean((dice >= lower)[shown]),
        "margin_covers": _mean((test.column("margin_mm").clip(0, 10) <= margin + 1e-9)[shown]),
        "aurc": _area_under_risk_coverage(error[part], 1 - dice[part]),
    }


def ranking(error: np.ndarray, dice: np.ndarray, held_back: float) -> tuple[float, float]:
    """Score how well an error ranks masks of heads.

    Returns Spearman's correlation, and the part of the bad masks whose error is larger than where this fraction of the
    good ones is held back.
    """
    threshold = np.quantile(error[dice > _GOOD], 1 - held_back)
    return float(spearmanr(-error, dice)[0]), float((error[dice < _BAD] > threshold).mean())


def _mean(values: np.ndarray) -> float:
    """Return the mean, or NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


def _auc(low: np.ndarray, high: np.ndarray) -> float:
    """Return the probability that one of the high values exceeds one of the low ones."""
    if not len(low) or not len(high):
        return float("nan")
    ranks = rankdata(np.concatenate([low, high]))[len(low) :]
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(low) * len(high)))


def _area_under_risk_coverage(confidence: np.ndarray, risk: np.ndarray) -> float:
    """Return the mean risk of the most trusted fraction of cases, averaged over all fractions."""
    ordered = risk[np.argsort(confidence)]
    return float(np.mean(np.cumsum(ordered) / np.arange(1, len(ordered) + 1)))


def print_scores(title: str, figures: dict[str, dict[str, float]]) -> None:
    """Print the scores as a table."""
    print(f"{title:30s}" + "".join(f"{part[:13]:>14s}" for part in figures))
    for name in next(iter(figures.values())):
        print(f"{name:30s}" + "".join(f"{part[name]:14.4g}" for part in figures.values()))
