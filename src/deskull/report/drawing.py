"""Drawing: what all pictures of scans and masks share, from the display grid to the colours and the PNG file."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from nibabel.affines import apply_affine
from PIL import Image
from scipy import ndimage

from deskull.errors import UsageError
from deskull.masking import Mask
from deskull.preprocessing.grid import Conformed, Shape, choose_grid, conform, resample
from deskull.preprocessing.value_range import limit_range
from deskull.system.atomic import write_bytes
from deskull.volume import Affine, Array, FloatArray, Volume

Convention = Literal["radiological", "neurological"]
RGB = npt.NDArray[np.uint8]

#: Planes from top to bottom (or left to right) of a picture, by the axis of a RAS array that they cut.
PLANES = (("sagittal", 0), ("coronal", 1), ("axial", 2))
#: Contour of a mask: red.
CONTOUR = (255, 60, 40)
#: Contour of the reference: green, and brighter than the red, so that the colour-blind can tell them apart.
REFERENCE_CONTOUR = (90, 235, 170)
#: Formats in which pictures are written, as Pillow names them, by the ending of the file's name.
PICTURE_FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
#: Quality, of 0 to 100, where a format loses detail.
_QUALITY = 92
#: Voxel edge of the display grid in mm: one pixel of a picture is 1 mm.
_VOXEL_SIZE = 1.0
#: Percentiles of the grey values that are drawn black and white: a few bright vessels must not darken the rest.
_BLACK_PERCENTILE, _WHITE_PERCENTILE = 1.0, 99.7


def on_display_grid(scan: Volume, around: Sequence[Volume] = (), margin: int = 0) -> Conformed:
    """Resample a scan to an upright RAS grid of cubic 1 mm voxels; of a series, the mean of its frames.

    Parameters
    ----------
    scan : Volume
    around : sequence of Volume, optional
        Masks on the grid of the scan: the part of the scan that holds them is resampled, which takes less time.
    margin : int
        Around the masks, in mm: `bounding_box` with this margin lies inside the part.

    Returns
    -------
    Conformed
    """
    volume = limit_range(scan.mean_frame().finite())
    shape, grid = choose_grid(volume, _VOXEL_SIZE, 1)
    masks = [mask.mean_frame().finite(0).values() > 0 for mask in around]
    if any(mask.any() for mask in masks):
        reach = margin + math.ceil(volume.voxel_sizes.max()) + 1
        shape, grid = _part_around(np.logical_or.reduce(masks), np.linalg.inv(grid) @ volume.affine, reach, shape, grid)
    return resample(volume, shape, grid)


def _part_around(mask: Mask, to_grid: Affine, margin: int, shape: Shape, grid: Affine) -> tuple[Shape, Affine]:
    """Return the shape and the affine of the part of a grid that holds a mask and a margin, in voxels of the grid."""
    columns = mask.any(axis=2)
    first, last = mask.argmax(axis=2), mask.shape[2] - 1 - mask[..., ::-1].argmax(axis=2)
    ends = [np.column_stack([*np.nonzero(columns), end[columns]]) for end in (first, last)]
    places = apply_affine(to_grid, np.concatenate(ends))
    low = np.clip(np.floor(places.min(axis=0)).astype(int) - margin, 0, shape)
    x, y, z = np.clip(np.ceil(places.max(axis=0)).astype(int) + margin + 1, 0, shape) - low
    part = grid.copy()
    part[:3, 3] += grid[:3, :3] @ low
    return (int(x), int(y), int(z)), part


def mask_on_grid(mask: Volume, grid: Conformed) -> Mask:
    """Resample a mask to a display grid, cut off at the field of view of the grid's scan.

    Parameters
    ----------
    mask : Volume
        Of a series, the mean of the frames is used.
    grid : Conformed
        As given by `on_display_grid`.

    Returns
    -------
    ndarray of bool
        With the shape of the grid.
    """
    resampled: Mask = conform(mask.mean_frame().finite(0), _VOXEL_SIZE, 1, reference_grid=grid).data > 0.5
    return resampled & grid.field_of_view


def bounding_box(mask: Mask, margin: int) -> tuple[slice, ...]:
    """Return the bounding box of a mask with a margin in voxels; the whole array if the mask is empty.

    Parameters
    ----------
    mask : ndarray of bool, any shape
    margin : int
        In voxels; the box ends at the borders of the array.

    Returns
    -------
    tuple of slice
        One for each axis.
    """
    boxes = ndimage.find_objects(mask.astype(np.uint8))
    if not boxes:
        return tuple(slice(0, size) for size in mask.shape)
    return tuple(
        slice(max(0, part.start - margin), min(size, part.stop + margin))
        for part, size in zip(boxes[0], mask.shape, strict=True)
    )


def scale_grey(values: FloatArray, valid: Mask | None = None) -> FloatArray:
    """Scale grey values to the range from 0 (black) to 1 (white).

    Parameters
    ----------
    values : ndarray of float32, any shape
    valid : ndarray of bool, same shape, optional
        Where there are values; elsewhere the result is black.

    Returns
    -------
    ndarray of float32
        The 1st percentile of the valid values is 0 and the 99.7th is 1; values beyond them are clipped.
    """
    known = values if valid is None else values[valid]
    low, high = np.percentile(known, (_BLACK_PERCENTILE, _WHITE_PERCENTILE)) if known.size else (0.0, 1.0)
    scaled = np.clip((values - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
    return scaled if valid is None else np.where(valid, scaled, np.float32(0))


def upright_slice(volume: Array, index: int, axis: int, convention: Convention = "radiological") -> Array:
    """Take a slice of a RAS array and rotate it for display: superior (or anterior) at the top.

    Parameters
    ----------
    volume : ndarray, shape (x, y, z)
        Axes from left to right, posterior to anterior and inferior to superior.
    index, axis : int
        Which slice along which axis.
    convention : {"radiological", "neurological"}
        Radiological: the left of coronal and axial slices is the patient's right. Sagittal slices have the front on
        the right in both conventions.

    Returns
    -------
    ndarray, shape (rows, columns)
    """
    rotated: Array = np.rot90(np.take(volume, index, axis))
    return rotated[:, ::-1] if convention == "radiological" and axis != 0 else rotated


def to_rgb(grey: FloatArray) -> RGB:
    """Convert grey values between 0 and 1 to RGB, shape (rows, columns, 3).

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, columns)

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    return np.repeat((grey * 255).astype(np.uint8)[..., None], 3, axis=2)


def side_by_side(panels: Sequence[Image.Image], gap: int, mode: str = "RGB") -> Image.Image:
    """Place pictures next to each other on black, centred vertically, with a gap in pixels between them.

    Parameters
    ----------
    panels : sequence of PIL.Image.Image
    gap : int
        In pixels.
    mode : str
        Mode of the pictures, as Pillow names it.

    Returns
    -------
    PIL.Image.Image
    """
    height = max(panel.height for panel in panels)
    canvas = Image.new(mode, (sum(panel.width for panel in panels) + gap * (len(panels) - 1), height))
    left = 0
    for panel in panels:
        canvas.paste(panel, (left, (height - panel.height) // 2))
        left += panel.width + gap
    return canvas


def picture_format(path: Path) -> str:
    """Return the format, as Pillow names it, that the ending of a file's name asks for.

    Raises
    ------
    UsageError
        If no pictures are written in that format.
    """
    try:
        return PICTURE_FORMATS[path.suffix.lower()]
    except KeyError:
        fault = "no picture is written with this ending"
        raise UsageError(f"{path}: {fault}; use {', '.join(PICTURE_FORMATS)}.") from None


def save_picture(picture: Image.Image, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture atomically, in the format that the ending of the file's name asks for.

    Parameters
    ----------
    picture : PIL.Image.Image
    path : Path
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    UsageError
        If no pictures are written in that format.
    OutputError
        If the file exists already, or cannot be written.
    """
    buffer = io.BytesIO()
    picture.save(buffer, picture_format(path), quality=_QUALITY)
    write_bytes(path, buffer.getvalue(), overwrite=overwrite)
