"""Limits: the cores and memory that this process may use, as the system, a container or a queue grants them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: Most threads used when nobody says how many; more do not make a scan faster.
MOST_THREADS = 8
_PROC, _GROUPS = Path("/proc"), Path("/sys/fs/cgroup")
#: Where a limit on memory stands, what is used of it, what of that the system takes back by itself; cgroup v2 and v1.
_MEMORY = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def usable_cores(proc: Path = _PROC, groups: Path = _GROUPS) -> int:
    """Return the number of cores that this process may use: of the machine, by its affinity, by its control groups.

    Parameters
    ----------
    proc, groups : Path
        Where Linux shows processes and control groups (cgroups(7)).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    granted = min(map(_granted_cores, _own_groups("cpu", proc, groups)), default=math.inf)
    return cores if granted >= cores else max(1, math.floor(granted))


def default_threads() -> int:
    """Number of threads used when the user names none: the usable cores, at most 8."""
    return min(usable_cores(), MOST_THREADS)


def available_gb(proc: Path = _PROC, groups: Path = _GROUPS) -> float:
    """Memory that this process and those it starts may still take, in GB; infinite where the system does not say.

    Parameters
    ----------
    proc, groups : Path
        See `usable_cores`.
    """
    found = [float("inf")]
    with suppress(OSError, ValueError, StopIteration):
        lines = (proc / "meminfo").read_text().splitlines()
        found.append(float(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) / 1e6)
    for folder in _own_groups("memory", proc, groups):
        for limit, used, spare in _MEMORY:
            with suppress(OSError, ValueError):  # "max" is no limit
                room = int((folder / limit).read_text()) - int((folder / used).read_text())
                found.append((room + _stat(folder, spare)) / 1e9)
    return max(0.0, min(found))


def _granted_cores(folder: Path) -> float:
    """Share of the processors that a control group grants, in cores; infinite without a limit (cgroup v2, then v1)."""
    with suppress(OSError, ValueError, ZeroDivisionError):  # "max" is no limit
        quota, period = map(float, (folder / "cpu.max").read_text().split())
        return quota / period
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (float((folder / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
        return quota / period if quota > 0 else math.inf
    return math.inf


def _stat(folder: Path, name: str) -> int:
    """A number of a control group's statistics of memory, in bytes; 0 where it is not told."""
    with suppress(OSError, StopIteration, ValueError):
        lines = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return int(next(value for key, value in lines if key == name))
    return 0


def _own_groups(controller: str, proc: Path, groups: Path) -> Iterator[Path]:
    """Folders of the control groups that this process is in, and of those above them, for one controller."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = groups / controllers if controllers else groups
        own = root / path.lstrip("/")
        # A container may show its own group as the root, whatever the path says.
        yield from (folder for folder in dict.fromkeys((own, *own.parents, root)) if folder.is_relative_to(root))
