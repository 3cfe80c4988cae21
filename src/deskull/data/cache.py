"""Cache: files of prepared cases, written atomically and read without trusting them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from deskull.errors import InputError
from deskull.system.atomic import atomic_path

#: Arrays of a file and their types.
_DTYPES = {"image": np.float16, "distance": np.float16, "valid": np.uint8}
#: What reading a damaged or hostile file raises.
_DAMAGE = (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scan and its mask on the network's grid.

    Attributes
    ----------
    image : ndarray of float16, shape (k x, k y, k z)
        The scan as the network receives it; `k` is the network's stride.
    distance : ndarray of float16, shape (x, y, z)
        Signed distance in mm to the surface of the mask, negative inside, on the grid of the network's output.
    valid : ndarray of uint8, shape (x, y, z)
        1 where the mask can be trusted: in the field of view, and in the region of interest if there is one.
    """

    image: npt.NDArray[np.float16]
    distance: npt.NDArray[np.float16]
    valid: npt.NDArray[np.uint8]


def save_prepared(prepared: Prepared, path: Path) -> None:
    """Write a prepared case atomically.

    Parameters
    ----------
    prepared : Prepared
    path : Path
        An uncompressed ``.npz`` file; an existing one is replaced.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with atomic_path(path, overwrite=True) as unfinished, unfinished.open("wb") as file:
        np.savez(file, image=prepared.image, distance=prepared.distance, valid=prepared.valid)


def load_prepared(path: Path) -> Prepared:
    """Read a prepared case.

    The file is not trusted: objects are never unpickled, nothing is decompressed, and no array is larger than its
    part of the file.

    Parameters
    ----------
    path : Path
        File written by `save_prepared`.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        If the file is missing, damaged or something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            arrays: dict[str, Any] = {name: _read_array(archive, name) for name in _DTYPES}
        prepared = Prepared(**arrays)
        if prepared.distance.ndim != 3 or prepared.distance.shape != prepared.valid.shape or prepared.image.ndim != 3:
            raise ValueError("its arrays do not fit together")
    except _DAMAGE as error:
        raise InputError(f"{path}: is damaged ({error}); delete it and prepare the case again.") from error
    return prepared


def _read_array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[np.generic]:
    """Read an array whose type and size are as expected, without unpickling."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError("it is compressed")
    with archive.open(entry) as file:
        if npy.read_magic(file) != (1, 0):
            raise ValueError("it has an unknown version")
        shape, fortran_order, dtype = npy.read_array_header_1_0(file)
        data = bytearray(file.read())
    expected = np.dtype(_DTYPES[name])
    n_voxels = 1
    for size in shape:
        n_voxels *= size
    if dtype != expected or min(shape, default=0) < 1 or n_voxels * expected.itemsize != len(data):
        raise ValueError(f"{name} is not what its header promises")
    return np.frombuffer(data, expected).reshape(shape, order="F" if fortran_order else "C")
