"""MINC 2 (HDF5), read in a process of its own with limits on its memory and time.

HDF5 is read by a C library, whose decompression is not bounded by what the header promises. So that a damaged or
hostile file can end no more than one process, the library is loaded only in `deskull.formats.minc2_process`, which
takes about a second to start. It is a program rather than a process of `multiprocessing`: that would run the caller's
script again where it has no ``if __name__ == "__main__"``, and what it sends back would be unpickled here, whereas the
answer of this program is one line of JSON and the bytes of an array.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import numpy as np

from deskull.errors import InputError, UsageError
from deskull.formats.files import file_size, open_regular
from deskull.formats.limits import check_count
from deskull.system.installation import install_command
from deskull.volume import Affine, FloatArray

#: Time limit in seconds: for the start of the process on a busy computer, and for each byte of a slow disk.
START_SECONDS, SECONDS_PER_BYTE = 60.0, 1e-6
_LONGEST_LINE = 1 << 16


def read_minc2(path: Path) -> tuple[FloatArray, Affine]:
    """Read a MINC 2 file in a process of its own.

    Parameters
    ----------
    path : Path

    Returns
    -------
    values : ndarray, 3-D or 4-D, float32
        Real values; time is the last axis.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm; not yet checked.

    Raises
    ------
    InputError
        If the file is damaged, or not a scan, or its reading ends the process or takes too long.
    UsageError
        If h5py is not installed.
    """
    if importlib.util.find_spec("h5py") is None:
        raise UsageError(f"h5py: is not installed, which MINC 2 needs; {install_command('minc')}.")
    with open_regular(path) as file:
        seconds = START_SECONDS + SECONDS_PER_BYTE * file_size(file)
        command = [sys.executable, "-P", "-m", "deskull.formats.minc2_process", str(path), str(int(seconds) + 1)]
        process = subprocess.Popen(
            command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        )
    assert process.stdout is not None
    deadline, timer = time.monotonic() + seconds, threading.Timer(seconds, process.kill)
    timer.start()
    try:
        answer = _receive(process.stdout, path)
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()
        process.wait()
    if answer is None:
        fault = "takes too long to read" if time.monotonic() > deadline else "ends the process that reads it"
        raise InputError(f"{path}: {fault} (damaged, or not what its name says); copy or convert it again.")
    return answer


def _receive(stream: IO[bytes], path: Path) -> tuple[FloatArray, Affine] | None:
    """Return what the process sends; None if it ends before it has sent everything.

    Raises
    ------
    InputError
        If that is an error.
    """
    try:
        header = json.loads(stream.readline(_LONGEST_LINE))
    except ValueError:
        return None
    if "error" in header:
        raise InputError(header["error"])
    check_count(tuple(header["shape"]), path, np.float32)
    values = np.empty(header["shape"], "<f4")
    complete = stream.readinto(values.data.cast("B")) == values.nbytes  # type: ignore[attr-defined]
    return (values, np.array(header["affine"])) if complete else None


def _environment() -> dict[str, str]:
    """Return the environment of the process: modules from the same folders, one thread, and no plug-ins of HDF5."""
    folders = [folder or str(Path.cwd()) for folder in sys.path]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(folders),
        "OPENBLAS_NUM_THREADS": "1",
        "HDF5_PLUGIN_PRELOAD": "::",
    }
