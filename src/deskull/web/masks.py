"""Masks: of a finished job, at any border and of either surface, in the format of its scan."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.errors import DeskullError
from deskull.masking import moved_mask
from deskull.options import ReadOptions
from deskull.provenance import SAME_BORDER_MM
from deskull.volume import Volume
from deskull.web.job_files import JobFiles
from deskull.web.refusals import RefusedError


@dataclass(frozen=True)
class Finished:
    """What is needed of a finished job to make masks of it.

    Attributes
    ----------
    folder : Path
    stem : str
        What its results are named after.
    source : Path, optional
        The scan; None if it was converted when it was stripped.
    series : str, optional
    surface : str
    border_mm : float
    suffix : str
        Of its results.
    has_distance : bool
    outcome : dict
        See `deskull.web.job.Job`.
    """

    folder: Path
    stem: str
    source: Path | None
    series: str | None
    surface: str
    border_mm: float
    suffix: str
    has_distance: bool
    outcome: dict[str, Any]

    @property
    def files(self) -> JobFiles:
        """Names in its folder."""
        return JobFiles(self.folder)


@dataclass(frozen=True)
class Border:
    """Where a mask ends.

    Attributes
    ----------
    surface : str
    mm : float
    """

    surface: str
    mm: float


def border_of(finished: Finished, surface: str | None, border_mm: str | None) -> Border:
    """Return the border that a request names; that of the job where it names none.

    Raises
    ------
    RefusedError
        If it is no border, or the job has no such distance.
    """
    surface = surface or finished.surface
    if surface not in ("brain", "intracranial"):
        raise RefusedError(422, f"surface={surface!r}: is unknown; choose brain or intracranial.")
    try:
        mm = finished.border_mm if border_mm in (None, "") else float(str(border_mm))
    except ValueError:
        mm = math.nan
    if not abs(mm) < 100:
        raise RefusedError(422, f"border_mm={border_mm!r}: is no distance in mm; give a number such as 0.5.")
    return Border(surface, mm)


def make_mask(finished: Finished, border: Border) -> Volume:
    """Return a mask in the format of the scan.

    Parameters
    ----------
    finished : Finished
    border : Border
        At that of the job, the mask is the one of the command line, voxel by voxel. At another one it is the largest
        component of the voxels whose distance is smaller.

    Raises
    ------
    RefusedError
        If the job has no such distance.
    """
    mask = formats.read(finished.files.mask(finished.suffix))
    if border.surface == finished.surface and abs(border.mm - finished.border_mm) < SAME_BORDER_MM:
        return mask
    return mask.with_data(moved_mask(read_distance(finished, border.surface).values(), border.mm))


def read_distance(finished: Finished, surface: str) -> Volume:
    """Return the distance to a surface.

    Raises
    ------
    RefusedError
        If the job has none.
    """
    path = finished.files.distance(surface)
    if not finished.has_distance or not path.exists():
        raise RefusedError(404, f"{finished.stem}: has no distance to the {surface} surface; strip the scan for one.")
    return formats.read(path)


def read_scan(finished: Finished) -> Volume:
    """Return the scan as it was read.

    Raises
    ------
    RefusedError
        If its file has gone or changed.
    """
    files = finished.files
    if files.converted.exists():
        return formats.read(files.converted)
    if finished.source is None:
        raise RefusedError(404, f"{finished.stem}: its scan was not found; put it back and try again.")
    try:
        return formats.read(finished.source, ReadOptions(series=finished.series), keep_in_file=True)
    except DeskullError as error:
        raise RefusedError(404, str(error).replace(str(finished.source), finished.stem)) from None


def edited_mask(finished: Finished) -> Volume:
    """Return the edited mask in the format of the scan.

    Raises
    ------
    RefusedError
        If the mask was not edited.
    """
    if not finished.files.edited.exists():
        raise RefusedError(404, f"{finished.stem}: its mask was not edited; edit and save it first.")
    edited = formats.read(finished.files.edited)
    mask = formats.read(finished.files.mask(finished.suffix))
    return replace(mask.with_data(edited.data.astype(np.uint8)))
