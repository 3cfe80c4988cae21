"""The ledger of accuracy: rows kept as CSV with the commit, compared with the last run, plotted."""

from __future__ import annotations

import csv
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np

FAILED_DICE = 0.9
SCORES = ("dice", "sensitivity", "specificity", "hd95", "surface_distance", "far_false_positives")
MEASURES = (*SCORES, "seconds", "peak_mb")
COLUMNS = ("run", "commit", "tool", "case", "set", "modality", "border", *MEASURES)
SHOWN = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "hd95": "HD95 mm",
    "surface_distance": "surface mm",
    "far_false_positives": "false positives > 5 mm",
    "seconds": "s",
    "peak_mb": "MB",
}
Row = dict[str, str | float]


def commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    return found.stdout.strip() or "unknown"


def read(path: Path) -> list[Row]:
    """Rows of earlier runs."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: float(value) if key in MEASURES else value for key, value in row.items()} for row in rows]


def write(rows: list[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def last_run(rows: list[Row], tool: str) -> list[Row]:
    """The rows of the last run of a tool."""
    own = [row for row in rows if row["tool"] == tool]
    return [row for row in own if row["run"] == own[-1]["run"]]


def groups(rows: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Rows by set, modality and kind of border."""
    found = defaultdict(list)
    for row in rows:
        found[str(row["set"]), str(row["modality"]), str(row["border"])].append(row)
    return dict(sorted(found.items()))


def report(rows: list[Row], before: list[Row]) -> None:
    """Print a Markdown table, with the change of the median Dice since the last run."""
    earlier = {(kind[:2], kind[2].split()[0]): found for kind, found in groups(before).items()}
    heads = ["set, modality, border", "n", "Dice median", "mean", "worst", "fails", *SHOWN.values(), "change"]
    print(f"\n**{rows[0]['tool']}** ({rows[0]['commit']})\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for kind, found in groups(rows).items():
        old = earlier.get((kind[:2], kind[2].split()[0]))
        change = f"{median(found, 'dice') - median(old, 'dice'):+.4f}" if old else "new"
        dice = [float(row["dice"]) for row in found]
        cells = [", ".join(kind), len(found), *(f"{x:.4f}" for x in (np.median(dice), np.mean(dice), min(dice)))]
        cells += [sum(d < FAILED_DICE for d in dice), *(f"{median(found, key):.4g}" for key in SHOWN), change]
        print(f"| {' | '.join(map(str, cells))} |")


def median(rows: list[Row], measure: str) -> float:
    return float(np.median([float(row[measure]) for row in rows]))


def plot(rows: list[Row], target: Path) -> None:
    """Dice of every case, a box for each tool, set and border."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    boxes = {
        f"{tool}\n{', '.join(kind)}": [float(row["dice"]) for row in found]
        for tool in dict.fromkeys(str(row["tool"]) for row in rows)
        for kind, found in groups([row for row in rows if row["tool"] == tool]).items()
    }
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(boxes) + 1), layout="constrained")
    axes.boxplot(list(boxes.values()), orientation="horizontal", tick_labels=list(boxes))
    axes.axvline(FAILED_DICE, color="0.7", linestyle=":")
    axes.set_xlabel("Dice")
    figure.savefig(target, dpi=120)
