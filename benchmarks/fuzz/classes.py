"""Classes of results, and what an error message and a pair of images must be like."""

from __future__ import annotations

import enum
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from benchmarks.fuzz.seeds import Array

#: Longest message, without the file's name.
LONGEST = 400


class Class(enum.Enum):
    """What deskull made of a mutant. Those from `bad_message` on must not occur."""

    sentence = "sentence"
    right = "accepted, right"
    warned = "accepted, differs, warned"
    silent = "accepted, differs, silent"
    bad_message = "bad message"
    not_written = "not written"
    unexplained = "silent, unexplained"
    outside = "outside data read"
    exception = "other exception"
    hang = "hang"
    death = "death"
    memory = "over 2 GB"


ALLOWED = (Class.sentence, Class.right, Class.warned, Class.silent)


@dataclass(frozen=True)
class Reading:
    """An image as a reader gives it.

    Attributes
    ----------
    values : ndarray
        Real values, axes as stored.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS mm.
    """

    values: Array
    affine: Array


def fault_of_message(text: str, path: Path) -> str:
    """Say what is wrong with an error or a warning as a user reads it.

    Parameters
    ----------
    text : str
    path : Path
        The file that was given to deskull.

    Returns
    -------
    str
        Empty if nothing is.
    """
    path = Path("".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(path)))
    pair = re.escape(str(path.parent / path.name.split(".")[0])) + r"\.[\w.]*\w|" + re.escape(str(path))
    rest = re.sub(pair, "", text).replace(str(path.parent.parent / "outside"), "")
    faults = {
        "is not one printable line": not text.isprintable(),
        "does not name the file": not re.search(pair, text),
        "names a temporary path": str(path.parent) in rest or tempfile.gettempdir() + "/" in rest,
        "quotes a traceback or an address": bool(re.search(r"Traceback|0x[0-9a-f]{6}|site-packages", rest)),
        "is too long": len(rest) > LONGEST,
    }
    return next((f"{fault}: {text[:300]!r}" for fault, found in faults.items() if found), "")


def differences(one: Reading, other: Reading) -> list[str]:
    """Say in what two readings of an image differ: ``shape``, ``voxels``, ``affine``."""
    found = []
    if one.values.shape != other.values.shape:
        found.append("shape")
    elif not np.allclose(one.values, other.values, rtol=1e-5, atol=1e-6, equal_nan=True):
        found.append("voxels")
    scale = max(1.0, float(np.abs(other.affine).max()))
    if not np.allclose(one.affine, other.affine, rtol=0, atol=1e-4 * scale):
        found.append("affine")
    return found


def canonical(reading: Reading) -> Reading:
    """Return a reading with its axes in the order and direction nearest to RAS."""
    image = nib.as_closest_canonical(nib.Nifti1Image(reading.values.astype(float), reading.affine))
    return Reading(np.asarray(image.dataobj), np.asarray(image.affine))
