"""Evaluation: pair predicted masks with references, score them, tabulate."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.errors import InputError
from deskull.metrics import Scores, score
from deskull.volume import Volume

#: Endings that mask files carry after the name of their case.
_ENDINGS = re.compile(r"_(desc-brain_mask|brain_mask|brainmask|mask|seg|roi)$", re.IGNORECASE)
#: Scores of the table, with how they are printed.
COLUMNS = {
    "dice": ".4f",
    "iou": ".4f",
    "sensitivity": ".4f",
    "specificity": ".4f",
    "hd95": ".2f",
    "surface_distance": ".2f",
    "volume_difference_ml": "+.1f",
    "leak": ".4f",
}


@dataclass(frozen=True)
class Pair:
    """Files to compare: a prediction, its reference and, where there is one, the region that counts."""

    case: str
    predicted: Path
    reference: Path
    roi: Path | None = None


@dataclass(frozen=True)
class Row:
    """The scores of one case."""

    case: str
    scores: Scores


def case_name(path: Path) -> str:
    """Name of the case a mask file belongs to: its stem without `_brainmask`, `_mask` and the like.

    >>> case_name(Path("ref/sub-01_T1w_brainmask.nii.gz"))
    'sub-01_T1w'
    """
    return _ENDINGS.sub("", formats.split_name(path)[0])


def find_pairs(predicted: Path, reference: Path, roi: Path | None = None) -> list[Pair]:
    """Pair two files, or the files of two folders by the names of their cases.

    Raises
    ------
    InputError
        If a path is missing, only one is a folder, or nothing pairs.
    """
    for path in filter(None, (predicted, reference, roi)):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path.")
    if predicted.is_dir() != reference.is_dir():
        raise InputError(f"{predicted} and {reference}: one is a folder and one a file; give two of a kind.")
    if not predicted.is_dir():
        return [Pair(case_name(predicted), predicted, reference, roi)]
    ours, theirs = _masks_in(predicted), _masks_in(reference)
    regions = _masks_in(roi, "roi") if roi and roi.is_dir() else {}
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        raise InputError(f"{predicted} and {reference}: no two masks share a case name; rename them alike.")
    return [Pair(case, ours[case], theirs[case], regions.get(case)) for case in common]


def _masks_in(folder: Path, ending: str = "") -> dict[str, Path]:
    """Mask files of a folder by case; those that end like masks if any do."""
    images = [path for path in sorted(folder.iterdir()) if path.is_file() and formats.split_name(path)[1]]
    images = [path for path in images if _is_roi(path) == (ending == "roi")]
    marked = [path for path in images if _ENDINGS.search(formats.split_name(path)[0])]
    return {case_name(path): path for path in (marked or images)}


def _is_roi(path: Path) -> bool:
    return formats.split_name(path)[0].lower().endswith("_roi")


def evaluate_pair(pair: Pair) -> Row:
    """Score one pair of mask files.

    Raises
    ------
    InputError
        If a file cannot be read or the grids differ.
    """
    predicted, reference = formats.read(pair.predicted), formats.read(pair.reference)
    _check_grids(predicted, reference)
    region = formats.read(pair.roi) if pair.roi else None
    if region is not None:
        _check_grids(region, reference)
    scores = score(
        predicted.mean_frame().data,
        reference.mean_frame().data,
        reference.spacing,
        None if region is None else region.data,
    )
    return Row(pair.case, scores)


def _check_grids(first: Volume, second: Volume) -> None:
    """Refuse masks whose voxels do not coincide."""
    if first.shape != second.shape:
        raise InputError(f"{first.name}: has shape {first.shape}, {second.name} {second.shape}; resample one.")
    corner = np.array([*first.shape, 1.0])
    moved = np.abs((first.affine - second.affine) @ corner).max()
    if moved > 0.5 * float(second.spacing.min()):
        raise InputError(f"{first.name}: lies {moved:.1f} mm from {second.name} in the world; resample one.")


def summarise(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Median, mean and worst of each score over cases (NaN left out)."""
    summary: dict[str, dict[str, float]] = {}
    lower_is_worse = {"dice", "iou", "sensitivity", "specificity"}
    for name in COLUMNS:
        found = [getattr(row.scores, name) for row in rows]
        values = np.array([value for value in found if not math.isnan(value)])
        if not len(values):
            continue
        worst = values.min() if name in lower_is_worse else values[np.abs(values).argmax()]
        summary[name] = {"median": float(np.median(values)), "mean": float(values.mean()), "worst": float(worst)}
    return summary


def to_csv(rows: Sequence[Row]) -> str:
    """All scores of all cases as CSV."""
    buffer = io.StringIO()
    names = list(rows[0].scores.as_dict())
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["case", *names])
    for row in rows:
        writer.writerow([row.case, *(f"{value:.6g}" for value in row.scores.as_dict().values())])
    return buffer.getvalue()


def to_json(rows: Sequence[Row]) -> str:
    """All scores and their summary as JSON; NaN becomes null."""
    cases = {row.case: {k: None if math.isnan(v) else v for k, v in row.scores.as_dict().items()} for row in rows}
    return json.dumps({"cases": cases, "summary": summarise(rows)}, indent=2) + "\n"
