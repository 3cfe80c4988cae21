"""Review: the masks of a batch or of BIDS derivatives, listed worst first, rated, and opened in the viewer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.batch.outputs import quality_path, scan_of_result
from deskull.errors import InputError, sentence
from deskull.masking import Mask, binarise, distance_to
from deskull.options import OutputKind
from deskull.quality.verdict import Quality
from deskull.report.batch.entries import Entry, find_entries
from deskull.report.batch.quality import has_quality_file, quality_of
from deskull.report.batch.rows import NO_MASK, WORST_FIRST
from deskull.system.atomic import Transaction
from deskull.volume import Volume, grid_mismatch
from deskull.web.edits import edited_path, edited_record_path
from deskull.web.job_files import JobFiles
from deskull.web.ratings import TABLE, Rating, Ratings, parse_rating
from deskull.web.refusals import RefusedError
from deskull.web.stripping import shape_fields, viewer_scan

#: Columns of the list.
COLUMNS = ("name", "verdict", "predicted_dice", "reason", "volume_ml", "rating", "comment")


@dataclass(frozen=True)
class Row:
    """A mask of the batch.

    Attributes
    ----------
    entry : Entry
    quality : Quality
    """

    entry: Entry
    quality: Quality

    @property
    def id(self) -> str:
        """What a page calls it: the same whenever the batch is read."""
        return hashlib.sha256(self.entry.name.encode()).hexdigest()[:16]

    @property
    def verdict(self) -> str:
        """Of the quality, or that there is no mask."""
        return str(self.quality.verdict) if self.entry.mask else NO_MASK

    @property
    def reason(self) -> str:
        """Why the verdict is not ``pass``, or why there is no mask."""
        return next(iter(self.quality.reasons), "") or self.entry.cells.get("error") or ""

    def as_dict(self, rating: Rating) -> dict[str, Any]:
        """Return what a page is told."""
        return {
            "id": self.id,
            "name": self.entry.name,
            "verdict": self.verdict,
            "predicted_dice": self.quality.predicted_dice,
            "reason": self.reason,
            "volume_ml": _number(self.entry.cells.get("volume_ml")),
            "rating": rating.rating,
            "comment": rating.comment,
            "has_scan": self.entry.scan is not None and self.entry.mask is not None,
        }


class Review:
    """A batch that is reviewed.

    Parameters
    ----------
    folder : Path
        Of results of ``deskull strip``, or derivatives of ``deskull bids``.

    Raises
    ------
    UsageError, InputError
        If it is neither.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._ratings = Ratings(self._folder / TABLE)
        rows = [Row(entry, quality_of(entry.mask, entry.cells)) for entry in find_entries(self._folder)]
        self._rows = {row.id: row for row in sorted(rows, key=_badness)}
        self._ratings.read()

    def as_dict(self) -> dict[str, Any]:
        """Return the list that a page is told, with the ratings as they are on the disk."""
        ratings = self._ratings.read()
        rows = [row.as_dict(ratings.get(row.entry.name, Rating())) for row in self._rows.values()]
        return {"columns": list(COLUMNS), "rows": rows}

    def row(self, row_id: str) -> Row:
        """Return a row.

        Raises
        ------
        RefusedError
            If there is none of that id.
        """
        row = self._rows.get(row_id)
        if row is None:
            raise RefusedError(404, "There is no such row in the review; reload the page.")
        return row

    def rate(self, row_id: str, fields: dict[str, Any], reviewer: str) -> None:
        """Save what a reviewer says of a mask; see `deskull.web.ratings`."""
        row = self.row(row_id)
        rating = parse_rating(fields, self._ratings.read().get(row.entry.name, Rating()))
        dice = row.quality.predicted_dice
        known = {"verdict": row.verdict, "predicted_dice": "" if dice is None else f"{dice:g}"}
        self._ratings.save(row.entry.name, rating, known, reviewer)


def _badness(row: Row) -> tuple[int, float, str]:
    """Sort key: the worst first."""
    dice = row.quality.predicted_dice
    return WORST_FIRST.index(row.verdict), 2.0 if dice is None else dice, row.entry.name


def _number(text: str | None) -> float | None:
    """Return a number of a cell; None if it is none."""
    try:
        return float(text or "")
    except ValueError:
        return None


def open_row(row: Row, folder: Path) -> dict[str, Any]:
    """Write what the viewer needs of a mask of a batch.

    Parameters
    ----------
    row : Row
    folder : Path
        Of the job.

    Returns
    -------
    dict
        See `deskull.web.job.Job.outcome`. Where no distance lies beside the mask, that to the mask itself is written,
        whose border is 0, so that a viewer can show the mask in the same way.

    Raises
    ------
    RefusedError
        If the scan or the mask cannot be read, or they do not fit.
    """
    entry = row.entry
    if entry.mask is None or entry.scan is None:
        missing = "mask" if entry.mask is None else "scan"
        raise RefusedError(404, f"{entry.name}: its {missing} was not found; strip the scan again, or put it back.")
    try:
        mask, scan = formats.read(entry.mask), formats.read(entry.scan, keep_in_file=True)
    except InputError as error:
        raise RefusedError(422, sentence(error)) from None
    fault = grid_mismatch(mask, scan)
    if mask.ndim == 4 or fault:
        raise RefusedError(422, fault or f"{entry.name}: has a mask for each frame, which the viewer does not show.")
    mask = mask.with_data(np.asfortranarray(binarise(mask)).view(np.uint8))
    surface = entry.cells.get("surface") or "brain"
    distance = _distance_beside(entry.mask, surface, mask)
    return _write(row, folder, scan, mask, surface, distance)


def _write(row: Row, folder: Path, scan: Volume, mask: Volume, surface: str, distance: Volume | None) -> dict[str, Any]:
    """Write the files of a job and return its outcome."""
    entry, files, suffix = row.entry, JobFiles(folder), formats.split_name(row.entry.mask or Path())[1]
    assert entry.mask is not None
    folder.mkdir(parents=True, exist_ok=True)
    shown = distance or mask.with_data(_distance_of(mask))
    volumes = {files.scan: viewer_scan(scan, entry.scan), files.mask(suffix): mask, files.distance(surface): shown}
    if edited_path(entry.mask).exists():
        volumes[files.edited] = formats.read(edited_path(entry.mask))
    copies = {}
    if has_quality_file(entry.mask, entry.cells):
        copies[quality_path(entry.mask)] = files.quality
    if edited_record_path(entry.mask).is_file():
        copies[edited_record_path(entry.mask)] = files.edit_record
    with Transaction((*volumes, *copies.values()), overwrite=True) as transaction:
        for path, volume in volumes.items():
            with transaction.writing(path) as partial:
                formats.write_as(volume, path, partial)
        for source, target in copies.items():
            with transaction.writing(target) as partial:
                partial.write_bytes(source.read_bytes())
    border = _number(entry.cells.get("border_mm")) if distance is not None else 0.0
    quality = row.quality
    return {
        **shape_fields(mask),
        "volume_ml": round(float(mask.data.sum()) * mask.voxel_ml, 2),
        "border_mm": border or 0.0,
        "has_distance": distance is not None and border is not None,
        "surface": surface,
        "suffix": suffix,
        "quality": {
            "verdict": str(quality.verdict), "predicted_dice": quality.predicted_dice,
            "lower_bound": quality.lower_bound, "margin_mm": quality.margin_mm, "reasons": list(quality.reasons),
            "findings": list(quality.findings),
        },
        "has_edit": files.edited.exists(),
    }  # fmt: skip


def _distance_beside(mask: Path, surface: str, grid: Volume) -> Volume | None:
    """Return the distance that lies beside a mask; None if there is none on its grid."""
    stem, suffix = scan_of_result(mask), formats.split_name(mask)[1]
    ending = OutputKind.distance if surface == "brain" else "icv_distance"
    path = mask.with_name(f"{stem}_{ending}{suffix}")
    if not stem or not path.is_file():
        return None
    distance = formats.read(path)
    return None if distance.ndim == 4 or grid_mismatch(distance, grid) else distance


def _distance_of(mask: Volume) -> np.ndarray[Any, Any]:
    """Return the distance in mm to the surface of a mask, negative inside; the surface runs between voxels."""
    inside: Mask = mask.data.view(bool)
    half = float(mask.voxel_sizes.min()) / 2
    spacing = mask.voxel_sizes
    distance = np.where(inside, half - distance_to(~inside, spacing), distance_to(inside, spacing) - half)
    return np.asfortranarray(distance, np.float32)
