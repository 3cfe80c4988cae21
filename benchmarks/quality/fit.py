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
from cases import STRENGTHS, trains_critic
from faults import FAULTS
from faults import TEST_ONLY as TEST_ONLY_FAULTS
from measure import read_table
from model import fit, fit_odds, predict
from non_heads import NON_HEADS
from non_heads import TEST_ONLY as TEST_ONLY_NON_HEADS
from scores import print_scores, scores
from sklearn.model_selection import GroupKFold

from deskull.quality.calibration import LEVELS, OFFSET, PARTS
from deskull.quality.trees import TreeModel

#: Real scans are fewer than synthetic ones, and count this much more.
_REAL_WEIGHT = 3.0
#: Training scans have no reference but the mask of the clean scan, whose own Dice is about this.
_CLEAN_DICE = 0.97
#: Edges of the predicted error, as a logarithm, between which bounds are constant.
_BOUND_EDGES = [float(np.log(1 - dice + OFFSET)) for dice in (0.975, 0.965, 0.95, 0.92, 0.85)]
#: What the critic says of the error.
OF_CRITIC = ("critic_dice", "critic_extra", "critic_missing", "critic_clear")
#: Measures by which the error and the margin are predicted. With all of them, the few bad masks are fitted too closely.
ERROR_MEASURES = (
    *OF_CRITIC, "sharpness", "gradient", "gradient_10",
    "shape_fit", "gap", "blank_contact", "zeros_inside", "dark_inside",
)  # fmt: skip
#: Further ones where the second network looks at the scan and its mirror image, too; and all that it gives.
SECOND_MEASURES = (
    "agreement", "difference_mm", "difference_95_mm", "second_adds", "second_removes", "mirrored_agreement",
    "both_mirrored_agreement",
)  # fmt: skip
OF_SECOND = (*SECOND_MEASURES, "offset_mm")
EFFORTS = {"default": ERROR_MEASURES, "thorough": (*ERROR_MEASURES, *SECOND_MEASURES)}
#: A mask is good above this Dice.
GOOD = 0.94
#: Fraction of the heads with good masks that may be taken for none, and of true values that may lie above a bound, on
#: held-out cases.
_NO_HEAD, _ABOVE_BOUND = 0.015, 0.05
#: Masks with a predicted Dice above the first pass, and those below the second fail.
_PASS_ABOVE, _FAIL_BELOW = 0.92, 0.85


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

    def not_of_critic(self) -> Table:
        """Return the cases that did not train the critic, which knows the others."""
        return self.part(~np.array([trains_critic(row["name"]) for row in self.rows]))

    def column(self, name: str) -> np.ndarray:
        """Return a fact of each case."""
        return np.array([row[name] for row in self.rows])

    @property
    def error(self) -> np.ndarray:
        """Logarithm of the error of each mask."""
        unsure = self.column("real") & (self.column("split") == "train")
        return np.log(1 - self.column("dice") * np.where(unsure, _CLEAN_DICE, 1.0) + OFFSET)

    @property
    def margin(self) -> np.ndarray:
        """Logarithm of the margin of each mask."""
        return np.log(self.column("margin_mm").clip(0.3, 10))

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
    train = train.not_of_critic()
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
    left_out = {"best_turn"} | (set() if set(SECOND_MEASURES) <= set(names) else set(OF_SECOND))
    wide = [name for name in table.names if name not in left_out]
    return {
        "error": fit(names, values, table.error[heads], weights),
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
    good = table.heads & (table.column("dice") > GOOD)
    return {
        "pass": float(np.log(1 - _PASS_ABOVE + OFFSET)),
        "fail": float(np.log(1 - _FAIL_BELOW + OFFSET)),
        "head": float(np.quantile(predicted["head"][good], _NO_HEAD)),
    }


def reference_quantiles(table: Table) -> dict[str, list[float]]:
    """Return quantiles of each measure in the good masks of clean scans."""
    good = table.values[(table.column("kind") == "clean") & (table.column("dice") > GOOD)]
    quantiles = np.nanquantile(good, np.array(LEVELS) / 100, axis=0).T
    return {name: [float(q) for q in values] for name, values in zip(table.names, quantiles, strict=True)}


def card(train: Table, test: Table, figures: dict[str, Any]) -> dict[str, Any]:
    """Describe what the calibration was fitted on and how well it does."""
    return {
        "description": "Quality of the masks of the network 'default', by measures of the scan and the mask.",
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
