"""Fine-tune the shipped model on three real scans, and measure what changes on others.

    python benchmarks/finetune.py DATA OUT [--epochs 40]

Trains the recipe ``finetune`` on the ``train`` split of ``labelled/`` (one patient, three contrasts, in the region
where the masks are valid), and scores both models on the ``validation`` split. Scans of the same study are scored at
the border at which each model fits the training scans best, the others at the default border. An interrupted run
continues when the command is repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from recipes import deskull, real_table

from deskull.data.cases import write_cases
from deskull.data.prepare import prepare
from deskull.data.splits import Membership, cases_of, write_splits
from deskull.evaluation.pairs import Pair
from deskull.evaluation.scores import evaluate_pair
from deskull.formats import split_name
from deskull.models import load_model
from deskull.train.network.pretrained import reference_border


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    out = options.out
    table = real_table(options.data / "labelled", out / "real")
    training = cases_of(table, "train")
    trained = train_table(table, training)
    deskull("train", "finetune", "--data", trained, "-o", out / "run", "--resume", "--epochs", options.epochs)
    deskull("export", out / "run", "-o", out / "finetuned.onnx", "--checkpoint", "last", "--overwrite")
    models = {"default": "default", "finetuned": out / "finetuned.onnx"}
    dice = {name: scores(name, model, table, training, out) for name, model in models.items()}
    print("| scan | " + " | ".join(models) + " | change |\n|---|---|---|---|")
    for case in dice["default"]:
        before, after = (dice[name][case] for name in models)
        print(f"| {case} | {before:.4f} | {after:.4f} | {after - before:+.4f} |")
    for group in ("msl", "mne", "ixi"):
        before, after = (np.median([d for case, d in dice[name].items() if case.startswith(group)]) for name in models)
        print(f"| {group}, median | {before:.4f} | {after:.4f} | {after - before:+.4f} |")


def train_table(table: Path, training: list) -> Path:
    """Write a data set of the training scans alone, so that no scan that is scored later influences the training."""
    alone = table.parent / "train" / "dataset.csv"
    write_cases(training, alone)
    write_splits({case.subject: Membership("train", -1) for case in training}, alone.with_name("splits.csv"))
    return alone


def scores(name: str, model: str | Path, table: Path, training: list, out: Path) -> dict[str, float]:
    """Return the Dice of every validation scan."""
    loaded = load_model(model)
    outcomes = prepare(training, loaded.preprocessing, out / "cache")
    border = reference_border(loaded, [outcome.path for outcome in outcomes if outcome.path])
    print(f"{name}: the training scans fit best at a border of {border:+.2f} mm")
    dice = {}
    for case in cases_of(table, "validation"):
        shift = border if case.name.startswith("msl") else 0.0
        folder = out / "stripped" / name
        deskull("strip", case.raw, "--model", model, "--mask-only", "--border", shift, "-o", folder, "--overwrite")
        mask = folder / f"{split_name(case.raw)[0]}_brainmask.nii.gz"
        dice[case.name] = evaluate_pair(Pair(case.name, mask, case.mask)).scores.dice
    return dice


if __name__ == "__main__":
    main()
