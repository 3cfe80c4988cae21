"""Running: one command with a time limit, its output in a file, its time and memory measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: How much of the end of a log is searched for its last line, in bytes; and the longest line that is quoted.
_LOG_END, _LONGEST_LINE = 4096, 200
#: Unit of ``ru_maxrss`` in bytes: kilobytes on Linux, bytes on macOS (getrusage(2)).
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Usage:
    """How a command ended, and what it took.

    Attributes
    ----------
    fault : str
        Why it failed, as the second part of a sentence; '' if it ended with status 0.
    wall_s, cpu_s : float
        Elapsed time, and processor time of all its threads and of the processes it waited for, in s.
    peak_mb : float
        Largest memory (resident set) of its largest process, in MB.
    """

    fault: str
    wall_s: float
    cpu_s: float
    peak_mb: float


def run_command(command: Sequence[str], log: Path, timeout: float) -> Usage:
    """Run a command without a shell and without input.

    It and all that it has started are killed at the time limit, and if this process is interrupted.

    Parameters
    ----------
    command : sequence of str
    log : Path
        File for its standard output and its errors.
    timeout : float
        In s.

    Returns
    -------
    Usage
    """
    start = time.perf_counter()
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            reason = f"cannot be started ({error.strerror or error}); check that {command[0]} is installed"
            output.write(f"{reason}\n".encode(errors="backslashreplace"))
            return Usage(reason, 0.0, 0.0, 0.0)
        return _wait(process, log, timeout, start)


def _wait(process: subprocess.Popen[bytes], log: Path, timeout: float, start: float) -> Usage:
    """Wait for the end of a process, or its time limit."""
    timed_out = threading.Event()

    def end() -> None:
        """Kill the process at its time limit."""
        timed_out.set()
        _kill_group(process.pid)

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:
        _kill_group(process.pid)
        process.wait()
        raise
    finally:
        timer.cancel()
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    _kill_group(process.pid)  # what it has left running
    fault = f"took longer than {timeout:g} s" if timed_out.is_set() else _fault(process.returncode, log)
    return Usage(fault, wall, used.ru_utime + used.ru_stime, used.ru_maxrss * _RSS_UNIT / 1e6)


def _kill_group(group: int) -> None:
    """Kill all processes of a group that there still are."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _fault(status: int, log: Path) -> str:
    """Say how a command failed, with the last line of its output; '' if it did not."""
    if status == 0:
        return ""
    how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
    last = last_line(log)
    return f"{how} ({last})" if last else how


def last_line(log: Path) -> str:
    """Return the last line of a log that is not empty, shortened; '' if there is none.

    Parameters
    ----------
    log : Path
    """
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_END))
        lines = file.read().decode(errors="replace").splitlines()
    text = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return "".join(char if char.isprintable() else " " for char in text)[:_LONGEST_LINE]
