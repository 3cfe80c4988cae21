"""Train the tutorial's recipes and deskull's on one data set, and compare them with the shipped model.

    python benchmarks/recipes.py DATA OUT

DATA contains ``labelmaps/`` and ``labelled/``. Everything is run through the command line, as a user would run it. An
interrupted run continues when the command is repeated. The numbers of epochs are chosen so that each recipe trains for
about as long on the same cores; the table on stdout states the minutes.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from deskull.data.cases import Case, write_cases
from deskull.data.splits import Membership, cases_of, write_splits
from deskull.evaluation.pairs import Pair
from deskull.evaluation.scores import evaluate_pair
from deskull.formats import split_name

EPOCHS = {"nfbs": 42, "article": 13, "article_verbatim": 33}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, nargs=3, default=list(EPOCHS.values()), metavar=tuple(EPOCHS))
    options = parser.parse_args()
    nfbs, out = options.out / "NFBS", options.out
    deskull("data", "synthesise-nfbs", nfbs, "--labelmaps", options.data / "labelmaps", "--cache", out / "anatomies")
    deskull("data", "index", nfbs, "-o", nfbs / "dataset.csv")
    real = real_table(options.data / "labelled", out / "real")
    models = {}
    for recipe, epochs in zip(EPOCHS, options.epochs, strict=True):
        run, models[recipe] = out / "runs" / recipe, out / f"{recipe}.onnx"
        shared = ("--data", nfbs / "dataset.csv", "--cache", out / "cache", "--epochs", epochs)
        deskull("train", recipe, *shared, "-o", run, "--resume")
        deskull("export", run, "-o", models[recipe], "--overwrite")
    models["default"] = Path("default")
    rows = []
    for name, model in models.items():
        for data_set, table in (("NFBS", nfbs / "dataset.csv"), ("real", real)):
            folder = out / "stripped" / name / data_set
            deskull("strip", table, "--split", "validation", "--model", model, "--mask-only", "-o", folder, "--resume")
            rows += score(name, data_set, table, folder)
    report(rows, out, options.epochs)


def deskull(*arguments: object) -> None:
    """Run a command of deskull."""
    command = [sys.executable, "-m", "deskull", *map(str, arguments)]
    print("$ deskull", *command[3:], file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=sys.stderr)


def real_table(labelled: Path, out: Path) -> Path:
    """Write the scans of ``labelled/`` as a data set, with the splits of its table."""
    cases, splits = [], {}
    with (labelled / "cases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            stem = labelled / row["case"]
            roi = stem.with_name(f"{stem.name}_roi.nii.gz")
            files = (stem.with_name(f"{stem.name}.nii.gz"), stem.with_name(f"{stem.name}_mask.nii.gz"))
            site = row["modality"]
            cases.append(Case(row["case"], row["subject"], *files, roi=roi if roi.exists() else None, site=site))
            splits[row["subject"]] = Membership(row["split"], -1)
    write_cases(cases, out / "dataset.csv")
    write_splits(splits, out / "splits.csv")
    return out / "dataset.csv"


def score(model: str, data_set: str, table: Path, folder: Path) -> list[dict]:
    """Score a model's masks against the references of the validation split of a table."""
    rows = []
    for case in cases_of(table, "validation"):
        predicted = folder / f"{split_name(case.raw)[0]}_brainmask.nii.gz"
        scores = evaluate_pair(Pair(case.name, predicted, case.mask, case.roi)).scores
        rows.append({"model": model, "set": data_set if data_set == "NFBS" else case.site, **scores.as_dict()})
    return rows


def report(rows: list[dict], out: Path, epochs: list[int]) -> None:
    """Print a table of medians, with the minutes of training."""
    grouped = defaultdict(list)
    for row in rows:
        grouped[row["model"], row["set"]].append(row)
    n_epochs = dict(zip(EPOCHS, epochs, strict=True))
    print("| model | training | NFBS IoU | NFBS Dice | T1w | T2w | FLAIR |\n|---|---|---|---|---|---|---|")
    for model in dict.fromkeys(row["model"] for row in rows):
        cells = [np.median([r["iou"] for r in grouped[model, "NFBS"]])]
        cells += [np.median([r["dice"] for r in grouped[model, name]]) for name in ("NFBS", "T1w", "T2w", "FLAIR")]
        effort = "as shipped"
        if model in n_epochs:
            speed = json.loads((out / "runs" / model / "speed.json").read_text())
            n_passes = sum(1 for _ in (out / "runs" / model / "metrics.csv").open()) - 1
            minutes = n_passes * 32 / speed["samples_per_step"] * speed["seconds_per_step"] / 60
            effort = f"{n_epochs[model]} epochs, {minutes:.0f} min"
        print(f"| {model} | {effort} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")


if __name__ == "__main__":
    main()
