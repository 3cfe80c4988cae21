"""Memory: the allocator takes the settings on glibc, and says where it does not."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest


def test_settings_are_taken():
    code = "from deskull.system.memory import keep_freed_memory; print(keep_freed_memory())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(platform.libc_ver()[0] == "glibc")


def test_what_was_freed_is_given_back_beyond_a_bound():
    """Blocks with others between them, as a batch leaves them: the heap cannot shrink at its end."""
    code = """
import resource
from pathlib import Path
import numpy as np
from deskull.system.memory import give_back_freed_memory, keep_freed_memory

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

keep_freed_memory()
blocks = [np.ones(4_000_000, np.uint8) for _ in range(100)]
blocks = blocks[::10]
print(held(), give_back_freed_memory(10), held(), give_back_freed_memory(0.1), held())
"""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("malloc_trim is glibc's")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, untouched, kept, given, after = done.stdout.split()
    assert (untouched, given) == ("False", "True")
    assert float(kept) >= float(before) - 1 > 400
    assert float(after) < float(before) - 250
