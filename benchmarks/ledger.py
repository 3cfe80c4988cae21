"""Ledger of accuracy: rows are kept as CSV with the commit, compared with the previous run, and plotted."""

from __future__ import annotations

import csv
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np

#: Masks with a lower Dice count as failures.
FAILED_DICE = 0.9
SCORES = ("dice", "sensitivity", "specificity", "hd95", "surface_distance", "far_false_positives")
MEASURES = (*SCORES, "seconds", "peak_mb")
COLUMNS = ("run", "commit", "tool", "case", "set", "modality", "border", *MEASURES)
#: Measures whose medians are reported, with their headings.
REPORTED = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "hd95": "HD95 mm",
    "surface_distance": "surface distance mm",
    "far_false_positives": "false positives beyond 5 mm",
    "seconds": "s",
    "peak_mb": "MB",
}
Row = dict[str, str | float]


def commit() -> str:
    """Return the current commit, marked as dirty if files were changed."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    return done.stdout.strip() or "unknown"


def read(path: Path) -> list[Row]:
    """Read the rows of earlier runs."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: float(value) if key in MEASURES else value for key, value in row.items()} for row in rows]


def write(rows: list[Row], path: Path) -> None:
    """Write the rows of all runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def previous_run(rows: list[Row], tool: str) -> list[Row]:
    """Return the rows of the latest run of a tool."""
    own = [row for row in rows if row["tool"] == tool]
    return [row for row in own if row["run"] == own[-1]["run"]]


def groups(rows: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Group rows by data set, modality and border."""
    grouped = defaultdict(list)
    for row in rows:
        grouped[str(row["set"]), str(row["modality"]), str(row["border"])].append(row)
    return dict(sorted(grouped.items()))


def report(rows: list[Row], earlier: list[Row]) -> None:
    """Print a Markdown table, with the change of the median Dice since the previous run."""
    previous = {_without_value(key): group for key, group in groups(earlier).items()}
    headings = ["set, modality, border", "n", "Dice median", "mean", "worst", "failed", *REPORTED.values(), "change"]
    print(f"\n**{rows[0]['tool']}** ({rows[0]['commit']})\n\n| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for key, group in groups(rows).items():
        old = previous.get(_without_value(key))
        change = f"{median(group, 'dice') - median(old, 'dice'):+.4f}" if old else "new"
        dice = [float(row["dice"]) for row in group]
        cells = [", ".join(key), len(group), *(f"{x:.4f}" for x in (np.median(dice), np.mean(dice), min(dice)))]
        cells += [sum(d < FAILED_DICE for d in dice), *(f"{median(group, name):.4g}" for name in REPORTED), change]
        print(f"| {' | '.join(map(str, cells))} |")


def _without_value(key: tuple[str, str, str]) -> tuple[str, str, str]:
    """Return the key of a group without the value of a chosen border, which may change between runs."""
    return key[0], key[1], key[2].split()[0]


def median(rows: list[Row], measure: str) -> float:
    return float(np.median([float(row[measure]) for row in rows]))


def plot(rows: list[Row], target: Path) -> None:
    """Draw a box plot of the Dice of each tool, data set and border."""
    from matplotlib.figure import Figure

    boxes = {
        f"{tool}\n{', '.join(key)}": [float(row["dice"]) for row in group]
        for tool in dict.fromkeys(str(row["tool"]) for row in rows)
        for key, group in groups([row for row in rows if row["tool"] == tool]).items()
    }
    figure = Figure(figsize=(8, 0.5 * len(boxes) + 1), layout="constrained")
    axes = figure.add_subplot()
    axes.boxplot(list(boxes.values()), orientation="horizontal", tick_labels=list(boxes))
    axes.axvline(FAILED_DICE, color="0.7", linestyle=":")
    axes.set_xlabel("Dice")
    figure.savefig(target, dpi=120)
