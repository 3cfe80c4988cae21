"""Score the command line on real scans with masks.

    python benchmarks/accuracy.py DATA [--figures FILE.json]

DATA is a folder with ``labelled/``. The border of the multiple sclerosis scans is chosen on patient 01 (inside
its region), because their reference draws the brain wider than deskull does; all others use the default.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.metrics import score

BORDERS = np.arange(-3, 3.01, 0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    folder = options.data / "labelled"
    with (folder / "cases.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    with tempfile.TemporaryDirectory() as scratch:
        border = choose_border(folder, [c["case"] for c in cases if c["split"] == "train"], Path(scratch) / "train")
        rows = []
        for case in (c for c in cases if c["split"] == "validation"):
            shift = border if case["case"].startswith("msl") else 0.0
            rows.append(evaluate(folder, case, shift, Path(scratch) / "validation"))
    report(rows, border)
    if options.figures:
        options.figures.write_text(json.dumps(figures(rows, border), indent=2) + "\n")


def strip(scans: list[Path], out: Path, *options: str) -> None:
    """Run the shipped command line."""
    command = [sys.executable, "-m", "deskull", "strip", *map(str, scans), "-o", str(out), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def choose_border(folder: Path, names: list[str], out: Path) -> float:
    """Border in mm with the best mean Dice over the training scans."""
    strip([folder / f"{name}.nii.gz" for name in names], out, "--distance", "--mask-only")
    dice = np.zeros(len(BORDERS))
    for name in names:
        distance = formats.read(out / f"{name}_distance.nii.gz").data
        roi = formats.read(folder / f"{name}_roi.nii.gz").data > 0
        reference = (formats.read(folder / f"{name}_mask.nii.gz").data > 0) & roi
        for index, border in enumerate(BORDERS):
            mask = (distance < border) & roi
            dice[index] += 2 * (mask & reference).sum() / (mask.sum() + reference.sum()) / len(names)
    best = float(BORDERS[dice.argmax()])
    print(f"border chosen on {', '.join(names)}: {best:+.2f} mm (mean Dice {dice.max():.4f})")
    return best


def evaluate(folder: Path, case: dict[str, str], border: float, out: Path) -> dict[str, float | str]:
    """Strip one case at a border and score its mask."""
    name = case["case"]
    strip([folder / f"{name}.nii.gz"], out, "--mask-only", "--border", str(border))
    mask, reference = formats.read(out / f"{name}_brainmask.nii.gz"), formats.read(folder / f"{name}_mask.nii.gz")
    return {
        "case": name,
        "set": name.rsplit("_", 2)[0] if name.startswith("msl") else name.rsplit("_", 1)[0],
        "modality": case["modality"],
        **score(mask.data, reference.data, reference.spacing).as_dict(),
    }


def report(rows: list[dict], border: float) -> None:
    """Print a Markdown table of cases and of modalities."""
    print("\n| case | Dice | sensitivity | leak > 5 mm | HD95 mm |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['case']} | {line([row])} |")
    print("\n| set, modality | Dice | sensitivity | leak > 5 mm | HD95 mm |\n|---|---|---|---|---|")
    for key in sorted({(r["set"], r["modality"]) for r in rows}):
        print(f"| {', '.join(key)} | {line([r for r in rows if (r['set'], r['modality']) == key])} |")
    dice = [row["dice"] for row in rows]
    print(f"\nDice median {np.median(dice):.4f}, worst {min(dice):.4f}; msl border {border:+.2f} mm")


def line(rows: list[dict]) -> str:
    """Median Dice, sensitivity, leak and HD95 of some rows."""
    dice, sensitivity, leak, hd95 = (
        np.median([row[k] for row in rows]) for k in ("dice", "sensitivity", "leak", "hd95")
    )
    return f"{dice:.3f} | {sensitivity:.3f} | {100 * leak:.2f} % | {hd95:.1f}"


def figures(rows: list[dict], border: float) -> dict:
    """What the model's card says."""
    dice = [row["dice"] for row in rows]
    summary = {"median_dice": round(float(np.median(dice)), 4), "worst_dice": round(float(min(dice)), 4)}
    names = ("dice", "sensitivity", "leak", "hd95")
    return {
        "real_validation": summary
        | {"msl_border_mm": border}
        | {"cases": {row["case"]: {name: round(float(row[name]), 4) for name in names} for row in rows}}
    }


main()
