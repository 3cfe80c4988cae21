"""What the axes of a NRRD file mean: which are spatial, which counts frames, and where voxels lie in the world."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskull.errors import GeometryWarning, InputError
from deskull.formats.nrrd_header import NrrdHeader, numbers, vectors
from deskull.formats.quoting import quote
from deskull.volume import Affine

#: Signs that turn world coordinates into RAS+. A space with time ("-time", or T after the letters) has a fourth axis.
_TO_RAS = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
}
_WITH_TIME = {"rast": "ras", "last": "las", "lpst": "lps"}
#: Millimetres per unit of length.
_UNITS = {"": 1.0, "???": 1.0, "none": 1.0, "mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "millimetres": 1.0}
_UNITS |= {"um": 1e-3, "\u00b5m": 1e-3, "\u03bcm": 1e-3, "micron": 1e-3, "microns": 1e-3, "cm": 10.0, "m": 1000.0}
#: Kinds of axes that are sampled in space, that count frames, or say nothing.
_SPATIAL_KINDS = {"", "domain", "space", "none", "???"}
_FRAME_KINDS = {"list", "time", "scalar", "stub"}


@dataclass(frozen=True)
class Axes:
    """The meaning of the axes of a file.

    Attributes
    ----------
    order : tuple of int
        Axes of the file in the order of `Volume`: three spatial ones, then frames, then those of one sample.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm, RAS+.
    """

    order: tuple[int, ...]
    affine: Affine


def axes_of(header: NrrdHeader, sizes: tuple[int, ...], path: Path) -> Axes:
    """Return the meaning of the axes.

    Raises
    ------
    InputError
        If the image does not have three spatial axes, holds colours, vectors or complex numbers, or lies in no
        anatomical space.
    """
    _refuse_other_kinds(header, sizes, path)
    directions = vectors(header, "spacedirections", len(sizes), path)
    other = _other_axes(header, sizes, directions, path)
    spatial = [axis for axis in range(len(sizes)) if axis not in other]
    if len(spatial) != 3:
        text = "x".join(map(str, sizes))
        if directions is not None and len(sizes) - sum(size == 1 for size in sizes) >= 3 and len(spatial) < 3:
            raise InputError(f"{path}: its space directions are none along too many axes; repair the header.")
        if len(spatial) < 3:
            raise InputError(f"{path}: is a 2-D image (shape {text}); deskull needs a whole 3-D scan.")
        raise InputError(f"{path}: has {len(sizes)} dimensions (shape {text}); split it into 3-D or 4-D images.")
    order = (*spatial, *sorted(other, key=lambda axis: sizes[axis] == 1))
    if directions is None:
        return Axes(order, _affine_of_spacings(header, len(sizes), spatial, path))
    columns = [direction for axis in spatial if (direction := directions[axis]) is not None]
    return Axes(order, _affine_of_directions(header, columns, path))


def _refuse_other_kinds(header: NrrdHeader, sizes: tuple[int, ...], path: Path) -> None:
    """Refuse axes whose samples make up one value: colours, vectors, complex numbers, matrices."""
    kinds = header.words("kinds")
    if kinds and len(kinds) != len(sizes):
        raise InputError(f"{path}: has {len(kinds)} kinds for {len(sizes)} axes; repair the header.")
    if b"DWMRI" in b"".join(line for name, line in header.lines if not name and line.startswith(b"modality:=")):
        return  # diffusion images of 3D Slicer may call the axis of their gradients a vector
    for kind, size in zip(kinds, sizes, strict=False):
        if size == 1 or kind.lower() in _SPATIAL_KINDS | _FRAME_KINDS:
            continue
        if kind.lower() == "complex":
            raise InputError(f"{path}: holds complex numbers; give its magnitude image.")
        what = f"colours or vectors ({quote(kind)})"
        raise InputError(f"{path}: holds {what}, not intensities; give the scan it was made from.")


def _other_axes(
    header: NrrdHeader, sizes: tuple[int, ...], directions: list[list[float] | None] | None, path: Path
) -> list[int]:
    """Return the axes that are not spatial."""
    if directions is not None:
        return [axis for axis, one in enumerate(directions) if one is None or (len(one) == 4 and not any(one[:3]))]
    kinds = header.words("kinds") or [""] * len(sizes)
    spacings = numbers(header, "spacings", len(sizes), path) or [1.0] * len(sizes)
    other = [axis for axis, kind in enumerate(kinds) if kind.lower() not in _SPATIAL_KINDS]
    if len(sizes) > 3:
        other = other or [axis for axis, spacing in enumerate(spacings) if np.isnan(spacing)]
    return other or list(range(3, len(sizes)))


def _affine_of_spacings(header: NrrdHeader, n_axes: int, spatial: list[int], path: Path) -> Affine:
    """Return an affine of voxel sizes alone, with a warning."""
    spacings = numbers(header, "spacings", n_axes, path)
    if spacings is None or any(np.isnan(spacings[axis]) for axis in spatial):
        raise InputError(f"{path}: gives no voxel size (space directions or spacings); add it to the header, in mm.")
    text = "no orientation in the header; its axes are taken as stored."
    warnings.warn(f"{path}: {text}", GeometryWarning, stacklevel=2)
    units = header.words("units") or [""] * n_axes
    if len(units) != n_axes:
        raise InputError(f"{path}: has {len(units)} units for {n_axes} axes; repair the header.")
    factors = _mm_per_unit([units[axis] for axis in spatial], path)
    return np.diag([*(spacings[axis] * factor for axis, factor in zip(spatial, factors, strict=True)), 1.0])


def _affine_of_directions(header: NrrdHeader, columns: list[list[float]], path: Path) -> Affine:
    """Return the affine of the space fields in RAS+ and mm."""
    n_world = len(columns[0])
    if n_world not in (3, 4) or any(any(column[3:]) for column in columns):
        raise InputError(f"{path}: its space directions are not those of a 3-D space; repair the header.")
    origin = (vectors(header, "spaceorigin", 1, path) or [[0.0] * n_world])[0]
    if origin is None or len(origin) != n_world:
        raise InputError(f"{path}: its space origin does not have {n_world} finite numbers; repair the header.")
    affine = np.eye(4)
    affine[:3, :3] = np.array([column[:3] for column in columns]).T
    affine[:3, 3] = origin[:3]
    units = header.words("spaceunits")
    if units and len(units) != n_world:
        raise InputError(f"{path}: has {len(units)} space units for {n_world} axes; repair the header.")
    factors = _mm_per_unit(units[:3] or ["mm"] * 3, path)
    with np.errstate(over="ignore", invalid="ignore"):  # too large numbers are refused afterwards
        return np.diag([*factors, 1.0]) @ np.diag([*_signs(header, path), 1.0]) @ affine


def _signs(header: NrrdHeader, path: Path) -> tuple[int, int, int]:
    """Return the signs that turn the header's space into RAS+."""
    text = header.text("space")
    if text is None:
        warning = "names no anatomical space; its directions are taken as right-anterior-superior."
        warnings.warn(f"{path}: {warning}", GeometryWarning, stacklevel=2)
        return 1, 1, 1
    space = text.lower().removesuffix("-time")
    space = _WITH_TIME.get(space, space)
    if space not in _TO_RAS:
        raise InputError(f"{path}: its space {quote(text)} is not anatomical; save it in LPS or RAS.")
    return _TO_RAS[space]


def _mm_per_unit(units: list[str], path: Path) -> list[float]:
    """Return the factors from units of length to millimetres; warn where one is not 1."""
    unknown = next((unit for unit in units if unit.lower() not in _UNITS), None)
    if unknown is not None:
        raise InputError(f"{path}: has the unknown unit of length {quote(unknown)}; convert its header to mm.")
    factors = [_UNITS[unit.lower()] for unit in units]
    if set(factors) != {1.0}:
        text = f"its distances in {', '.join(dict.fromkeys(units))} are converted to mm."
        warnings.warn(f"{path}: {text}", GeometryWarning, stacklevel=2)
    return factors
