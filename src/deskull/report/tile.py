"""Tile: one slice of a scan for a clinical picture, with orientation letters, its position and a scale bar."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from deskull.masking import Mask
from deskull.report.drawing import CONTOUR, Convention, bounding_box, to_rgb, upright_slice
from deskull.volume import Affine, FloatArray

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

#: Length of the scale bar in mm.
SCALE_BAR_MM = 50
#: Height of letters in mm, and their least size in pixels.
_FONT_MM, _SMALLEST_FONT = 7.0, 11
#: Width of the contour in mm.
_CONTOUR_MM = 0.6
#: Standard deviation with which the edge of a mask is smoothed, and the most that this may move it, in voxels of 1 mm.
_SMOOTHING, _MAX_SHIFT = 1.0, 0.5
#: Margin around a mask within which distances to its edge are smoothed, in voxels.
_MARGIN_VOXELS = 4
_MARGIN = 6
_TEXT, _SHADOW = (235, 235, 235), (0, 0, 0)
#: Letters at the left, right, top and bottom of a slice, by the axis that it cuts, in the neurological convention.
_LETTERS = {0: ("P", "A", "S", "I"), 1: ("L", "R", "S", "I"), 2: ("L", "R", "A", "P")}
_AXIS_NAMES = "xyz"


@dataclass(frozen=True, eq=False)
class View:
    """A scan and its mask on the display grid, cropped to the head.

    Attributes
    ----------
    image : ndarray of float32, shape (x, y, z)
        Grey values between 0 and 1.
    mask : ndarray of bool, shape (x, y, z)
    origin : ndarray, shape (3,)
        World coordinates of the first voxel in mm; voxels of 1 mm along the axes of the world (RAS) follow.
    other : ndarray of bool, shape (x, y, z), optional
        A second mask to compare with.
    """

    image: FloatArray
    mask: Mask
    origin: Affine
    other: Mask | None = None


def draw_tile(
    view: View, axis: int, index: int, *, scale: float, convention: Convention, stripped: bool = False
) -> Image.Image:
    """Draw one slice.

    Parameters
    ----------
    view : View
    axis : {0, 1, 2}
        Axis that the slice cuts: 0 for sagittal, 1 for coronal and 2 for axial slices.
    index : int
        Which slice along it.
    scale : float
        Pixels for each mm.
    convention : {"radiological", "neurological"}
    stripped : bool
        Whether to draw the brain alone instead of the scan with the contour of the mask.

    Returns
    -------
    PIL.Image.Image
    """
    grey = upright_slice(view.image, index, axis, convention)
    size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    pixels = enlarged(grey, size)
    inside = enlarged_mask(upright_slice(view.mask, index, axis, convention), size)
    if stripped:
        pixels = pixels * inside
    shown = to_rgb(pixels)
    if not stripped:
        shown[outline(inside, scale)] = CONTOUR
    tile = Image.fromarray(shown)
    annotate(tile, axis, float(view.origin[axis]) + index, scale, convention)
    return tile


def enlarged(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Interpolate a slice to a size by cubic convolution.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, columns)
        Between 0 and 1.
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Clipped to the range from 0 to 1.
    """
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def enlarged_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """Enlarge a slice of a mask, with a smooth edge instead of the steps of its voxels.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, columns)
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    ndarray of bool, shape (height, width)

    Notes
    -----
    The edge is where the signed distance to that of the voxels, smoothed, is 0. The smoothed distance differs from the
    distance by no more than half a voxel, and so the edge is nowhere farther from that of the voxels.
    """
    picture = Image.fromarray(np.ascontiguousarray(mask, np.uint8))
    enlarged = np.asarray(picture.resize(size, Image.Resampling.NEAREST)).astype(bool)
    pixels_per_voxel = size[0] / mask.shape[1]
    box = bounding_box(enlarged, math.ceil(_MARGIN_VOXELS * pixels_per_voxel))
    if enlarged.any() and not enlarged[box].all():
        distance = _signed_distance(enlarged[box]) / pixels_per_voxel
        smoothed = ndimage.gaussian_filter(distance, _SMOOTHING * pixels_per_voxel, mode="nearest")
        enlarged[box] = smoothed.clip(distance - _MAX_SHIFT, distance + _MAX_SHIFT) > 0
    return enlarged


def _signed_distance(mask: Mask) -> FloatArray:
    """Return the distance of each pixel from the edge of a mask in pixels, positive inside.

    The mask must have an edge; it continues beyond the array.
    """
    padded = np.pad(mask, 1, mode="edge")
    inside, outside = (ndimage.distance_transform_edt(values) for values in (padded, ~padded))
    distance: FloatArray = (inside - outside + np.where(padded, -0.5, 0.5))[1:-1, 1:-1].astype(np.float32)
    return distance


def outline(inside: Mask, scale: float) -> Mask:
    """Return the pixels just inside the edge of a mask, in a line of 0.6 mm or one pixel.

    Parameters
    ----------
    inside : ndarray of bool, shape (height, width)
    scale : float
        Pixels for each mm.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    line: Mask = inside & ~ndimage.binary_erosion(inside, np.ones((3, 3)), max(1, round(_CONTOUR_MM * scale)))
    return line


def annotate(tile: Image.Image, axis: int, position: float, scale: float, convention: Convention) -> None:
    """Write the orientation letters, the position and the scale bar on a slice.

    Parameters
    ----------
    tile : PIL.Image.Image
        It is changed.
    axis : {0, 1, 2}
        Axis that the slice cuts.
    position : float
        World coordinate of the slice in mm.
    scale : float
        Pixels for each mm.
    convention : {"radiological", "neurological"}
    """
    pen, font = ImageDraw.Draw(tile), ImageFont.load_default(max(_SMALLEST_FONT, round(_FONT_MM * scale)))
    width, height = tile.size
    left, right, top, bottom = direction_letters(axis, convention)
    places = {
        (_MARGIN, height / 2, "lm"): left,
        (width - _MARGIN, height / 2, "rm"): right,
        (width / 2, _MARGIN, "ma"): top,
        (width / 2, height - _MARGIN, "md"): bottom,
        (_MARGIN, _MARGIN, "la"): f"{_AXIS_NAMES[axis]} {position:+.0f} mm",
    }
    for (x, y, anchor), text in places.items():
        pen.text((x, y), text, _TEXT, font, anchor, stroke_width=2, stroke_fill=_SHADOW)
    _draw_scale_bar(pen, width - _MARGIN, height - _MARGIN, scale, font)


def direction_letters(axis: int, convention: Convention) -> tuple[str, str, str, str]:
    """Return the letters of the directions at the left, right, top and bottom of a slice.

    Parameters
    ----------
    axis : {0, 1, 2}
        Axis that the slice cuts.
    convention : {"radiological", "neurological"}

    Returns
    -------
    tuple of str
    """
    left, right, top, bottom = _LETTERS[axis]
    return (right, left, top, bottom) if convention == "radiological" and axis != 0 else (left, right, top, bottom)


def _draw_scale_bar(pen: ImageDraw.ImageDraw, right: int, bottom: int, scale: float, font: Font) -> None:
    """Draw a bar of 5 cm with its length above it, in the lower right corner."""
    left = right - SCALE_BAR_MM * scale
    pen.rectangle((left - 1, bottom - 4, right + 1, bottom + 1), fill=_SHADOW)
    pen.rectangle((left, bottom - 3, right, bottom), fill=_TEXT)
    middle = (left + right) / 2
    pen.text((middle, bottom - 6), f"{SCALE_BAR_MM / 10:g} cm", _TEXT, font, "md", stroke_width=2, stroke_fill=_SHADOW)
