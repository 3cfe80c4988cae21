"""Memory: the allocator takes the settings on glibc, and says where it does not."""

from __future__ import annotations

import platform
import subprocess
import sys


def test_settings_are_taken():
    code = "from deskull.memory import keep_freed_memory; print(keep_freed_memory())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(platform.libc_ver()[0] == "glibc")
