"""What each measure contributes, and how well the quality of unknown contrasts and kinds of fault is predicted.

    python benchmarks/quality/ablation.py MEASURED [--figures FILE.json]

MEASURED is what `measure.py` wrote. Predictions are always for label maps and scans that were held out; nothing that
ships is changed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fit import ERROR_MEASURES, GOOD, Table, bounds_of, fit_models, out_of_fold, thresholds_of
from model import fit, predict
from scores import passes_of, ranking, scores
from sklearn.model_selection import GroupKFold

#: A mask is bad below this Dice; this fraction of the good ones may be held back.
_BAD, _HELD_BACK = 0.90, 0.03
#: Contrasts and kinds with fewer cases are not scored.
_FEWEST = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    table = Table.read(options.measured / "measures.jsonl")
    figures = {"measures": by_measure(table), "contrasts": by_contrast(table), "kinds": by_kind(table)}
    for title, rows in figures.items():
        print(f"\n{title:30s}" + "".join(f"{name:>16s}" for name in next(iter(rows.values()))))
        for name, row in rows.items():
            print(f"{name:30s}" + "".join(f"{value:16.3f}" for value in row.values()))
    if options.figures:
        options.figures.write_text(json.dumps(figures, indent=2) + "\n")


def by_measure(table: Table) -> dict[str, dict[str, float]]:
    """Score sums of all measures, of all but one, and of the agreement alone."""
    choices = {"all": list(ERROR_MEASURES), "agreement alone": ["agreement"]}
    choices |= {f"without {name}": [other for other in ERROR_MEASURES if other != name] for name in ERROR_MEASURES}
    return {title: _ranking(table, _held_out_error(table, names)) for title, names in choices.items()}


def by_contrast(table: Table) -> dict[str, dict[str, float]]:
    """Score each contrast with models, bounds and thresholds that have seen the others alone."""
    contrasts = np.array([_common_name(contrast) for contrast in table.column("contrast")])
    rows = {}
    for contrast in sorted(set(contrasts)):
        others, part = table.part(contrasts != contrast), table.part(contrasts == contrast)
        if len(part.rows) < _FEWEST:
            continue
        held_out = out_of_fold(others)
        answer = scores(part, fit_models(others), bounds_of(others, held_out), thresholds_of(others, held_out))["all"]
        names = ("cases", "bad", "bad_not_passed", "good", "good_not_passed", "spearman", "bound_covers")
        rows[contrast] = {name: float(answer[name]) for name in names}
    return rows


def by_kind(table: Table) -> dict[str, dict[str, float]]:
    """Count, for each kind of fault, the masks that pass by models that were fitted on the training cases."""
    train, test = (table.part(table.column("split") == split) for split in ("train", "test"))
    models = fit_models(train)
    predicted = {name: predict(model, test.names, test.values) for name, model in models.items()}
    held = ~passes_of(test, predicted, thresholds_of(train, out_of_fold(train)))
    dice, heads = test.column("dice"), test.heads
    rows: dict[str, dict[str, float]] = {}
    for kind in sorted({kind for row in test.rows for kind in row["kind"].split("+")}):
        part = np.array([kind in row["kind"].split("+") for row in test.rows])
        bad, good, none = part & heads & (dice < _BAD), part & heads & (dice > GOOD), part & ~heads
        rows[kind] = {
            "cases": float(part.sum()), "bad": float(bad.sum()), "bad_not_passed": float((bad & held).sum()),
            "good": float(good.sum()), "good_not_passed": float((good & held).sum()), "no_head": float(none.sum()),
            "no_head_not_passed": float((none & held).sum()),
        }  # fmt: skip
    return rows


def _held_out_error(table: Table, names: Sequence[str]) -> np.ndarray:
    """Predict the error of each case from some measures, by models that have not seen its label map or scan."""
    columns = [table.names.index(name) for name in names]
    predicted = np.zeros(len(table.rows))
    for train, held in GroupKFold(8).split(table.values, groups=table.groups):
        values = table.values[:, columns]
        shown = train[table.heads[train]]
        model = fit(names, values[shown], table.fitted_error[shown], table.weights[shown])
        predicted[held] = predict(model, names, values[held])
    return predicted


def _ranking(table: Table, error: np.ndarray) -> dict[str, float]:
    """Score how well a predicted error ranks the masks of heads."""
    spearman, found = ranking(error[table.heads], table.dice[table.heads], _HELD_BACK)
    return {"spearman": spearman, "bad_found": found}


def _common_name(contrast: str) -> str:
    """Return one name for the same contrast of synthetic and real scans."""
    names: dict[str, Any] = {"T1": "T1w", "T2": "T2w", "b0": "EPI", "fmri": "EPI", "mb": "EPI", "": "T1w"}
    return names.get(contrast, contrast)


if __name__ == "__main__":
    main()
