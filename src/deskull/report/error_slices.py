"""Error slices: a picture of the place where a mask differs most from its reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from deskull.masking import Mask, binarise, distance_to, edge_voxels
from deskull.report.drawing import (
    CONTOUR,
    REFERENCE_CONTOUR,
    bounding_box,
    mask_on_grid,
    on_display_grid,
    scale_grey,
    side_by_side,
    upright_slice,
)
from deskull.volume import Array, FloatArray, Volume

#: Colour of the ticks at the edges of a slice that point to the place of the largest error.
POINTER = (255, 220, 120)
_MARGIN_MM = 20
_PIXELS_PER_MM = 2
_POINTER_LENGTH, _GAP = 12, 8
#: Grey value of the background where there is no scan to draw on.
_NO_SCAN_GREY = 0.12
#: Number of grey levels; the three colours follow them in the palette, so that a pixel takes one byte.
_N_GREYS = 253
_REFERENCE_INDEX, _CONTOUR_INDEX, _POINTER_INDEX = _N_GREYS, _N_GREYS + 1, _N_GREYS + 2


@dataclass(frozen=True)
class ErrorSlices:
    """A picture of the place where a mask differs most from its reference.

    Attributes
    ----------
    picture : PIL.Image.Image
        Sagittal, coronal and axial slice side by side in radiological convention, two pixels for each mm.
    distance_mm : float
        Distance of that place from the other mask: positive where the mask extends too far, negative where it falls
        short; NaN if a mask is empty, 0 if both are equal.
    position_mm : tuple of float
        World coordinates of the place in mm, RAS+.
    """

    picture: Image.Image
    distance_mm: float
    position_mm: tuple[float, float, float]


def error_slices(
    predicted: Volume, reference: Volume, scan: Volume | None = None, roi: Volume | None = None
) -> ErrorSlices:
    """Draw three slices through the largest error, with the mask's contour in red over the reference's in green.

    Parameters
    ----------
    predicted, reference : Volume
        Masks on the same grid.
    scan, roi : Volume, optional
        The raw scan to draw on, and the region of interest in which errors count; on the same grid.

    Returns
    -------
    ErrorSlices

    Notes
    -----
    The largest error is the wrongly labelled voxel that is farthest from the other mask, on a grid of 1 mm.
    """
    masks = [binarise(predicted), binarise(reference)]
    if roi is not None:
        masks = [mask & binarise(roi) for mask in masks]
    volumes = [reference.with_data(mask.astype(np.uint8)) for mask in masks]
    grid = on_display_grid(volumes[1] if scan is None else scan, volumes, _MARGIN_MM)
    a, b = (mask_on_grid(volume, grid) for volume in volumes)
    box = bounding_box(a | b, _MARGIN_MM)
    a, b = a[box], b[box]
    index, distance = _largest_error(a, b)
    grey = (
        np.full(a.shape, _NO_SCAN_GREY, np.float32)
        if scan is None
        else scale_grey(grid.data[box], grid.field_of_view[box])
    )
    corner = np.array([part.start for part in box])
    x, y, z = (grid.affine[:3, :3] @ (corner + index) + grid.affine[:3, 3]).tolist()
    panels = [_draw_panel(grey, a, b, index, axis) for axis in range(3)]
    picture = side_by_side(panels, _GAP, "P")
    picture.putpalette(_palette())
    return ErrorSlices(picture, distance, (x, y, z))


def _largest_error(a: Mask, b: Mask) -> tuple[Array, float]:
    """Find the wrongly labelled voxel that is farthest from the other mask.

    Returns
    -------
    index : ndarray of int, shape (3,)
    distance : float
        In voxels: positive where `a` extends too far, negative where it falls short; NaN if a mask is empty.
    """
    centre = (np.argwhere(a | b).mean(axis=0) if (a | b).any() else np.array(a.shape) / 2).astype(int)
    if not (a.any() and b.any()):
        return centre, np.nan
    index, distance = centre, 0.0
    for wrong, other, sign in ((a & ~b, b, 1), (b & ~a, a, -1)):
        if wrong.any():
            error = np.where(wrong, distance_to(edge_voxels(other)), 0)
            if error.max() > abs(distance):
                index = np.array(np.unravel_index(error.argmax(), error.shape))
                distance = sign * float(error.max())
    return index, distance


def _draw_panel(grey: FloatArray, a: Mask, b: Mask, index: Array, axis: int) -> Image.Image:
    """Draw one slice with both contours and the pointers, as indices of the palette."""
    grey_slice, a_slice, b_slice = (_enlarged_slice(volume, int(index[axis]), axis) for volume in (grey, a, b))
    pixels = (grey_slice * (_N_GREYS - 1)).astype(np.uint8)
    pixels[edge_voxels(b_slice > 0.5)] = _REFERENCE_INDEX
    pixels[edge_voxels(a_slice > 0.5)] = _CONTOUR_INDEX
    place = np.zeros(grey.shape, np.float32)
    place[tuple(index)] = 1
    place_slice = _enlarged_slice(place, int(index[axis]), axis)
    row, column = np.unravel_index(place_slice.argmax(), place_slice.shape)
    for end in (slice(0, _POINTER_LENGTH), slice(-_POINTER_LENGTH, None)):
        pixels[end, column : column + _PIXELS_PER_MM] = _POINTER_INDEX
        pixels[row : row + _PIXELS_PER_MM, end] = _POINTER_INDEX
    return Image.fromarray(pixels)


def _enlarged_slice(volume: Array, index: int, axis: int) -> FloatArray:
    """Take an upright slice and enlarge it to two pixels for each mm."""
    plane = upright_slice(volume, index, axis).astype(np.float32)
    enlarged: FloatArray = ndimage.zoom(plane, _PIXELS_PER_MM, order=1, grid_mode=True, mode="nearest")
    return enlarged


def _palette() -> list[int]:
    """Return the palette: grey levels, then the colours of the contours and pointers."""
    greys = np.linspace(0, 255, _N_GREYS).round().astype(int).repeat(3).tolist()
    return [*greys, *REFERENCE_CONTOUR, *CONTOUR, *POINTER]
