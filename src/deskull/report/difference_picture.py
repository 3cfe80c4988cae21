"""Difference picture: a scan with the contours of a given mask and of the network's, where they differ most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskull.masking import Mask
from deskull.quality.differences import FAR_MM, FarParts
from deskull.report.difference_slices import difference_slices
from deskull.report.difference_tile import DifferenceView, draw_difference_tile
from deskull.report.drawing import (
    CONTOUR,
    PLANES,
    REFERENCE_CONTOUR,
    bounding_box,
    mask_on_grid,
    on_display_grid,
    scale_grey,
    side_by_side,
)
from deskull.report.tile import Font
from deskull.volume import Volume

#: Number of slices in each plane, pixels for each mm, and the margin around the masks in mm.
_N_SLICES, _SCALE, _MARGIN_MM = 5, 2.0, 22
_GAP, _FONT_SIZE, _LINE_HEIGHT, _SWATCH = 8, 17, 26, (28, 14)
_BACKGROUND, _TEXT, _PALE = (0, 0, 0), (235, 235, 235), (165, 165, 165)


@dataclass(frozen=True, eq=False)
class Compared:
    """Two masks of a scan.

    Attributes
    ----------
    scan : Volume
        Of a series, the mean of the frames is shown.
    given, own : Volume
        The given mask and the network's, on the grid of the scan.
    parts : FarParts
        Where they differ by more than 5 mm.
    border_mm : float
        Border of the network's mask.
    """

    scan: Volume
    given: Volume
    own: Volume
    parts: FarParts
    border_mm: float


def draw_differences(compared: Compared, title: str, notes: Sequence[str] = ()) -> Image.Image:
    """Draw five slices in each plane: those in which the masks differ most, or at equal distances.

    The given mask's contour is red and the network's green; parts that differ by more than 5 mm are filled with the
    colour of the mask that has them. The left of the picture is the patient's right.

    Parameters
    ----------
    compared : Compared
    title : str
    notes : sequence of str
        Lines below the legend.

    Returns
    -------
    PIL.Image.Image
    """
    view = _view(compared)
    different, either = view.extra | view.missing, view.given | view.own
    rows = []
    for _, axis in PLANES:
        indices = difference_slices(either, different, axis, _N_SLICES)
        tiles = [draw_difference_tile(view, axis, i, scale=_SCALE, convention="radiological") for i in indices]
        rows.append(side_by_side(tiles, _GAP))
    return _stack(rows, title, compared.border_mm, notes)


def _view(compared: Compared) -> DifferenceView:
    """Bring scan and masks to the display grid, cropped to the masks and a margin."""
    grid = on_display_grid(compared.scan, [compared.given, compared.own], _MARGIN_MM)

    def shown(mask: Mask) -> Mask:
        """Resample a mask of the scan's grid; one that is empty stays so without work."""
        if not mask.any():
            return np.zeros(grid.data.shape, bool)
        return mask_on_grid(compared.given.with_data(mask.astype(np.uint8)), grid)

    given, own = mask_on_grid(compared.given, grid), mask_on_grid(compared.own, grid)
    box = bounding_box(given | own, _MARGIN_MM)
    extra, missing = shown(compared.parts.extra), shown(compared.parts.missing)
    return DifferenceView(
        scale_grey(grid.data[box], grid.field_of_view[box]),
        given[box],
        own[box],
        extra[box],
        missing[box],
        grid.affine[:3, 3] + [side.start for side in box],
    )


def _stack(rows: Sequence[Image.Image], title: str, border_mm: float, notes: Sequence[str]) -> Image.Image:
    """Place rows of slices below one another, under a title, a legend and notes."""
    font = ImageFont.load_default(_FONT_SIZE)
    legend = _legend(border_mm, font)
    width = max(legend.width, *(row.width for row in rows))
    lines = [line for note in notes for line in _wrapped(note, width - 2 * _GAP, font)]
    top = _LINE_HEIGHT * (2 + len(lines)) + 2 * _GAP
    canvas = Image.new("RGB", (width, top + sum(row.height + _GAP for row in rows)), _BACKGROUND)
    canvas.paste(legend, (0, _GAP + _LINE_HEIGHT))
    pen = ImageDraw.Draw(canvas)
    pen.text((_GAP, _GAP), title, _TEXT, font)
    for number, line in enumerate(lines, 2):
        pen.text((_GAP, _GAP + number * _LINE_HEIGHT), line, _PALE, font)
    for row in rows:
        canvas.paste(row, ((width - row.width) // 2, top))
        top += row.height + _GAP
    return canvas


def _wrapped(text: str, width: int, font: Font) -> list[str]:
    """Break a text into lines of at most a width in pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _legend(border_mm: float, font: Font) -> Image.Image:
    """Explain the colours in one line: contours as lines, parts as filled boxes."""
    entries = (
        (CONTOUR, False, "given mask"),
        (REFERENCE_CONTOUR, False, f"network's mask at a border of {border_mm:g} mm"),
        (CONTOUR, True, f"extra by more than {FAR_MM:g} mm"),
        (REFERENCE_CONTOUR, True, f"missing by more than {FAR_MM:g} mm"),
        (None, False, "left of the picture: patient's right"),
    )
    space = _SWATCH[0] + 5 * _GAP
    width = math.ceil(sum(font.getlength(text) + space for _, _, text in entries))
    legend = Image.new("RGB", (width, _LINE_HEIGHT), _BACKGROUND)
    pen, left = ImageDraw.Draw(legend), float(_GAP)
    for colour, is_filled, text in entries:
        if colour:
            _draw_swatch(pen, left, 4, colour, is_filled)
            left += _SWATCH[0] + _GAP
        pen.text((left, 0), text, _TEXT if colour else _PALE, font)
        left += font.getlength(text) + 4 * _GAP
    return legend


def _draw_swatch(
    pen: ImageDraw.ImageDraw, left: float, top: float, colour: tuple[int, int, int], is_filled: bool
) -> None:
    """Draw a line or a filled box as an example of a colour."""
    width, height = _SWATCH
    if is_filled:
        pen.rectangle((left, top, left + width, top + height), colour)
    else:
        pen.line((left, top + height / 2, left + width, top + height / 2), colour, 3)
