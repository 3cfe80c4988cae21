"""NRRD, through pynrrd. Standard: https://teem.sourceforge.net/nrrd/format.html."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import nrrd
import numpy as np

from deskull.errors import InputError
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.options import ReadOptions
from deskull.volume import Affine, Volume

OUTPUT_SUFFIX = ".nrrd"
SCALES = False
_DEFAULT = ReadOptions()
HEADER = dict
# Fields that describe the file rather than the image.
_FILE_FIELDS = ("data file", "datafile", "byte skip", "byteskip", "line skip", "lineskip")
# Fields with one entry an axis.
_AXIS_FIELDS = {"space directions", "kinds", "thicknesses", "centers", "centerings", "labels", "units"}
_AXIS_FIELDS |= {"spacings", "axis mins", "axis maxs", "axismins", "axismaxs"}
_TO_RAS = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
}


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a NRRD file; an axis without a direction (frames) goes last."""
    data, header = nrrd.read(str(path), index_order="F")
    frames = _frame_axis(header, data.ndim, path)
    if frames is not None:
        data = np.moveaxis(data, frames, -1)
    shape, trailing = split_shape(data.shape, path)
    check_dtype(data, path)
    affine = _affine(header, path)
    check_affine(affine, path)
    return Volume(data.reshape(shape), affine, header=header, name=str(path), trailing=trailing)


def _frame_axis(header: dict[str, Any], ndim: int, path: Path) -> int | None:
    """Index of the axis that is not spatial, None if all are."""
    if ndim == 3:
        return None
    directions = header.get("space directions")
    if directions is None:
        return ndim - 1
    loose = [axis for axis, row in enumerate(directions) if row is None or np.isnan(row).any()]
    if len(loose) > 1:
        raise InputError(f"{path}: has {ndim} dimensions; split it into 3-D or 4-D images.")
    return loose[0] if loose else None


def _affine(header: dict[str, Any], path: Path) -> Affine:
    """Voxel to world RAS, from the space fields or, without them, the spacings."""
    affine = np.eye(4)
    directions = header.get("space directions")
    if directions is None:
        warnings.warn(f"{path}: no orientation in the header; its axes are taken as stored.", stacklevel=2)
        spacings = np.asarray(header.get("spacings", (1.0, 1.0, 1.0)), float)[:3]
        affine[:3, :3] = np.diag(np.where(np.isfinite(spacings), spacings, 1.0))
        return affine
    rows = [row for row in directions if row is not None and not np.isnan(row).any()]
    affine[:3, :3] = np.array(rows, np.float64).T
    affine[:3, 3] = header.get("space origin", np.zeros(3))
    space = str(header.get("space", "right-anterior-superior")).lower()
    if space not in _TO_RAS:
        raise InputError(f"{path}: its space '{space}' is not anatomical; save it in LPS or RAS.")
    return np.diag([*_TO_RAS[space], 1.0]) @ affine


def write(volume: Volume, path: Path) -> None:
    """Write a NRRD file with the header the volume came with, or a new one in RAS."""
    header = dict(volume.header) if volume.header is not None else _new_header(volume)
    data = volume.data.reshape(volume.data.shape + volume.trailing)
    frames = _frame_axis(header, int(header["dimension"]), path)
    if frames is not None and data.ndim == int(header["dimension"]):
        data = np.moveaxis(data, -1, frames)
    elif frames is not None:
        _drop_axis(header, frames)
    for name in _FILE_FIELDS:
        header.pop(name, None)
    header |= {"encoding": "gzip", "sizes": np.array(data.shape)}
    header.pop("type", None)
    buffer = io.BytesIO()
    nrrd.write(buffer, data, header, index_order="F", compression_level=3)
    head, blank, voxels = buffer.getvalue().partition(b"\n\n")
    # pynrrd notes the time of writing; the same volume must give the same bytes.
    lines = [line for line in head.split(b"\n") if not line.startswith(b"# on ")]
    path.write_bytes(b"\n".join(lines) + blank + voxels)


def _new_header(volume: Volume) -> dict[str, Any]:
    """A header for a volume that came with none."""
    loose = [None] * (volume.data.ndim - 3)
    directions: list[Any] = [*volume.affine[:3, :3].T.tolist(), *loose]
    return {
        "dimension": volume.data.ndim,
        "space": "right-anterior-superior",
        "space directions": directions,
        "space origin": volume.affine[:3, 3],
        "kinds": ["domain"] * 3 + ["list"] * len(loose),
    }


def _drop_axis(header: dict[str, Any], axis: int) -> None:
    """Remove one axis from every per-axis field."""
    size = int(header["dimension"])
    for name in _AXIS_FIELDS & header.keys():
        if len(header[name]) == size:
            header[name] = [entry for index, entry in enumerate(header[name]) if index != axis]
    header["dimension"] = size - 1
