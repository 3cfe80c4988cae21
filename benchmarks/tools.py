"""Tools: run deskull or any other tool on a scan, and measure time and memory."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tool:
    """A command that strips a scan.

    Attributes
    ----------
    name : str
    template : str
        The command, with ``{scan}``, ``{mask}`` and, for a tool that writes several files, ``{folder}``.
    """

    name: str
    template: str

    @classmethod
    def parse(cls, text: str) -> Tool:
        """Read ``NAME=COMMAND``."""
        name, _, template = text.partition("=")
        if "{scan}" not in template:
            raise SystemExit(f"--tool {text}: must be NAME=COMMAND, and contain {{scan}} and {{mask}} or {{folder}}.")
        return cls(name, template)

    def run(self, scan: Path, folder: Path) -> Run:
        """Strip one scan into an empty folder."""
        folder.mkdir(parents=True, exist_ok=True)
        places = {"scan": scan, "mask": folder / "mask.nii.gz", "folder": folder}
        command = [part.format(**places) for part in shlex.split(self.template)]
        start = time.perf_counter()
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds, cpu_seconds = time.perf_counter() - start, used.ru_utime + used.ru_stime
        return Run(folder, process.returncode, seconds, used.ru_maxrss / 1024, cpu_seconds)


@dataclass(frozen=True)
class Run:
    """One run of a tool.

    Attributes
    ----------
    folder : Path
        Folder of the results.
    status : int
        Exit status.
    seconds, peak_mb : float
        Elapsed time, and peak memory in MB.
    cpu_seconds : float
        Processor time of all threads.
    """

    folder: Path
    status: int
    seconds: float
    peak_mb: float
    cpu_seconds: float

    @property
    def mask(self) -> Path | None:
        """The mask, if one was written."""
        return next(iter(sorted(self.folder.glob("*mask*.nii*"))), None)

    @property
    def distance(self) -> Path | None:
        """The signed distance, if one was written; the border can then be chosen."""
        return next(iter(sorted(self.folder.glob("*_distance.nii*"))), None)


def deskull(model: str = "default") -> Tool:
    """Return the command line of deskull with one of its models."""
    parts = (sys.executable, "-m", "deskull", "strip", "{scan}", "-o", "{folder}", "--mask-only", "--distance")
    return Tool(f"deskull {Path(model).stem}", f"{shlex.join(parts)} --model {shlex.quote(model)}")
