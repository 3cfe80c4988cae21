"""Cells: what the critic is shown, a window around the mask in cells of two voxels along each axis.

The eight voxels of a cell become channels ("space to depth", Shi et al., CVPR 2016), so that the critic sees all voxels
and computes on an eighth of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deskull.quality.evidence import BoolArray, Evidence
from deskull.volume import FloatArray

Box = tuple[slice, slice, slice]

#: Number of voxels along the edge of a cell, and of cells of which the sides of a window are multiples.
CELL, MULTIPLE = 2, 4
#: What the critic sees around the mask, in mm.
MARGIN_MM = 16.0
#: Distances are clipped to plus or minus this, in mm, and brightness to the range from 0 to the second number.
FAR_MM, BRIGHTEST = 10.0, 1.25
#: Number of channels: image and depth (eight voxels each), intracranial depth, field of view, and three coordinates.
N_CHANNELS = 2 * CELL**3 + 5


@dataclass(frozen=True, eq=False)
class Window:
    """The part of a scan that the critic is shown, on the grid of the network's answer.

    Attributes
    ----------
    image : ndarray of float32, shape (x, y, z)
        About 0 to 1; 0 beyond the grid.
    depth : ndarray of float32, shape (x, y, z)
        Signed distance to the mask's edge in mm, negative inside, as far as `FAR_MM`.
    wide : ndarray of float32, shape (x, y, z)
        The same to the intracranial surface.
    seen : ndarray of bool, shape (x, y, z)
        Where the scan has voxels.
    """

    image: FloatArray
    depth: FloatArray
    wide: FloatArray
    seen: BoolArray

    def channels(self) -> FloatArray:
        """Return the input of the critic.

        Returns
        -------
        ndarray of float32, shape (1, `N_CHANNELS`, x / 2, y / 2, z / 2)
            All values lie between -1 and 1.
        """
        parts = [
            in_cells(self.image / BRIGHTEST),
            in_cells(self.depth / FAR_MM),
            in_cells(self.wide / FAR_MM).mean(axis=0, keepdims=True),
            in_cells(self.seen.astype(np.float32)).mean(axis=0, keepdims=True),
            _coordinates(tuple(size // CELL for size in self.image.shape)),
        ]
        return np.concatenate(parts, dtype=np.float32)[None]


def window_of(evidence: Evidence) -> Window | None:
    """Cut a window around a mask.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    Window or None
        None if the mask is empty.
    """
    box = window_box(evidence)
    if box is None:
        return None
    wide = evidence.depth if evidence.intracranial is None else evidence.intracranial
    return Window(
        cut(evidence.image, box, 0.0).clip(0, BRIGHTEST),
        cut(evidence.depth, box, FAR_MM).clip(-FAR_MM, FAR_MM),
        cut(wide, box, FAR_MM).clip(-FAR_MM, FAR_MM),
        cut(evidence.field_of_view, box, False),
    )


def window_box(evidence: Evidence) -> Box | None:
    """Return the window around a mask in voxels of the grid, beyond which it may reach; None if the mask is empty."""
    if evidence.bounds is None:
        return None
    sides = [_side(side, spacing) for side, spacing in zip(evidence.bounds, evidence.spacing, strict=True)]
    return sides[0], sides[1], sides[2]


def _side(bounds: slice, spacing: float) -> slice:
    """Return one side of the window, its length a multiple of `MULTIPLE` cells."""
    margin, multiple = int(np.ceil(MARGIN_MM / spacing)), CELL * MULTIPLE
    wanted = bounds.stop - bounds.start + 2 * margin
    length = -(-wanted // multiple) * multiple
    start = bounds.start - margin - (length - wanted) // 2
    return slice(start, start + length)


def cut(values: np.ndarray, box: Box, fill: float) -> np.ndarray:
    """Cut a box that may reach beyond an array.

    Parameters
    ----------
    values : ndarray, shape (x, y, z)
    box : tuple of three slices
        Starts may be negative: these are voxels before the first one.
    fill : float
        Value beyond the array.
    """
    result = np.full([side.stop - side.start for side in box], fill, values.dtype)
    held = [
        slice(max(0, side.start), max(0, min(size, side.stop))) for side, size in zip(box, values.shape, strict=True)
    ]
    to = tuple(slice(part.start - side.start, part.stop - side.start) for part, side in zip(held, box, strict=True))
    if all(part.stop > part.start for part in held):
        result[to] = values[tuple(held)]
    return result


def in_cells(values: FloatArray) -> FloatArray:
    """Return the eight voxels of each cell as channels: shape (8, x / 2, y / 2, z / 2) of (x, y, z)."""
    x, y, z = (size // CELL for size in values.shape)
    parts = values.reshape(x, CELL, y, CELL, z, CELL).transpose(1, 3, 5, 0, 2, 4)
    return parts.reshape(CELL**3, x, y, z)


def _coordinates(shape: tuple[int, ...]) -> FloatArray:
    """Return the place of each cell along the three axes, from -1 to 1."""
    sides = [np.linspace(-1, 1, size, dtype=np.float32) for size in shape]
    return np.stack(np.meshgrid(*sides, indexing="ij"))
