"""Mosaic: slices in three planes, with the mask's contour on the raw scan and the stripped brain beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskull.axes import occupied_indices
from deskull.errors import InputError
from deskull.masking import Mask, edge_voxels
from deskull.report.drawing import (
    CONTOUR,
    PLANES,
    RGB,
    Convention,
    bounding_box,
    mask_on_grid,
    on_display_grid,
    scale_grey,
    to_rgb,
    upright_slice,
)
from deskull.volume import FloatArray, Volume, grid_mismatch

#: Margin around the mask in mm: the whole head is to be seen, and not all of the air around it.
_MARGIN_MM = 32
_TITLE_HEIGHT, _GAP, _FONT_SIZE = 24, 8, 13
_BACKGROUND, _TITLE_COLOUR, _LABEL_COLOUR = (16, 16, 16), (230, 230, 230), (255, 220, 120)
_CAPTIONS = {
    "radiological": "radiological: the left of the picture is the patient's right",
    "neurological": "neurological: the left of the picture is the patient's left",
}


@dataclass(frozen=True, eq=False)
class View:
    """A scan and its mask on the display grid, cropped to the head.

    Attributes
    ----------
    image : ndarray of float32, shape (x, y, z)
        Grey values between 0 and 1.
    mask : ndarray of bool, shape (x, y, z)
    """

    image: FloatArray
    mask: Mask


def make_view(scan: Volume, mask: Volume) -> View:
    """Resample a scan and its mask to the display grid.

    Parameters
    ----------
    scan, mask : Volume
        On the same grid. Of a series, the mean of the frames is shown.

    Returns
    -------
    View

    Raises
    ------
    InputError
        If the grids differ.
    """
    fault = grid_mismatch(mask, scan)
    if fault:
        raise InputError(fault)
    image = on_display_grid(scan)
    shown_mask = mask_on_grid(mask, image)
    box = bounding_box(shown_mask, _MARGIN_MM)
    return View(scale_grey(image.data[box], image.field_of_view[box]), shown_mask[box])


def draw_mosaic(
    scan: Volume, mask: Volume, *, slices: int = 5, convention: Convention = "radiological", title: str = ""
) -> Image.Image:
    """Draw slices of a scan in three planes, with its mask.

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

    Returns
    -------
    PIL.Image.Image
        One pixel for each mm. Each of three rows shows a plane: raw slices on the left, stripped ones on the right.

    Raises
    ------
    InputError
        If the grids differ.
    """
    view = make_view(scan, mask)
    rows = [_draw_plane(view, axis, slices, convention) for _, axis in PLANES]
    left_width, right_width = (max(row[side].shape[1] for row in rows) for side in (0, 1))
    height = _TITLE_HEIGHT + sum(raw.shape[0] + _GAP for raw, _ in rows)
    canvas = Image.new("RGB", (left_width + _GAP + right_width, height), _BACKGROUND)
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(_FONT_SIZE)
    volume_ml = int(view.mask.sum()) / 1000
    pen.text((6, 4), f"{title or scan.name}   {volume_ml:.0f} ml   {_CAPTIONS[convention]}", _TITLE_COLOUR, font)
    top = _TITLE_HEIGHT
    for (name, axis), (raw, stripped) in zip(PLANES, rows, strict=True):
        canvas.paste(Image.fromarray(raw), (0, top))
        canvas.paste(Image.fromarray(stripped), (left_width + _GAP, top))
        pen.text((4, top + 2), f"{name}  {_sides(axis, convention)}", _LABEL_COLOUR, font)
        top += raw.shape[0] + _GAP
    return canvas


def _draw_plane(view: View, axis: int, n_slices: int, convention: Convention) -> tuple[RGB, RGB]:
    """Draw a row of raw slices with contours, and the same slices stripped."""
    raw, stripped = [], []
    for index in _slice_indices(view.mask, axis, n_slices):
        pixels = to_rgb(upright_slice(view.image, index, axis, convention))
        mask = upright_slice(view.mask, index, axis, convention)
        stripped.append(np.where(mask[..., None], pixels, 0))
        pixels[edge_voxels(mask)] = CONTOUR
        raw.append(pixels)
    return np.hstack(raw), np.hstack(stripped)


def _slice_indices(mask: Mask, axis: int, count: int) -> list[int]:
    """Choose slices at equal distances through the mask, or through the whole array if the mask is empty."""
    occupied = occupied_indices(mask, axis)
    low, high = (occupied[0], occupied[-1]) if len(occupied) else (0, mask.shape[axis] - 1)
    return [round(low + (high - low) * (k + 0.5) / count) for k in range(count)]


def _sides(axis: int, convention: Convention) -> str:
    """Say which sides of the patient the left and right edges of a plane show."""
    if axis == 0:
        return "(front on the right)"
    return "R | L" if convention == "radiological" else "L | R"
