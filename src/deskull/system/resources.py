"""Resources: the cores and the memory that the system, a container or a queue grants this process."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: Maximum default number of threads; measured, more of them do not make a scan faster.
MAX_DEFAULT_THREADS = 8
_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
#: Files with the memory limit and the memory in use of a control group, and the entry of memory.stat for cached files
#: that the system can drop: of cgroup v2 and v1.
_MEMORY_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def usable_cores(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Number of cores that this process may use: limited by the machine, its CPU affinity and its control groups.

    Parameters
    ----------
    proc, cgroups : Path
        Where Linux shows processes and control groups (cgroups(7)).

    Returns
    -------
    int
        At least 1.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = min(map(_core_limit, _own_cgroups("cpu", proc, cgroups)), default=math.inf)
    return cores if limit >= cores else max(1, math.floor(limit))


def default_threads() -> int:
    """Number of threads if the user chooses none: the usable cores, at most `MAX_DEFAULT_THREADS`."""
    return min(usable_cores(), MAX_DEFAULT_THREADS)


def available_gb(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> float:
    """Memory that this process and those it starts can still allocate.

    Parameters
    ----------
    proc, cgroups : Path
        See `usable_cores`.

    Returns
    -------
    float
        In GB; infinite where the system does not report it.
    """
    limits = [math.inf]
    with suppress(OSError, ValueError, StopIteration):
        lines = (proc / "meminfo").read_text().splitlines()
        limits.append(float(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) / 1e6)
    for folder in _own_cgroups("memory", proc, cgroups):
        for limit, usage, droppable in _MEMORY_FILES:
            with suppress(OSError, ValueError):  # "max" means no limit
                room = int((folder / limit).read_text()) - int((folder / usage).read_text())
                limits.append((room + _memory_statistic(folder, droppable)) / 1e9)
    return max(0.0, min(limits))


def total_gb(proc: Path = _PROC) -> float | None:
    """Memory of the machine in GB; None where the system does not report it."""
    with suppress(OSError, ValueError, StopIteration):
        lines = (proc / "meminfo").read_text().splitlines()
        return float(next(line for line in lines if line.startswith("MemTotal")).split()[1]) * 1024 / 1e9
    with suppress(AttributeError, ValueError, OSError):  # macOS
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return None


def memory_limit_gb(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> float | None:
    """Memory that a container or a job of a queue may use, in GB; None without a limit below that of the machine.

    Parameters
    ----------
    proc, cgroups : Path
        See `usable_cores`.
    """
    limits = [math.inf]
    for folder in _own_cgroups("memory", proc, cgroups):
        for name, _, _ in _MEMORY_FILES:
            with suppress(OSError, ValueError):  # "max" means no limit
                limits.append(int((folder / name).read_text()) / 1e9)
    limit = min(limits)
    return limit if limit < (total_gb(proc) or math.inf) else None


def _core_limit(folder: Path) -> float:
    """Processor time that a control group grants, in cores; infinite without a limit (cgroup v2, then v1)."""
    with suppress(OSError, ValueError, ZeroDivisionError):  # "max" means no limit
        quota, period = map(float, (folder / "cpu.max").read_text().split())
        return quota / period
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (float((folder / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
        return quota / period if quota > 0 else math.inf
    return math.inf


def _memory_statistic(folder: Path, name: str) -> int:
    """An entry of a control group's memory.stat, in bytes; 0 where there is none."""
    with suppress(OSError, StopIteration, ValueError):
        lines = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return int(next(value for key, value in lines if key == name))
    return 0


def _own_cgroups(controller: str, proc: Path, cgroups: Path) -> Iterator[Path]:
    """Folders of the control groups that contain this process, for one controller, and of the groups above them."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controllers if controllers else cgroups
        own = root / path.lstrip("/")
        # A container may show its own group as the root, whatever the path says.
        yield from (folder for folder in dict.fromkeys((own, *own.parents, root)) if folder.is_relative_to(root))
