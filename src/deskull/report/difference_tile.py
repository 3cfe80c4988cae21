"""Difference tile: one slice with the contours of two masks, and the parts filled in which they differ much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from deskull.masking import Mask
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR, RGB, Convention, to_rgb, upright_slice
from deskull.report.tile import annotate, enlarged, enlarged_mask, outline
from deskull.volume import Affine, FloatArray

#: Opacity of filled parts: the scan is to be seen beneath them.
FILL_OPACITY = 0.45


@dataclass(frozen=True, eq=False)
class DifferenceView:
    """A scan, two masks and their differences on the display grid, cropped to the head.

    Attributes
    ----------
    image : ndarray of float32, shape (x, y, z)
        Grey values between 0 and 1.
    given, own : ndarray of bool, shape (x, y, z)
        The given mask, and the network's.
    extra, missing : ndarray of bool, shape (x, y, z)
        Parts that only the one or only the other mask has, and that are to be filled.
    origin : ndarray, shape (3,)
        World coordinates of the first voxel in mm; voxels of 1 mm along the axes of the world (RAS) follow.
    """

    image: FloatArray
    given: Mask
    own: Mask
    extra: Mask
    missing: Mask
    origin: Affine


def draw_difference_tile(
    view: DifferenceView, axis: int, index: int, *, scale: float, convention: Convention
) -> Image.Image:
    """Draw one slice.

    Parameters
    ----------
    view : DifferenceView
    axis : {0, 1, 2}
        Axis that the slice cuts: 0 for sagittal, 1 for coronal and 2 for axial slices.
    index : int
        Which slice along it.
    scale : float
        Pixels for each mm.
    convention : {"radiological", "neurological"}

    Returns
    -------
    PIL.Image.Image
    """
    grey = upright_slice(view.image, index, axis, convention)
    size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    given, own, extra, missing = (
        enlarged_mask(upright_slice(mask, index, axis, convention), size)
        for mask in (view.given, view.own, view.extra, view.missing)
    )
    shown = to_rgb(enlarged(grey, size))
    for part, colour in ((extra, CONTOUR), (missing, REFERENCE_CONTOUR)):
        _fill(shown, part, colour)
    for mask, colour in ((own, REFERENCE_CONTOUR), (given, CONTOUR)):
        shown[outline(mask, scale)] = colour
    tile = Image.fromarray(shown)
    annotate(tile, axis, float(view.origin[axis]) + index, scale, convention)
    return tile


def _fill(shown: RGB, part: Mask, colour: tuple[int, int, int]) -> None:
    """Colour a part of a slice so that the scan can be seen through it."""
    tint: npt.NDArray[np.float64] = FILL_OPACITY * np.array(colour)
    shown[part] = ((1 - FILL_OPACITY) * shown[part] + tint).astype(np.uint8)
