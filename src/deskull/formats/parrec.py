"""Philips PAR/REC, read through nibabel; results are written as NIfTI.

The .PAR file is a text of general settings and one line for each slice; the voxels are read from the .REC of the same
name beside it, and from nowhere else.
"""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.parrec import PARRECHeader, parse_PAR_header

from deskull.errors import InputError
from deskull.formats.compression import open_stream
from deskull.formats.limits import check_count
from deskull.formats.pairs import find_sibling, read_text, warn_of_nifti
from deskull.formats.shape import check_affine, split_shape
from deskull.options import ReadOptions
from deskull.volume import Array, Volume

OUTPUT_SUFFIX = ".nii.gz"
_DEFAULT = ReadOptions()
_DTYPES: dict[int, np.dtype[Any]] = {8: np.dtype("u1"), 16: np.dtype("<u2")}
_VERSIONS = ("V4", "V4.1", "V4.2")
#: Limits of the general settings, of which there are about 40: nibabel's pattern takes the cube of a line's length.
_MAX_SETTINGS, _MAX_LINE = 200, 250
_DAMAGED = "its header is damaged or incomplete; export it again"


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a PAR/REC pair by either of its names.

    Parameters
    ----------
    path : Path
        The .PAR or .REC file.
    options : ReadOptions
        Not used: the header refers to no other file.

    Returns
    -------
    Volume
        Stored voxels where all slices have one scaling, real values where they have several.

    Raises
    ------
    InputError
        If the header has values that no scan has, or the other file is missing or ends early.
    """
    par, rec = find_sibling(path, (".PAR",)), find_sibling(path, (".REC",))
    general, lines = _parsed(read_text(par, path), path)
    stored, dtype = _stored_shape(general, lines, path)
    check_count((*stored, 1), path, dtype)
    header = _nibabel_header(general, lines, path)
    declared = tuple(int(n) for n in header.get_data_shape())
    shape, trailing = split_shape(declared, path)
    with np.errstate(over="ignore", invalid="ignore"):
        affine = np.asarray(header.get_affine(), np.float64)
    check_affine(affine, path)
    with open_stream(rec, path) as stream:
        slices = stream.read_array(dtype, math.prod(stored)).reshape(stored, order="F")
        stream.finish()
    data = slices[..., header.get_sorted_slice_indices()].reshape(shape, order="F")
    values, slope, inter = _scaled(data, *header.get_data_scaling())
    warn_of_nifti(path, "PAR/REC")
    return Volume(values, affine, slope, inter, name=str(path), trailing=trailing)


def _parsed(text: str, path: Path) -> tuple[dict[str, Any], Array]:
    """Return the general settings, and a structured array with an element for each slice."""
    version = next((line.split()[-1] for line in text.splitlines() if "image export tool" in line), "unknown")
    if version not in _VERSIONS:
        supported = ", ".join(_VERSIONS)
        raise InputError(f"{path}: is PAR/REC of version {version[:20]}; {supported} are read, export it again.")
    settings = [line for line in text.splitlines() if line.lstrip().startswith(".")]
    if len(settings) > _MAX_SETTINGS or not all(":" in line and len(line) < _MAX_LINE for line in settings):
        raise InputError(f"{path}: {_DAMAGED}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            general, lines = parse_PAR_header(io.StringIO(text))
    except Exception:  # nibabel has many errors for damaged text, some of which would quote it
        raise InputError(f"{path}: {_DAMAGED}.") from None
    return general, lines


def _stored_shape(general: dict[str, Any], lines: Array, path: Path) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """Return the shape of the .REC file and the type of its voxels, after checks of what the header says."""
    if not len(lines) or not 1 <= int(general.get("max_slices", 0)) <= len(lines):
        raise InputError(f"{path}: {_DAMAGED}.")
    if len(np.unique(lines["image_type_mr"])) > 1:
        raise InputError(f"{path}: holds several types of image (magnitude, phase, ...); export the magnitude alone.")
    sizes, bits = np.unique(lines["recon resolution"], axis=0), np.unique(lines["image pixel size"])
    if len(sizes) > 1 or sizes.min() < 1 or len(bits) > 1 or int(bits[0]) not in _DTYPES:
        raise InputError(f"{path}: its slices have different or impossible sizes; export it again.")
    if not np.array_equal(np.sort(lines["index in REC file"]), np.arange(len(lines))):
        raise InputError(f"{path}: its slices are not numbered one after the other; export it again.")
    return (int(sizes[0][0]), int(sizes[0][1]), len(lines)), _DTYPES[int(bits[0])]


def _nibabel_header(general: dict[str, Any], lines: Array, path: Path) -> PARRECHeader:
    """Return nibabel's header, which knows the affine, the order of the slices and their scaling."""
    try:
        return PARRECHeader(general, lines)
    except Exception as error:
        if "truncated" in str(error) or "partial" in str(error) or "inconsistency" in str(error):
            raise InputError(f"{path}: some slices or volumes are missing; export it again.") from None
        raise InputError(f"{path}: {_DAMAGED}.") from None


def _scaled(data: Array, slopes: Array, inters: Array) -> tuple[Array, float, float]:
    """Return stored voxels, slope and intercept; real values, 1 and 0 where slices have different scalings."""
    if np.ptp(slopes) == 0 and np.ptp(inters) == 0:
        return data, float(slopes.flat[0]), float(inters.flat[0])
    shape = (1, 1, *data.shape[2:])
    values = data.astype(np.float32) * slopes.reshape(shape).astype(np.float32)
    return values + inters.reshape(shape).astype(np.float32), 1.0, 0.0
