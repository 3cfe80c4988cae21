"""Memory: keeping large freed blocks, as page faults cost more than the arithmetic on them, within a bound."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_freed_memory(pad_mib: int = 64) -> bool:
    """Tell glibc to reuse freed blocks instead of returning them to the system (mallopt(3)).

    Volumes of tens of MB are made and dropped all the time here; by default each is mapped anew and every
    page of it faults. Measured on training: 1.26 s a step before, 0.90 s after.

    Parameters
    ----------
    pad_mib : int
        How much more than asked for to take from the system each time, in MiB.

    Returns
    -------
    bool
        Whether it was done; False where the C library is not glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, pad_mib << 20))
    return all(mallopt(name, value) == 1 for name, value in settings)


def give_back_freed_memory(above_gb: float) -> bool:
    """Give freed blocks back to the system if the process holds more than so much memory (malloc_trim(3)).

    What is kept is cut up more and more over hundreds of scans, so that a process would slowly grow.

    Parameters
    ----------
    above_gb : float
        What it may hold, in GB.

    Returns
    -------
    bool
        Whether anything was given back; False also where the C library is not glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        if pages * os.sysconf("SC_PAGE_SIZE") < above_gb * 1e9:
            return False
        return bool(ctypes.CDLL("libc.so.6").malloc_trim(64 << 20))
    except (OSError, AttributeError):
        return False
