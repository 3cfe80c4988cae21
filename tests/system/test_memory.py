"""Memory: freed blocks are kept for reuse and returned beyond a bound, where the C library is glibc."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest


def test_settings_are_accepted_on_glibc_alone():
    code = "from deskull.system.memory import keep_freed_memory; print(keep_freed_memory())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(platform.libc_ver()[0] == "glibc")


def test_freed_memory_is_returned_beyond_a_bound():
    """Freed blocks lie between used ones, as after many scans, so that the heap cannot shrink at its end."""
    code = """
import resource
from pathlib import Path
import numpy as np
from deskull.system.memory import return_freed_memory, keep_freed_memory

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

keep_freed_memory()
blocks = [np.ones(4_000_000, np.uint8) for _ in range(100)]
blocks = blocks[::10]
print(held(), return_freed_memory(10), held(), return_freed_memory(0.1), held())
"""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("malloc_trim is glibc's")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, untouched, kept, given, after = done.stdout.split()
    assert (untouched, given) == ("False", "True")
    assert float(kept) >= float(before) - 1 > 400
    assert float(after) < float(before) - 250
