"""Score deskull and any other tool on real scans with masks.

    python benchmarks/accuracy.py DATA/labelled [--model NAME ...] [--tool 'NAME=COMMAND {scan} {mask}' ...]
        [--results FILE.csv] [--plot FILE.png] [--figures FILE.json]

The folder holds ``cases.csv`` (case, subject, modality, split), scans, ``X_mask`` and perhaps ``X_roi``. Cases of the
split `validation` are scored. References differ in what they call brain: where a data set also has training cases and
the tool writes signed distances, the border that fits those best is scored too (rows with the border ``chosen``).
Results are appended to the CSV with the commit and compared with the last run of the same tool.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from ledger import MEASURES, Row, commit, last_run, plot, read, report, write
from tools import Run, Tool, deskull

from deskull import formats
from deskull.evaluation.metrics import score

BORDERS = np.arange(-3, 3.01, 0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", help="a deskull model, by name or file")
    parser.add_argument("--tool", action="append", default=[], type=Tool.parse, help="NAME=COMMAND")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "accuracy.csv")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--figures", type=Path, help="write what a model's card says, as JSON")
    options = parser.parse_args()
    models = options.model or ([] if options.tool else ["default"])
    before = read(options.results)
    rows: list[Row] = []
    for tool in [*map(deskull, models), *options.tool]:
        found = measure(tool, options.folder)
        report(found, last_run(before, tool.name))
        rows += found
    write(before + rows, options.results)
    if options.plot:
        plot(rows, options.plot)
    if options.figures:
        options.figures.write_text(json.dumps(figures(rows), indent=2) + "\n")


def measure(tool: Tool, folder: Path) -> list[Row]:
    """Rows of all validation cases of a folder."""
    with (folder / "cases.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {"run": when, "commit": commit(), "tool": tool.name}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        runs = {case["case"]: tool.run(scan_of(folder, case["case"]), Path(scratch) / case["case"]) for case in cases}
        borders = {name: best_border(folder, members, runs) for name, members in training(cases).items()}
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
    """The data set of a case: its subject without the number."""
    return re.sub(r"[-_]?p?\d+$", "", case["subject"])


def training(cases: list[dict[str, str]]) -> dict[str, list[str]]:
    """Names of the training cases of each set."""
    found = defaultdict(list)
    for case in cases:
        if case["split"] == "train":
            found[set_of(case)].append(case["case"])
    return found


def best_border(folder: Path, names: list[str], runs: dict[str, Run]) -> float | None:
    """Border in mm with the best mean Dice over training cases; None without distances."""
    if any(runs[name].distance is None for name in names):
        return None
    dice = np.zeros(len(BORDERS))
    for name in names:
        field = formats.read(runs[name].distance).data
        reference, roi = reference_of(folder, name)
        counts = np.ones(reference.data.shape, bool) if roi is None else roi
        truth = (reference.data > 0) & counts
        for index, border in enumerate(BORDERS):
            mask = (field < border) & counts
            dice[index] += 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) / len(names)
    print(f"border chosen on {', '.join(names)}: {BORDERS[dice.argmax()]:+.2f} mm (mean Dice {dice.max():.4f})")
    return float(BORDERS[dice.argmax()])


def reference_of(folder: Path, name: str):
    """Reference mask of a case and where it counts."""
    roi = folder / f"{name}_roi.nii.gz"
    return formats.read(folder / f"{name}_mask.nii.gz"), formats.read(roi).data > 0 if roi.exists() else None


def scores(folder: Path, name: str, run: Run, border: float | None) -> Row:
    """Measures of one mask; a tool that wrote none scores 0."""
    cost: Row = {"seconds": round(run.seconds, 2), "peak_mb": round(run.peak_mb)}
    reference, roi = reference_of(folder, name)
    if run.status or run.mask is None:
        return {"border": "default", **dict.fromkeys(MEASURES, float("nan")), "dice": 0.0, **cost}
    mask = formats.read(run.mask).data if border is None else formats.read(run.distance).data < border
    found = score(mask, reference.data, reference.voxel_sizes, roi).as_dict()
    shown = "default" if border is None else f"chosen {border:+.2f}"
    return {"border": shown, **{key: round(found[key], 5) for key in MEASURES if key in found}, **cost}


def figures(rows: list[Row]) -> dict:
    """What the model's card says: each case at the border chosen for its set, or at the default."""
    chosen = {str(row["case"]): row for row in rows}  # the chosen border comes after the default one
    dice = [float(row["dice"]) for row in chosen.values()]
    names = ("border", "dice", "sensitivity", "far_false_positives", "hd95")
    cases = {name: {key: row[key] for key in names} for name, row in chosen.items()}
    return {
        "real_validation": {
            "median_dice": round(float(np.median(dice)), 4),
            "worst_dice": round(min(dice), 4),
            "cases": cases,
        }
    }


main()
