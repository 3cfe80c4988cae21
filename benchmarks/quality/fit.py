"""Fit the calibration of a network from measured cases, and score it.

    python benchmarks/quality/fit.py MEASURED OUT [--figures FILE.json]

MEASURED is what `measure.py` wrote. OUT gets `default.json` and `default.npz`. The model is fitted on the training
cases; bounds and thresholds come from predictions for label maps and scans that were held out in turn. The scores are
of the test cases, which share neither heads nor, for some, kinds of fault with the training cases.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cases import STRENGTHS
from faults import FAULTS
from faults import TEST_ONLY as TEST_ONLY_FAULTS
from measure import read_table
from model import fit, fit_odds, predict
from non_heads import NON_HEADS
from non_heads import TEST_ONLY as TEST_ONLY_NON_HEADS
from scores import print_scores, scores
from sklearn.model_selection import GroupKFold

from deskull.models.cards import load_model
from deskull.quality.calibration import CALIBRATED, LEVELS, OFFSET, PARTS
from deskull.quality.trees import TreeModel

#: Real scans are fewer than synthetic ones, and count this much more.
_REAL_WEIGHT = 3.0
#: Training scans have no reference but the mask of the clean scan, whose own Dice and margin in mm are about these (of
#: the labelled scans that are no validation scans: 3.5 to 4.0 mm).
_CLEAN_DICE, _CLEAN_MARGIN_MM = 0.97, 3.5
#: Edges of the predicted error, as a logarithm, between which bounds are constant.
_BOUND_EDGES = [float(np.log(1 - dice + OFFSET)) for dice in (0.975, 0.965, 0.95, 0.92, 0.85)]
#: Measures by which the error and the margin are predicted. With all of them, the few bad masks are fitted too closely.
ERROR_MEASURES = (
    "agreement", "expected_dice", "expected_error_mm", "difference_mm", "difference_95_mm", "second_adds",
    "second_removes", "sharpness", "gradient", "gradient_10", "shape_fit", "gap", "blank_contact", "zeros_inside",
    "dark_inside", "bright_skull", "compactness", "edge_contrast", "edge_gradient", "smoothness", "spread_core",
)  # fmt: skip
#: Further ones where the second network looks at the mirror image, too.
THOROUGH_MEASURES = ("mirrored_agreement", "both_mirrored_agreement")
EFFORTS = {"default": ERROR_MEASURES, "thorough": (*ERROR_MEASURES, *THOROUGH_MEASURES)}
#: A measure that numbers a choice.
CHOICE = "best_turn"
#: A mask is good above this Dice.
GOOD = 0.94
#: Masks that are worse than this are as bad as it: how bad they are would draw the fit away from those that matter.
LOWEST = 0.7
#: Fractions of the heads with good masks, held out, that may be taken for none, that may be doubted to be a head, and
#: that may have too large a predicted error to pass.
_DENIED, _DOUBTED, _HELD_BACK = 0.003, 0.0075, 0.05
#: Fraction of the true values, held out, that may lie above a bound.
_ABOVE_BOUND = 0.05
#: Masks with a predicted Dice below this fail.
_FAIL_BELOW = 0.85


@dataclass(frozen=True, eq=False)
class Table:
    """Measured cases."""

    rows: list[dict[str, Any]]
    names: list[str]
    values: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Table:
        """Read the cases that could be stripped."""
        rows = [
            row
            for row in read_table(path)
            if row["mask"] and row["contrast"] != "random" and "swapped_halves" not in row["kind"]
        ]
        names = sorted({name for row in rows for name in (*row["input"], *row["mask"])})
        values = [[(row["input"] | row["mask"]).get(name, np.nan) for name in names] for row in rows]
        return cls(rows, names, np.array(values, float))

    def part(self, kept: Sequence[bool]) -> Table:
        """Return some of the cases."""
        return Table([row for row, keep in zip(self.rows, kept, strict=True) if keep], self.names, self.values[kept])

    def column(self, name: str) -> np.ndarray:
        """Return a fact of each case."""
        return np.array([row[name] for row in self.rows])

    @property
    def unsure(self) -> np.ndarray:
        """Whether each case was compared with the mask of the clean scan."""
        return np.asarray(self.column("real") & (self.column("split") == "train"))

    @property
    def dice(self) -> np.ndarray:
        """Dice of each mask with a right one."""
        return self.column("dice") * np.where(self.unsure, _CLEAN_DICE, 1.0)

    @property
    def error(self) -> np.ndarray:
        """Logarithm of the error of each mask."""
        return np.log(1 - self.dice + OFFSET)

    @property
    def fitted_error(self) -> np.ndarray:
        """What is fitted: the same, for a Dice of `LOWEST` or more."""
        return np.minimum(self.error, np.log(1 - LOWEST + OFFSET))

    @property
    def good(self) -> np.ndarray:
        """Whether each mask is a good one of a head."""
        return self.heads & (self.dice > GOOD)

    @property
    def margin(self) -> np.ndarray:
        """Logarithm of the margin of each mask."""
        margin = np.hypot(self.column("margin_mm"), np.where(self.unsure, _CLEAN_MARGIN_MM, 0.0))
        return np.log(margin.clip(0.3, 10))

    @property
    def heads(self) -> np.ndarray:
        """Whether each case shows a human brain."""
        return self.column("has_brain")

    @property
    def weights(self) -> np.ndarray:
        """Weight of each case."""
        return np.where(self.column("real"), _REAL_WEIGHT, 1.0)

    @property
    def groups(self) -> np.ndarray:
        """Label map or scan of each case: those of one group resemble each other."""
        return np.array([row["source"].split("_", 1)[1] for row in self.rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    table = Table.read(options.measured / "measures.jsonl")
    train, test = (table.part(table.column("split") == split) for split in ("train", "test"))
    quantiles = reference_quantiles(train)
    table_of_numbers: dict[str, Any] = {"quantiles": quantiles}
    arrays: dict[str, np.ndarray] = {}
    figures = {}
    for effort, names in EFFORTS.items():
        models, held_out = fit_models(train, names), out_of_fold(train, names)
        bounds, thresholds = bounds_of(train, held_out), thresholds_of(train, held_out)
        figures[effort] = scores(test, models, bounds, thresholds)
        print_scores(effort, figures[effort])
        described = {key: {"names": model.names, "baseline": model.baseline} for key, model in models.items()}
        table_of_numbers[effort] = {"models": described, "thresholds": thresholds, "bounds": bounds}
        arrays |= {f"{effort}_{key}_{part}": getattr(model, part) for key, model in models.items() for part in PARTS}
    options.out.mkdir(parents=True, exist_ok=True)
    table_of_numbers["card"] = card(train, test, figures)
    (options.out / "default.json").write_text(json.dumps(rounded(table_of_numbers), separators=(",", ":")) + "\n")
    with np.load(options.measured / "shape.npz") as shape:
        probability = np.round(255 * shape["probability"]).astype(np.uint8)
        np.savez_compressed(options.out / "default.npz", shape=probability, shape_spacing=shape["spacing"], **arrays)
    if options.figures:
        options.figures.write_text(json.dumps(figures, indent=2) + "\n")


def fit_models(table: Table, names: Sequence[str] = ERROR_MEASURES) -> dict[str, TreeModel]:
    """Fit the predictions of error and margin, from heads alone, and of whether there is a head."""
    columns, heads = [table.names.index(name) for name in names], table.heads
    values, weights = table.values[heads][:, columns], table.weights[heads]
    wide = [name for name in table.names if name != CHOICE and (name not in THOROUGH_MEASURES or name in names)]
    return {
        "error": fit(names, values, table.fitted_error[heads], weights),
        "margin": fit(names, values, table.margin[heads], weights),
        "head": fit_odds(wide, table.values[:, [table.names.index(name) for name in wide]], heads),
    }


def out_of_fold(table: Table, names: Sequence[str] = ERROR_MEASURES) -> dict[str, np.ndarray]:
    """Predict each case by models that have not seen its label map or scan."""
    predicted = {name: np.zeros(len(table.rows)) for name in ("error", "margin", "head")}
    for train, held in GroupKFold(5).split(table.values, groups=table.groups):
        part = table.part(np.isin(np.arange(len(table.rows)), train))
        for name, model in fit_models(part, names).items():
            predicted[name][held] = predict(model, table.names, table.values[held])
    return predicted


def bounds_of(table: Table, predicted: dict[str, np.ndarray]) -> dict[str, list[float]]:
    """Return what is added to predictions for their bounds (split conformal prediction, by bins of the error)."""
    index = np.searchsorted(_BOUND_EDGES, predicted["error"])
    bounds: dict[str, list[float]] = {"edges": _BOUND_EDGES, "error": [], "margin": []}
    for bin_ in range(len(_BOUND_EDGES) + 1):
        for name, truth in (("error", table.error), ("margin", table.margin)):
            residuals = np.sort((truth - predicted[name])[(index == bin_) & table.heads])
            rank = min(len(residuals) - 1, int(np.ceil((len(residuals) + 1) * (1 - _ABOVE_BOUND))) - 1)
            bounds[name].append(float(residuals[rank]) if len(residuals) else 0.0)
    return bounds


def thresholds_of(table: Table, predicted: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the limits of the verdicts."""
    good = table.good
    return {
        "pass": float(np.quantile(predicted["error"][good], 1 - _HELD_BACK)),
        "fail": float(np.log(1 - _FAIL_BELOW + OFFSET)),
        "head": float(np.quantile(predicted["head"][good], _DOUBTED)),
        "no_head": float(np.quantile(predicted["head"][good], _DENIED)),
    }


def reference_quantiles(table: Table) -> dict[str, list[float]]:
    """Return quantiles of each measure that the good masks of clean scans have, but for numbers of a choice."""
    good = table.values[(table.column("kind") == "clean") & table.good]
    named = zip(table.names, good.T, strict=True)
    known = {name: values for name, values in named if name != CHOICE and np.isfinite(values).any()}
    return {name: np.nanquantile(values, np.array(LEVELS) / 100).tolist() for name, values in known.items()}


def card(train: Table, test: Table, figures: dict[str, Any]) -> dict[str, Any]:
    """Describe what the calibration was fitted on and how well it does."""
    return {
        "description": f"Quality of the masks of the network {CALIBRATED!r}, by measures of the scan and the mask.",
        "network_sha256": load_model(CALIBRATED).card["sha256"],
        "licence": "Apache-2.0",
        "cases": len(train.rows),
        "real_cases": int(train.column("real").sum()),
        "test_cases": len(test.rows),
        "kinds_of_fault": len(FAULTS) - len(TEST_ONLY_FAULTS),
        "kinds_without_head": len(NON_HEADS) - len(TEST_ONLY_NON_HEADS),
        "strengths": list(STRENGTHS),
        "test": figures,
    }


def rounded(value: Any) -> Any:
    """Return numbers with five significant digits."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
