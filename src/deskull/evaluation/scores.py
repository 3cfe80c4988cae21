"""Evaluation: pair predicted masks with references, score them, tabulate."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.data.cases import Case
from deskull.errors import InputError
from deskull.evaluation.metrics import Scores, score
from deskull.masking import binarise
from deskull.volume import Volume, grid_mismatch

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
#: Scores of which more is better; of the others, less (of the volume difference, less either way).
HIGHER_IS_BETTER = frozenset({"dice", "iou", "sensitivity", "specificity"})


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
        lacks = f"reference in {reference}" if case in ours else f"prediction in {predicted}"
        warnings.warn(f"{case}: has no {lacks}; left out.", stacklevel=2)
    return [Pair(case, ours[case], theirs[case], _roi_of(case, roi)) for case in common]


def pair_cases(predicted: Path, cases: Sequence[Case]) -> list[Pair]:
    """Pair the masks of a folder with the cases of a data set, by the names of their scans.

    Raises
    ------
    InputError
        If the folder is missing, or has no mask of any case.
    """
    if not predicted.is_dir():
        raise InputError(f"{predicted}: no such folder; give the folder that 'deskull strip -o' wrote.")
    masks = _masks_in(predicted)
    pairs = []
    for case in cases:
        name = formats.split_name(case.raw)[0]
        if name in masks:
            pairs.append(Pair(name, masks[name], case.mask, case.roi))
        else:
            warnings.warn(f"{case.name}: has no prediction in {predicted}; left out.", stacklevel=2)
    if not pairs:
        raise InputError(f"{predicted}: has no mask of any case of the table; strip its scans first.")
    return pairs


def pair_models(models: Mapping[str, Path], reference: Path, roi: Path | None = None) -> dict[str, list[Pair]]:
    """Pair the masks of several models with the same references; see `find_pairs`.

    Parameters
    ----------
    models : mapping of str to Path
        Masks (a file or a folder) by the name of their model.

    Raises
    ------
    InputError
        As `find_pairs`.
    """
    found = {name: find_pairs(predicted, reference, roi) for name, predicted in models.items()}
    if reference.is_dir():
        return found
    case = next(iter(found.values()))[0].case  # one reference is one case, whatever the models call it
    return {name: [replace(pair, case=case) for pair in pairs] for name, pairs in found.items()}


def find_scans(scans: Path, cases: Collection[str]) -> dict[str, Path]:
    """Find the raw scan of each case: the file of a folder that bears the case's name.

    Parameters
    ----------
    scans : Path
        A folder, or the scan of the only case.
    cases : collection of str

    Returns
    -------
    dict of str to Path
        Cases without a scan are left out with a warning.

    Raises
    ------
    InputError
        If the path is missing, no scan is any case's, or two are one's.
    """
    if not scans.exists():
        raise InputError(f"{scans}: no such file or folder; check the path.")
    if not scans.is_dir():
        if len(cases) != 1:
            raise InputError(f"{scans}: is one file for {len(cases)} cases; give a folder of scans.")
        return dict.fromkeys(cases, scans)
    found: dict[str, Path] = {}
    for path in _images_in(scans):
        case = formats.split_name(path)[0]
        if case in cases and found.setdefault(case, path) != path:
            raise InputError(f"{path}: is of the same case as {found[case].name}; keep one scan a case in the folder.")
    missing = sorted(set(cases) - found.keys())
    if not found:
        raise InputError(f"{scans}: has no scan of any case; name the scan of {missing[0]} {missing[0]}.nii.gz.")
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        warnings.warn(f"{scans}: has no scan of {', '.join(missing[:3])}{more}; contours only.", stacklevel=2)
    return found


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
    """Image files of a folder, by name; hidden ones (macOS keeps such beside the true ones) are none."""
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    return [path for path in files if formats.split_name(path)[1]]


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
    check_grids(predicted, reference)
    region = formats.read(pair.roi) if pair.roi else None
    if region is not None:
        check_grids(region, reference)
    roi = None if region is None else binarise(region)
    return Row(pair.case, score(binarise(predicted), binarise(reference), reference.voxel_sizes, roi))


def check_grids(first: Volume, second: Volume) -> None:
    """Refuse images whose voxels do not coincide.

    Raises
    ------
    InputError
        If their shapes differ, or their corners by more than half a voxel.
    """
    fault = grid_mismatch(first, second)
    if fault:
        raise InputError(fault)


def summarise(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Median, mean and worst of each score over cases (NaN left out)."""
    summary: dict[str, dict[str, float]] = {}
    for name in COLUMNS:
        found = [getattr(row.scores, name) for row in rows]
        values = np.array([value for value in found if not math.isnan(value)])
        if not len(values):
            continue
        worst = values.min() if name in HIGHER_IS_BETTER else values[np.abs(values).argmax()]
        summary[name] = {"median": float(np.median(values)), "mean": float(values.mean()), "worst": float(worst)}
    return summary


def to_csv(rows: Sequence[Row]) -> str:
    """All scores of all cases as CSV."""
    return _csv([], [([], row) for row in rows])


def models_to_csv(models: Mapping[str, Sequence[Row]]) -> str:
    """All scores of all cases of several models as CSV, the model's name first."""
    return _csv(["model"], [([name], row) for name, rows in models.items() for row in rows])


def _csv(extra: list[str], lines: Sequence[tuple[list[str], Row]]) -> str:
    """Rows as CSV, with `extra` columns before them."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*extra, "case", *(field.name for field in fields(Scores))])
    for before, row in lines:
        writer.writerow([*before, row.case, *(f"{value:.6g}" for value in row.scores.as_dict().values())])
    return buffer.getvalue()


def to_json(rows: Sequence[Row]) -> str:
    """All scores and their summary as JSON; NaN becomes null."""
    return json.dumps(_as_dict(rows), indent=2) + "\n"


def models_to_json(models: Mapping[str, Sequence[Row]], comparison: Mapping[str, Any]) -> str:
    """All scores of several models, their summaries and how the models compare, as JSON; NaN becomes null."""
    found = {name: _as_dict(rows) for name, rows in models.items()}
    return json.dumps({"models": found, "comparison": comparison}, indent=2, allow_nan=False) + "\n"


def _as_dict(rows: Sequence[Row]) -> dict[str, Any]:
    """Scores by case, and their summary."""
    cases = {row.case: {k: None if math.isnan(v) else v for k, v in row.scores.as_dict().items()} for row in rows}
    return {"cases": cases, "summary": summarise(rows)}
