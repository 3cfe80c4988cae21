"""Fine-tune a shipped network on ten scans of a population that it was not made for, and measure gain and loss.

    python benchmarks/finetune.py DATA OUT [--recipe finetune_small] [--model small] [--epochs N] [--only-make]

DATA contains ``labelmaps/`` and ``labelled/``. The population is that of `low_field`: heads as a portable scanner of
64 mT shows them. Ten label maps are for training and, by the splits of ``deskull data index``, for validation; four
others, on which no network was trained, are for the test, as low-field scans (the gain) and as ordinary ones (the
loss), beside real ordinary scans. Everything is run through the command line, as in docs/how-to/fine-tune.md. An
interrupted run continues when the command is repeated.
"""

from __future__ import annotations

import argparse
import csv
import resource
import time
from pathlib import Path

import numpy as np
from low_field import Head, low_field_heads, ordinary_heads
from recipes import deskull, real_table

from deskull.data.cases import Case, write_cases
from deskull.data.splits import cases_of

TRAINING = [f"synthseg_{number:02d}" for number in range(1, 11)]
TEST = [f"scatterbrains_{number}" for number in (13, 14, 15, 16)]
#: First seeds of the images of each set.
_SEEDS = {"train": 5000, "low-field": 6000, "ordinary": 7000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--recipe", default="finetune_small")
    parser.add_argument("--model", default="small", help="the network before fine-tuning; that of the recipe")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--only-make", action="store_true", help="make the scans and stop")
    options = parser.parse_args()
    out, label_maps = options.out, options.data / "labelmaps"
    list(low_field_heads(label_maps, TRAINING, out / "train", out / "anatomies", _SEEDS["train"]))
    tests = test_tables(label_maps, options.data / "labelled", out)
    if options.only_make:
        return
    deskull("data", "index", out / "train", "-o", out / "train" / "dataset.csv")
    start, before = time.perf_counter(), children_seconds()
    epochs = ("--epochs", options.epochs) if options.epochs else ()
    deskull("train", options.recipe, "--data", out / "train" / "dataset.csv", "-o", out / "run", "--resume", *epochs)
    minutes = (time.perf_counter() - start) / 60, (children_seconds() - before) / 60
    print(f"training: {minutes[0]:.0f} minutes, {minutes[1]:.0f} minutes of processor time")
    deskull("export", out / "run", "-o", out / "tuned.onnx", "--overwrite")
    print("| set | scans | median Dice before | after | worst before | after |\n|---|---|---|---|---|---|")
    for name, table in tests.items():
        report(name, compare(table, out / "bench" / name, options.model, out / "tuned.onnx"))


def test_tables(label_maps: Path, labelled: Path, out: Path) -> dict[str, Path]:
    """Make the scans of the tests, and return the table of each set."""
    tables = {}
    for name, make in (("low-field", low_field_heads), ("ordinary", ordinary_heads)):
        heads = list(make(label_maps, TEST, out / name, out / "anatomies", _SEEDS[name]))
        tables[name] = write_table(heads, out / name / "dataset.csv")
    table = real_table(labelled, out / "real")
    real = out / "real" / "validation.csv"
    write_cases(cases_of(table, "validation"), real)
    return tables | {"real": real}


def write_table(heads: list[Head], table: Path) -> Path:
    """Write heads as the table of a data set."""
    write_cases([Case(head.subject, head.subject, head.scan, head.mask) for head in heads], table)
    return table


def compare(table: Path, out: Path, *models: str | Path) -> list[list[float]]:
    """Score networks on the scans of a table by `deskull benchmark`, and return the Dice of each."""
    chosen = [word for model in models for word in ("--model", model)]
    deskull("benchmark", table, "-o", out, *chosen, "--resume")
    with (out / "benchmark.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    return [[float(row["dice"]) for row in rows if row["tool"] == tool] for tool in tools]


def report(name: str, dice: list[list[float]]) -> None:
    """Print a row of the table."""
    before, after = dice
    medians, worst = (" | ".join(f"{kind(values):.3f}" for values in dice) for kind in (np.median, min))
    print(f"| {name} | {len(before)} | {medians} | {worst} |")
    assert len(before) == len(after)


def children_seconds() -> float:
    """Processor time of the commands so far, in s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
