"""Slices that are stacked at an angle, as with a tilted gantry: the volume is given the slices' own geometry.

dcm2niix writes the slices as they are with an upright affine, which is wrong for them, and a second image that is
resampled onto an upright grid. Voxels of the first with the sheared affine of the slices are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deskull.formats.dicom.geometry import SAME_POSITION_MM, Frame, heights
from deskull.volume import Affine, Volume

#: Angle between the direction of stacking and the slices' normal, in degrees, from which a stack is tilted.
MIN_TILT_DEGREES = 0.5


def tilt_degrees(frames: Sequence[Frame]) -> float:
    """Angle between the direction in which parallel slices are stacked and their normal, in degrees."""
    step = _step(_ordered(frames))
    length = float(np.linalg.norm(step))
    if length == 0:
        return 0.0
    return float(np.degrees(np.arccos(np.clip(abs(step @ frames[0].normal) / length, -1, 1))))


def with_own_geometry(volume: Volume, frames: Sequence[Frame]) -> Volume | None:
    """Give a volume of the slices as they are the affine of the slices.

    Parameters
    ----------
    volume : Volume
        Of dcm2niix: axes along columns, rows and slices in either direction, but with an upright affine.
    frames : sequence of Frame
        All of its slices.

    Returns
    -------
    Volume or None
        With a sheared affine, which its header holds as sform; None if the volume has another shape than the slices.
    """
    ordered = _ordered(frames)
    rows, columns = ordered[0].shape
    if volume.shape != (columns, rows, len(ordered)):
        return None
    down, across, step = ordered[0].affine[:3, 0], ordered[0].affine[:3, 1], _step(ordered)
    signs = [np.sign(volume.affine[:3, axis] @ vector) for axis, vector in enumerate((across, down, step))]
    corner = [0.0 if sign > 0 else size - 1.0 for sign, size in zip(signs, volume.shape, strict=True)]
    affine = np.eye(4)
    affine[:3, :3] = np.stack([signs[0] * across, signs[1] * down, signs[2] * step], axis=1)
    affine[:3, 3] = ordered[0].origin + corner[0] * across + corner[1] * down + corner[2] * step
    return replace(volume, affine=affine, header=_with_affine(volume, affine))


def _ordered(frames: Sequence[Frame]) -> list[Frame]:
    """One frame of each position, in the order of the positions along the normal."""
    positions = heights(frames)
    order = np.argsort(positions, kind="stable")
    kept = [order[0]]
    for index in order[1:]:
        if positions[index] - positions[kept[-1]] > SAME_POSITION_MM:
            kept.append(index)
    return [frames[index] for index in kept]


def _step(ordered: Sequence[Frame]) -> Affine:
    """Mean vector from one slice to the next in mm, shape (3,)."""
    step: Affine = (ordered[-1].origin - ordered[0].origin) / max(len(ordered) - 1, 1)
    return step


def _with_affine(volume: Volume, affine: Affine) -> object:
    """The header of a volume with another affine, in its sform alone: a qform cannot hold shear."""
    header = volume.header.copy()
    header.set_sform(affine, code=1)
    header["qform_code"] = 0
    header["pixdim"][1:4] = np.linalg.norm(affine[:3, :3], axis=0)
    return header
