"""AFNI (.HEAD and .BRIK), read through nibabel; results are written as NIfTI.

The header is a text file of attributes (AFNI's README.attributes, https://afni.nimh.nih.gov/pub/dist/doc). The voxels
are read from the .BRIK (or .BRIK.gz) of the same name beside it, and from nowhere else.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.brikhead import AFNIHeader, parse_AFNI_header

from deskull.errors import InputError
from deskull.formats.compression import open_stream
from deskull.formats.limits import check_count
from deskull.formats.pairs import find_sibling, read_text, warn_of_nifti
from deskull.formats.shape import check_affine, check_dtype, split_shape
from deskull.options import ReadOptions
from deskull.volume import Array, Volume

OUTPUT_SUFFIX = ".nii.gz"
_DEFAULT = ReadOptions()
_HEADS, _BRIKS = (".HEAD",), (".BRIK", ".BRIK.gz")
#: Types of sub-bricks that are read, and what the others hold (README.attributes, BRICK_TYPES).
_DTYPES = {0: "u1", 1: "i2", 3: "f4"}
_OTHER_TYPES = {2: "i4", 4: "f8", 5: "complex numbers", 6: "colours (RGB)"}
_NEEDED = ("DATASET_RANK", "DATASET_DIMENSIONS", "BRICK_TYPES", "BYTEORDER_STRING", "DELTA", "IJK_TO_DICOM_REAL")


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read an AFNI data set by either of its names.

    Parameters
    ----------
    path : Path
        The .HEAD, .BRIK or .BRIK.gz file.
    options : ReadOptions
        Not used: the header refers to no other file.

    Returns
    -------
    Volume
        Stored voxels where all sub-bricks have one scale factor, real values where they have several.

    Raises
    ------
    InputError
        If the header has values that no scan has, or the other file is missing or ends early.
    """
    head, brik = find_sibling(path, _HEADS), find_sibling(path, _BRIKS)
    attributes = _attributes(head, path)
    shape, trailing = split_shape(_declared_shape(attributes, path), path)
    dtype = _dtype(attributes, path)
    check_count(shape, path, dtype)
    header = _nibabel_header(attributes, path)
    affine = np.asarray(header.get_affine(), np.float64)
    check_affine(affine, path)
    with open_stream(brik, path) as stream:
        data = stream.read_array(dtype, math.prod(shape)).reshape(shape, order="F")
        stream.finish()
    values, slope = _scaled(data, header.get_data_scaling())
    warn_of_nifti(path, "AFNI")
    return Volume(values, affine, slope, name=str(path), trailing=trailing)


def _attributes(head: Path, path: Path) -> dict[str, Any]:
    """Return the attributes of a header, single numbers as lists of one."""
    text = read_text(head, path)
    try:
        found = parse_AFNI_header(io.StringIO(text.replace("\r\n", "\n")))
    except Exception:  # nibabel's message would quote the header, which may hold a patient's name
        raise InputError(f"{path}: an attribute of its header is damaged; copy or convert it again.") from None
    attributes = {name: [value] if isinstance(value, int | float) else value for name, value in found.items()}
    if missing := [name for name in _NEEDED if name not in attributes]:
        raise InputError(f"{path}: its header lacks {', '.join(missing)}; convert it again, with 3dcopy.")
    return attributes


def _declared_shape(attributes: dict[str, Any], path: Path) -> tuple[int, ...]:
    """Return the sizes of the axes and the number of sub-bricks."""
    rank, sizes = attributes["DATASET_RANK"], attributes["DATASET_DIMENSIONS"]
    if not (_integers(rank) and len(rank) >= 2 and rank[0] == 3 and _integers(sizes) and len(sizes) >= 3):
        raise InputError(f"{path}: its header states no 3-D shape; convert it again, with 3dcopy.")
    shape = (*sizes[:3], rank[1])
    if min(shape) < 0:
        raise InputError(f"{path}: its header claims {'x'.join(map(str, shape))} voxels (damaged); copy it again.")
    return shape


def _dtype(attributes: dict[str, Any], path: Path) -> np.dtype[Any]:
    """Return the type of the stored voxels."""
    types = attributes["BRICK_TYPES"]
    if not (_integers(types) and len(set(types)) == 1):
        raise InputError(f"{path}: its sub-bricks have several types; convert it to one, with 3dcalc -datum float.")
    if types[0] not in _DTYPES:
        known = _OTHER_TYPES.get(types[0])
        if known and " " in known:
            check_dtype(known, path)
        raise InputError(f"{path}: holds voxels of type {types[0]}; convert it, with 3dcalc -datum float.")
    order = ">" if str(attributes["BYTEORDER_STRING"]).strip() == "MSB_FIRST" else "<"
    return np.dtype(order + _DTYPES[types[0]])


def _integers(values: Any) -> bool:
    """Whether an attribute is a list of whole numbers."""
    return isinstance(values, list) and all(isinstance(value, int) for value in values)


def _nibabel_header(attributes: dict[str, Any], path: Path) -> AFNIHeader:
    """Return nibabel's header, which knows the affine and the scale factors."""
    matrix, factors = attributes["IJK_TO_DICOM_REAL"], attributes.get("BRICK_FLOAT_FACS", [])
    n_bricks = attributes["DATASET_RANK"][1]
    if not (isinstance(matrix, list) and len(matrix) == 12 and isinstance(attributes["DELTA"], list)):
        raise InputError(f"{path}: its header states no orientation; convert it again, with 3dcopy.")
    if not isinstance(factors, list) or len(factors) not in (0, 1, n_bricks) or not np.isfinite(factors).all():
        raise InputError(f"{path}: its scale factors are damaged; copy or convert it again.")
    return AFNIHeader({**attributes, "TAXIS_FLOATS": [0.0, 0.0]})


def _scaled(data: Array, scaling: Array | None) -> tuple[Array, float]:
    """Return stored voxels and their slope; real values and 1 where frames have different scale factors."""
    if scaling is None:
        return data, 1.0
    if len(set(scaling.tolist())) == 1:
        return data, float(scaling[0])
    return data.astype(np.float32) * scaling.astype(np.float32), 1.0
