"""What a process and its descendants hold over time: memory, open files, temporary files; and the results they made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Sample:
    """One look at the processes."""

    seconds: float
    mb: float
    open_files: int
    temporary_files: int
    results: int


class ResourceMonitor:
    """Looks at a process and its descendants every few seconds.

    Parameters
    ----------
    temporary : Path
        Folder whose files are counted: that of `TMPDIR`.
    count_results : callable
        Returns how many results there are.
    interval : float
        Seconds between two looks.
    """

    def __init__(self, temporary: Path, count_results: Callable[[], int], interval: float = 5.0) -> None:
        self.samples: list[Sample] = []
        self._temporary, self._count_results, self._interval = temporary, count_results, interval
        self._stop = threading.Event()

    def follow(self, pid: int) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, args=(pid,), daemon=True).start()

    def end(self) -> dict[str, float]:
        """Return medians over the second and the last fifth of the time, and the speed in both."""
        self._stop.set()
        fifth = max(1, len(self.samples) // 5)
        parts = {"first": self.samples[fifth : 2 * fifth + 1], "last": self.samples[-fifth - 1 :]}
        measured: dict[str, float] = {}
        for name, part in parts.items():
            if len(part) < 2:
                continue
            for field in ("mb", "open_files", "temporary_files"):
                measured[f"{name}_{field}"] = median(getattr(sample, field) for sample in part)
            seconds = part[-1].seconds - part[0].seconds
            measured[f"{name}_per_hour"] = 3600 * (part[-1].results - part[0].results) / seconds
        return measured

    def _run(self, pid: int) -> None:
        seconds = 0.0
        while not self._stop.wait(self._interval):
            seconds += self._interval
            family = _family(pid)
            memory, files = sum(map(_resident_mb, family)), sum(map(_open_files, family))
            temporary = sum(1 for path in self._temporary.rglob("*") if path.is_file())
            self.samples.append(Sample(seconds, memory, files, temporary, self._count_results()))


def _family(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    family = [pid]
    for process in family:
        with suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                family += [int(child) for child in (thread / "children").read_text().split()]
    return family


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process; 0 if it has ended."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    return 0.0


def _open_files(pid: int) -> int:
    """Return the number of file handles of a process; 0 if it has ended."""
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0
