"""Machine: what is known of the computer, its processor and its memory, for reports of faults and for provenance."""

from __future__ import annotations

import importlib
import math
import os
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from deskull.system.resources import available_gb, memory_limit_gb, total_gb, usable_cores

_CPUINFO = Path("/proc/cpuinfo")
#: Instruction sets that decide how fast a network runs and how it rounds, by the names of Linux: of x86 and of ARM.
INSTRUCTION_SETS = (
    "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_bf16", "amx_int8",
    "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve",
)  # fmt: skip
#: What NumPy calls some of them.
_NAMES_OF_NUMPY = {"fma3": "fma", "avx512_icl": "avx512_vnni", "avx512_spr": "avx512_bf16"}


def cpu_model(cpuinfo: Path = _CPUINFO) -> str:
    """Return the name of the processor, as its maker or at least the system has it; empty if nothing tells."""
    for key in ("model name", "Hardware", "Model"):
        if value := _cpuinfo_entry(cpuinfo, key):
            return value
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    return platform.processor()


def instruction_sets(cpuinfo: Path = _CPUINFO) -> list[str] | None:
    """Return those of `INSTRUCTION_SETS` that the processor has; None if nothing tells.

    Parameters
    ----------
    cpuinfo : Path
        Where Linux lists them; elsewhere NumPy tells.
    """
    flags = set((_cpuinfo_entry(cpuinfo, "flags") or _cpuinfo_entry(cpuinfo, "Features")).split()) or _numpy_flags()
    return [name for name in INSTRUCTION_SETS if name in flags] if flags else None


@cache
def describe_machine() -> dict[str, Any]:
    """Return the class of this machine: ``cpu``, ``instruction_sets``, ``cores``, ``system`` and ``python``.

    It holds no name of the machine or of its user.
    """
    return {
        "cpu": cpu_model(),
        "instruction_sets": instruction_sets(),
        "cores": usable_cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def describe_memory() -> dict[str, float | None]:
    """Return the memory of the machine, what a container grants of it, and what is free, in GB; None if unknown."""
    free = available_gb()
    amounts = {"total_gb": total_gb(), "limit_gb": memory_limit_gb(), "free_gb": None if math.isinf(free) else free}
    return {name: None if amount is None else round(amount, 2) for name, amount in amounts.items()}


def all_cores() -> int:
    """Return the number of cores of the machine, usable or not."""
    return os.cpu_count() or 1


def _cpuinfo_entry(cpuinfo: Path, key: str) -> str:
    """An entry of the first processor; empty if there is none."""
    with suppress(OSError, StopIteration, UnicodeDecodeError):
        lines = (line.partition(":") for line in cpuinfo.read_text().splitlines())
        return next(value.strip() for name, _, value in lines if name.strip() == key)
    return ""


def _numpy_flags() -> set[str]:
    """Instruction sets that NumPy has found; it does not promise to tell."""
    for module in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        with suppress(ImportError, AttributeError):
            found = (name.lower() for name, has in importlib.import_module(module).__cpu_features__.items() if has)
            return {_NAMES_OF_NUMPY.get(name, name) for name in found}
    return set()
