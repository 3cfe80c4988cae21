"""Mosaic: slices in three planes with the contour of the mask and, if asked for, the stripped brain."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from deskull.axes import occupied_indices
from deskull.errors import InputError
from deskull.masking import Mask
from deskull.report.drawing import (
    PLANES,
    Convention,
    bounding_box,
    mask_on_grid,
    on_display_grid,
    scale_grey,
    side_by_side,
)
from deskull.report.tile import View, draw_tile
from deskull.volume import Volume, grid_mismatch

#: Pixels for each mm, and the width in pixels at which rows of slices are wrapped.
SCALE, WIDTH = 2.0, 1600
#: Margin around the mask in mm: the whole head is to be seen, and not all of the air around it.
_MARGIN_MM = 32
_TITLE_HEIGHT, _GAP, _FONT_SIZE = 28, 6, 16
_BACKGROUND, _TITLE_COLOUR = (0, 0, 0), (235, 235, 235)
_CAPTIONS = {
    "radiological": "radiological: the left of the picture is the patient's right",
    "neurological": "neurological: the left of the picture is the patient's left",
}


def make_view(scan: Volume, mask: Volume, other: Volume | None = None) -> View:
    """Resample a scan and its mask to the display grid.

    Parameters
    ----------
    scan, mask : Volume
        On the same grid. Of a series, the mean of the frames is shown.
    other : Volume, optional
        A second mask, on the grid of the scan, too.

    Returns
    -------
    View

    Raises
    ------
    InputError
        If the grids differ.
    """
    for volume in (mask, *([other] if other else [])):
        fault = grid_mismatch(volume, scan)
        if fault:
            raise InputError(fault)
    image = on_display_grid(scan, [mask], _MARGIN_MM)
    shown_mask = mask_on_grid(mask, image)
    box = bounding_box(shown_mask, _MARGIN_MM)
    origin = image.affine[:3, 3] + [side.start for side in box]
    shown_other = mask_on_grid(other, image)[box] if other else None
    return View(scale_grey(image.data[box], image.field_of_view[box]), shown_mask[box], origin, shown_other)


def draw_mosaic(
    scan: Volume,
    mask: Volume,
    *,
    slices: int = 6,
    convention: Convention = "radiological",
    title: str = "",
    stripped: bool = False,
    scale: float = SCALE,
    width: int = WIDTH,
) -> Image.Image:
    """Draw slices of a scan in three planes, with its mask.

    Every slice shows its orientation, its position in the world and a scale bar.

    Parameters
    ----------
    scan, mask : Volume
        On the same grid.
    slices : int
        Number of slices in each plane.
    convention : {"radiological", "neurological"}
        Which side of the patient the left of coronal and axial slices shows; it is stated on the picture.
    title : str
        Text above the slices; by default the name of the scan.
    stripped : bool
        Whether the stripped brain is drawn below each row.
    scale : float
        Pixels for each mm.
    width : int
        Rows are wrapped at this number of pixels, or at one slice if it is wider.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    InputError
        If the grids differ.
    """
    view = make_view(scan, mask)
    rows = [
        row
        for _, axis in PLANES
        for row in _rows_of_plane(view, axis, slices, convention, scale=scale, width=width, stripped=stripped)
    ]
    volume_ml = int((mask.data > 0).sum()) * mask.voxel_ml / mask.n_frames
    return _stack(rows, f"{title or scan.name}   {volume_ml:.0f} ml   {_CAPTIONS[convention]}")


def _rows_of_plane(
    view: View, axis: int, n_slices: int, convention: Convention, *, scale: float, width: int, stripped: bool
) -> list[Image.Image]:
    """Draw the slices of one plane in rows of at most a width; each is followed by the stripped brain if asked for."""
    indices = slice_indices(view.mask, axis, n_slices)
    n_rows = math.ceil(n_slices / _columns(view, axis, scale, width))
    columns = math.ceil(n_slices / n_rows)  # rows of about the same length
    rows = []
    for first in range(0, n_slices, columns):
        for is_stripped in (False, True)[: 1 + stripped]:
            tiles = [
                draw_tile(view, axis, index, scale=scale, convention=convention, stripped=is_stripped)
                for index in indices[first : first + columns]
            ]
            rows.append(side_by_side(tiles, _GAP))
    return rows


def _columns(view: View, axis: int, scale: float, width: int) -> int:
    """Return how many slices of a plane fit side by side: at least one."""
    across = view.image.shape[1] if axis == 0 else view.image.shape[0]
    return max(1, int((width + _GAP) // (round(across * scale) + _GAP)))


def _stack(rows: Sequence[Image.Image], caption: str) -> Image.Image:
    """Place rows below one another, under a caption."""
    height = _TITLE_HEIGHT + sum(row.height + _GAP for row in rows) - _GAP
    canvas = Image.new("RGB", (max(row.width for row in rows), height), _BACKGROUND)
    font = ImageFont.load_default(_FONT_SIZE)
    ImageDraw.Draw(canvas).text((_GAP, _GAP), caption, _TITLE_COLOUR, font)
    top = _TITLE_HEIGHT
    for row in rows:
        canvas.paste(row, (0, top))
        top += row.height + _GAP
    return canvas


def slice_indices(mask: Mask, axis: int, count: int) -> list[int]:
    """Choose slices at equal distances through the mask, or through the whole array if the mask is empty.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    axis : int
        Axis that the slices cut.
    count : int

    Returns
    -------
    list of int
        Indices along the axis.
    """
    occupied = occupied_indices(mask, axis)
    low, high = (occupied[0], occupied[-1]) if len(occupied) else (0, mask.shape[axis] - 1)
    return [round(low + (high - low) * (k + 0.5) / count) for k in range(count)]
