"""Score deskull and other tools on real scans with reference masks.

    python benchmarks/accuracy.py DATA/labelled [--model NAME ...] [--tool 'NAME=COMMAND {scan} {mask}' ...]
        [--results FILE.csv] [--plot FILE.png] [--figures FILE.json]

The folder contains ``cases.csv`` (case, subject, modality, split), the scans, ``X_mask`` and perhaps ``X_roi``. Cases
of the split `validation` are scored. References differ in what they call brain. Where a data set also has training
cases, and the tool writes signed distances, the masks are therefore also scored at the border that fits the training
cases best (rows with the border ``chosen``). Results are appended to the CSV file with the commit, and compared with
the previous run of the same tool.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from ledger import MEASURES, Row, commit, plot, previous_run, read, report, write
from tools import Run, Tool, deskull

from deskull import Volume, formats
from deskull.evaluation.metrics import Mask, score
from deskull.models import load_model
from deskull.options import Surface

#: Borders in mm among which the one that fits best is chosen.
BORDERS = np.arange(-3, 3.01, 0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", help="a deskull model, by name or file")
    parser.add_argument("--tool", action="append", default=[], type=Tool.parse, help="NAME=COMMAND")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "accuracy.csv")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--figures", type=Path, help="write the figures for a model's card as JSON")
    options = parser.parse_args()
    models = options.model or ([] if options.tool else ["default"])
    earlier = read(options.results)
    rows: list[Row] = []
    for tool in [*map(deskull, models), *options.tool]:
        tool_rows = measure(tool, options.folder)
        report(tool_rows, previous_run(earlier, tool.name))
        rows += tool_rows
    write(earlier + rows, options.results)
    if options.plot:
        plot(rows, options.plot)
    if options.figures and models:
        border = load_model(models[0]).default_border(Surface.brain)
        options.figures.write_text(json.dumps(figures(rows, border), indent=2) + "\n")


def measure(tool: Tool, folder: Path) -> list[Row]:
    """Run a tool on all cases of a folder, and return the rows of the validation cases."""
    with (folder / "cases.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {"run": when, "commit": commit(), "tool": tool.name}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        runs = {case["case"]: tool.run(scan_of(folder, case["case"]), Path(scratch) / case["case"]) for case in cases}
        borders = {name: best_border(folder, members, runs) for name, members in training_cases(cases).items()}
        for case in (case for case in cases if case["split"] == "validation"):
            own = facts | {"case": case["case"], "set": set_of(case), "modality": case["modality"]}
            rows.append(own | scores(folder, case["case"], runs[case["case"]], None))
            border = borders.get(set_of(case))
            if border is not None:
                rows.append(own | scores(folder, case["case"], runs[case["case"]], border))
    return rows


def scan_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.nii.gz"


def set_of(case: dict[str, str]) -> str:
    """Return the data set of a case: the name of its subject without the number."""
    return re.sub(r"[-_]?p?\d+$", "", case["subject"])


def training_cases(cases: list[dict[str, str]]) -> dict[str, list[str]]:
    """Return the names of the training cases of each data set."""
    names = defaultdict(list)
    for case in cases:
        if case["split"] == "train":
            names[set_of(case)].append(case["case"])
    return names


def best_border(folder: Path, names: list[str], runs: dict[str, Run]) -> float | None:
    """Return the border in mm with the highest mean Dice over training cases; None without signed distances."""
    if any(runs[name].distance is None for name in names):
        return None
    dice = np.zeros(len(BORDERS))
    for name in names:
        distance = formats.read(runs[name].distance).data
        reference, roi = reference_of(folder, name)
        valid = np.ones(reference.data.shape, bool) if roi is None else roi
        true_mask = (reference.data > 0) & valid
        for index, border in enumerate(BORDERS):
            mask = (distance < border) & valid
            dice[index] += 2 * (mask & true_mask).sum() / (mask.sum() + true_mask.sum()) / len(names)
    print(f"border chosen on {', '.join(names)}: {BORDERS[dice.argmax()]:+.2f} mm (mean Dice {dice.max():.4f})")
    return float(BORDERS[dice.argmax()])


def reference_of(folder: Path, name: str) -> tuple[Volume, Mask | None]:
    """Return the reference mask of a case, and the region of interest if there is one."""
    roi = folder / f"{name}_roi.nii.gz"
    return formats.read(folder / f"{name}_mask.nii.gz"), formats.read(roi).data > 0 if roi.exists() else None


def scores(folder: Path, name: str, run: Run, border: float | None) -> Row:
    """Return the measures of one mask; the Dice of a tool that wrote no mask is 0."""
    cost: Row = {"seconds": round(run.seconds, 2), "peak_mb": round(run.peak_mb)}
    if run.status or run.mask is None:
        return {"border": "default", **dict.fromkeys(MEASURES, math.nan), "dice": 0.0, **cost}
    reference, roi = reference_of(folder, name)
    mask = formats.read(run.mask).data if border is None else formats.read(run.distance).data < border
    values = score(mask, reference.data, reference.voxel_sizes, roi).as_dict()
    label = "default" if border is None else f"chosen {border:+.2f}"
    return {"border": label, **{key: round(values[key], 5) for key in MEASURES if key in values}, **cost}


def figures(rows: list[Row], border: float) -> dict:
    """Return the figures for a model's card: those of each case at the default border."""
    by_case = {str(row["case"]): row for row in rows if row["border"] == "default"}
    dice = [float(row["dice"]) for row in by_case.values()]
    names = ("dice", "sensitivity", "far_false_positives", "hd95")
    cases = {case: {name: row[name] for name in names} for case, row in by_case.items()}
    return {
        "real_validation": {
            "border_mm": border,
            "median_dice": round(float(np.median(dice)), 4),
            "worst_dice": round(min(dice), 4),
            "cases": cases,
        }
    }


if __name__ == "__main__":
    main()
