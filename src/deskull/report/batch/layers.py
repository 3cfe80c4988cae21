"""Layers: slices of a scan and the contour of its mask as two pictures of the same size, to be laid over each other."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from deskull.masking import Mask
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR, upright_slice
from deskull.report.tile import View, enlarged
from deskull.volume import FloatArray

#: The contour is drawn in pixels this many times smaller, which are then averaged.
_FINER = 3
#: Number of levels of its opacity: they fit into 4 bits.
_N_LEVELS = 16
#: Qualities of the scan's picture (0 to 100) that are tried in turn until it is small enough.
_QUALITIES = (70, 60, 50, 40, 30, 20, 10)


@dataclass(frozen=True)
class Layers:
    """Two pictures of the same slices.

    Attributes
    ----------
    scan : bytes
        WebP: the slices.
    contour : bytes
        PNG: the contour of the mask on a transparent background, and that of the other mask, if there is one.
    """

    scan: bytes
    contour: bytes


def draw_layers(
    view: View,
    panels: Sequence[Sequence[tuple[int, int]]],
    size: tuple[int, int],
    *,
    line_width: float,
    largest: int | None = None,
) -> Layers:
    """Draw slices in rows of panels of the same size, in radiological convention.

    Parameters
    ----------
    view : View
    panels : sequence of sequence of (int, int)
        Axis and index of each slice, row by row.
    size : tuple of int
        Width and height of a panel in pixels; slices keep their proportions, and all have the same scale.
    line_width : float
        Of the contour, in pixels.
    largest : int, optional
        Size of both pictures together in bytes; the quality of the scan is lowered until it holds.

    Returns
    -------
    Layers
    """
    scale = _common_scale(view, {axis for row in panels for axis, _ in row}, size)
    grey = _assemble([[_panel(view.image, axis, index, scale, size) for axis, index in row] for row in panels])
    width = round(line_width * _FINER)
    opacities = [
        _assemble([[_contour_panel(mask, axis, index, scale, size, width) for axis, index in row] for row in panels])
        for mask in (view.mask, *([] if view.other is None else [view.other]))
    ]
    contour = _contour_png(*opacities)
    return Layers(_scan_webp(grey, None if largest is None else largest - len(contour)), contour)


def _common_scale(view: View, axes: set[int], size: tuple[int, int]) -> float:
    """Pixels for each mm at which the slices along all axes fit into a panel."""
    width, height = size
    shapes = [upright_slice(view.mask, 0, axis).shape for axis in axes]
    return min(float(min(width / columns, height / rows)) for rows, columns in shapes)


def _panel(volume: FloatArray, axis: int, index: int, scale: float, size: tuple[int, int]) -> FloatArray:
    """One slice in the middle of a black panel, shape (height, width)."""
    values = upright_slice(volume, index, axis)
    rows, columns = values.shape
    width, height = min(size[0], max(1, round(columns * scale))), min(size[1], max(1, round(rows * scale)))
    panel = np.zeros((size[1], size[0]), np.float32)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    panel[top : top + height, left : left + width] = enlarged(values, (width, height))
    return panel


def _contour_panel(
    mask: Mask, axis: int, index: int, scale: float, size: tuple[int, int], line_width: int
) -> FloatArray:
    """Opacity of the contour in a panel, between 0 and 1, shape (height, width); its line is some finer pixels wide."""
    width, height = size
    finer = _panel(mask.astype(np.float32), axis, index, scale * _FINER, (width * _FINER, height * _FINER))
    inside = ndimage.gaussian_filter(finer, _FINER / 2) > 0.5
    outline = inside & (ndimage.minimum_filter(inside, 2 * line_width + 1, mode="constant") == 0)
    averaged: FloatArray = outline.reshape(height, _FINER, width, _FINER).mean(axis=(1, 3), dtype=np.float32)
    return averaged


def _assemble(rows: Sequence[Sequence[FloatArray]]) -> FloatArray:
    """Panels of a picture side by side and below one another."""
    return np.vstack([np.hstack(row) for row in rows])


def _contour_png(opacity: FloatArray, other: FloatArray | None = None) -> bytes:
    """Contour as a PNG whose palette holds the levels of opacity of its colour, and then those of the other's colour.

    Where both contours run, the one that is more opaque is seen; where they are equal, the first.
    """
    levels = np.round(opacity * (_N_LEVELS - 1)).astype(np.uint8)
    colours = list(CONTOUR) * _N_LEVELS
    if other is not None:
        of_other = np.round(other * (_N_LEVELS - 1)).astype(np.uint8)
        levels = np.where(of_other > levels, of_other + np.uint8(_N_LEVELS), levels)
        colours += list(REFERENCE_CONTOUR) * _N_LEVELS
    picture = Image.fromarray(levels, "P")
    picture.putpalette(colours)
    alpha = bytes(round(255 * level / (_N_LEVELS - 1)) for level in range(_N_LEVELS))
    buffer = io.BytesIO()
    bits, n_colours = (4, 1) if other is None else (8, 2)
    picture.save(buffer, "PNG", transparency=alpha * n_colours, bits=bits, optimize=True)
    return buffer.getvalue()


def _scan_webp(grey: FloatArray, largest: int | None) -> bytes:
    """Slices as WebP, of the best of some qualities at which they are small enough."""
    picture = Image.fromarray((grey * 255).astype(np.uint8)).convert("RGB")
    content = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=4)
        content = buffer.getvalue()
        if largest is None or len(content) <= largest:
            break
    return content
