"""Mosaic: slices in three planes, the mask's contour over the raw scan and the stripped brain beside it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from deskull.errors import InputError
from deskull.masking import edge_voxels
from deskull.preprocessing.grid import conform
from deskull.system.atomic import write_bytes
from deskull.volume import Array, FloatArray, Volume, grid_mismatch

Convention = Literal["radiological", "neurological"]
RGB = npt.NDArray[np.uint8]

#: Planes from top to bottom of the picture, by the axis they cut.
PLANES = (("sagittal", 0), ("coronal", 1), ("axial", 2))
CONTOUR = (255, 60, 40)
_MARGIN_MM = 32.0
_CAPTION = {
    "radiological": "radiological: the left of the picture is the patient's right",
    "neurological": "neurological: the left of the picture is the patient's left",
}


@dataclass(frozen=True, eq=False)
class View:
    """A scan and a mask on one RAS grid of cubic voxels, cropped to the head, grey values 0 to 1."""

    image: FloatArray
    mask: Array


def make_view(scan: Volume, mask: Volume, voxel: float = 1.0) -> View:
    """Bring a scan and its mask to one upright grid.

    Parameters
    ----------
    scan, mask : Volume
        On one grid; of a series, the mean of the frames is shown.
    voxel : float
        Edge of the picture's pixels in mm.

    Raises
    ------
    InputError
        If the grids differ.
    """
    if fault := grid_mismatch(mask, scan):
        raise InputError(fault)
    image = conform(scan.mean_frame().finite(), voxel, 1)
    inside = conform(mask.mean_frame().finite(0), voxel, 1, reference_grid=image).data > 0.5
    box = _head_box(inside, round(_MARGIN_MM / voxel))
    grey, seen = image.data[box], image.field_of_view[box]
    low, high = np.percentile(grey[seen], (1, 99.7)) if seen.any() else (0.0, 1.0)
    shade = np.clip((grey - low) / max(high - low, 1e-6), 0, 1)
    return View(np.where(seen, shade, np.float32(0)), inside[box] & seen)


def _head_box(inside: Array, margin: int) -> tuple[slice, ...]:
    """The mask's box and a margin; everything if the mask is empty."""
    if not inside.any():
        return tuple(slice(0, size) for size in inside.shape)
    box = ndimage.find_objects(inside.astype(np.uint8))[0]
    return tuple(slice(max(0, side.start - margin), side.stop + margin) for side in box)


def _places(mask: Array, axis: int, count: int) -> list[int]:
    """Slice numbers spread over the mask (over everything if it is empty)."""
    hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    low, high = (hit[0], hit[-1]) if len(hit) else (0, mask.shape[axis] - 1)
    return [round(low + (high - low) * (k + 0.5) / count) for k in range(count)]


def _upright(plane: Array, axis: int, convention: Convention) -> Array:
    """Turn a slice of a RAS array so that up is up, and left as the convention says."""
    turned = np.rot90(plane)
    return turned[:, ::-1] if convention == "radiological" and axis != 0 else turned


def _panels(view: View, axis: int, count: int, convention: Convention) -> tuple[RGB, RGB]:
    """Rows of raw slices with contours, and of stripped slices."""
    raw, stripped = [], []
    for place in _places(view.mask, axis, count):
        grey = _upright(np.take(view.image, place, axis), axis, convention)
        mask = _upright(np.take(view.mask, place, axis), axis, convention)
        shade = np.repeat((grey * 255).astype(np.uint8)[..., None], 3, axis=2)
        drawn = shade.copy()
        drawn[edge_voxels(mask)] = CONTOUR
        raw.append(drawn)
        stripped.append(np.where(mask[..., None], shade, 0))
    return np.hstack(raw), np.hstack(stripped)


def draw_mosaic(
    scan: Volume, mask: Volume, *, slices: int = 5, convention: Convention = "radiological", title: str = ""
) -> Image.Image:
    """Draw the mosaic.

    Parameters
    ----------
    scan, mask : Volume
        On one grid.
    slices : int
        Slices a plane.
    convention : {"radiological", "neurological"}
        Which side of the patient the left of coronal and axial slices shows; stated on the picture.
    title : str
        Written above.

    Returns
    -------
    PIL.Image.Image
        One pixel a mm: three rows of planes, raw slices on the left and stripped ones on the right.
    """
    view = make_view(scan, mask)
    rows = [_panels(view, axis, slices, convention) for _, axis in PLANES]
    left, right = max(raw.shape[1] for raw, _ in rows), max(s.shape[1] for _, s in rows)
    bar, gap = 24, 8
    height = bar + sum(raw.shape[0] + gap for raw, _ in rows)
    canvas = Image.new("RGB", (left + gap + right, height), (16, 16, 16))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(13)
    volume = int(view.mask.sum()) / 1000
    pen.text((6, 4), f"{title or scan.name}   {volume:.0f} ml   {_CAPTION[convention]}", (230, 230, 230), font)
    top = bar
    for (name, axis), (raw, stripped) in zip(PLANES, rows, strict=True):
        canvas.paste(Image.fromarray(raw), (0, top))
        canvas.paste(Image.fromarray(stripped), (left + gap, top))
        pen.text((4, top + 2), name + _side(axis, convention), (255, 220, 120), font)
        top += raw.shape[0] + gap
    return canvas


def _side(axis: int, convention: Convention) -> str:
    """Letter of the patient's side at the left edge of a plane."""
    if axis == 0:
        return "  (front on the right)"
    return "  R | L" if convention == "radiological" else "  L | R"


def save_picture(picture: Image.Image, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture as PNG, whole or not at all.

    Raises
    ------
    OutputError
        If it is there already, or cannot be written.
    """
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    write_bytes(path, buffer.getvalue(), overwrite=overwrite)
