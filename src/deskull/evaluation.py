"""Evaluation: pair predicted masks with references, score them, tabulate."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.errors import InputError
from deskull.grid import corners
from deskull.metrics import Scores, score
from deskull.volume import Array, Volume

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
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        raise InputError(f"{predicted} and {reference}: no two masks share a case name; rename them alike.")
    for case in sorted(ours.keys() ^ theirs.keys()):
        warnings.warn(f"{case}: has no {'reference' if case in ours else 'prediction'}; left out.", stacklevel=2)
    return [Pair(case, ours[case], theirs[case], _roi_of(case, roi)) for case in common]


def _roi_of(case: str, roi: Path | None) -> Path | None:
    """The region of a case: the file given, or the case's in the folder given.

    Raises
    ------
    InputError
        If the folder has none for it.
    """
    if roi is None or not roi.is_dir():
        return roi
    found = [path for path in _images_in(roi) if case_name(path) == case]
    regions = [path for path in found if _is_roi(path)] or found
    if len(regions) != 1:
        raise InputError(f"{roi}: has {len(regions)} regions for {case}; it needs one, {case}_roi.nii.gz.")
    return regions[0]


def _images_in(folder: Path) -> list[Path]:
    """Image files of a folder, by name."""
    return [path for path in sorted(folder.iterdir()) if path.is_file() and formats.split_name(path)[1]]


def _masks_in(folder: Path) -> dict[str, Path]:
    """Mask files of a folder by case; those that end like masks if any do.

    Raises
    ------
    InputError
        If two of them belong to one case.
    """
    images = [path for path in _images_in(folder) if not _is_roi(path)]
    marked = [path for path in images if _ENDINGS.search(formats.split_name(path)[0])]
    masks: dict[str, Path] = {}
    for path in marked or images:
        other = masks.setdefault(case_name(path), path)
        if other != path:
            raise InputError(f"{path}: is of the same case as {other.name}; keep one mask a case in the folder.")
    return masks


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
    roi = None if region is None else _inside(region)
    return Row(pair.case, score(_inside(predicted), _inside(reference), reference.spacing, roi))


def _inside(mask: Volume) -> Array:
    """Voxels of a mask (of a series: of its mean) whose real value is over a half."""
    inside: Array = mask.mean_frame().finite(0).values() > 0.5
    return inside


def _check_grids(first: Volume, second: Volume) -> None:
    """Refuse masks whose voxels do not coincide."""
    if first.shape != second.shape:
        raise InputError(f"{first.name}: has shape {first.shape}, {second.name} {second.shape}; resample one.")
    moved = np.abs(corners(first.shape, first.affine) - corners(second.shape, second.affine)).max()
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
