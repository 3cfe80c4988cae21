"""Strip many scans with one and two processes and on a Dask cluster: speed, memory, open files, and what kills cost.

    python benchmarks/batch.py SCANS OUT [--count 1000] [--kills 10] [--ways one two dask killed scheduler]
                               [--options="--model small"]

SCANS is a folder. Its images are linked under new names until there are `count` of them; the last one is damaged. Each
way strips all of them into a folder of its own, unless it was finished before. In the way ``killed``, workers are
killed at random moments; in ``scheduler``, the scheduler is killed once and started again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from resources import ResourceMonitor

from deskull.batch.outputs import is_result
from deskull.batch.records import read_records
from deskull.formats import split_name

PORT = 18788
ADDRESS = f"tcp://127.0.0.1:{PORT}"
WAYS = ("one", "two", "dask", "killed", "scheduler")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--options", default="", help="of deskull strip, in one argument")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    options = parser.parse_args()
    scans = link(options.scans, options.out / "in", options.count)
    for way in options.ways:
        measured = options.out / f"{way}.json"
        if not measured.exists():
            measured.write_text(json.dumps(measure(way, scans, options), indent=2))
    report({way: json.loads((options.out / f"{way}.json").read_text()) for way in options.ways})


def link(source: Path, folder: Path, count: int) -> Path:
    """Create a folder of `count` links to the 3-D scans of another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    images = [p for p in sorted(source.rglob("*.nii.gz")) if not is_result(p) and "_mask" not in p.name]
    images = [path for path in images if "_roi" not in path.name]
    for number in range(count):
        image = images[number % len(images)]
        link = folder / f"{number // 100:02d}" / f"{number:04d}_{split_name(image)[0]}.nii.gz"
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(image.resolve())
    link.unlink()
    link.write_bytes(b"no image")
    return folder


def measure(way: str, scans: Path, options: argparse.Namespace) -> dict[str, float]:
    """Strip all scans in one way, and return what was measured."""
    out = options.out / way
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "deskull", "strip", str(scans), "-o", str(out), "--mask-only", "--frame", "mean"]
    command += shlex.split(options.options)
    local = way in ("one", "two")
    command += ["--jobs", "1" if way == "one" else "2", "--threads", "1"] if local else ["--scheduler", ADDRESS]
    temporary = options.out / f"{way}.tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    resources = ResourceMonitor(temporary, lambda: _count_masks(out))
    os.environ["TMPDIR"] = str(temporary)
    dask = None if local else Dask()
    stop = threading.Event()
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(options.out / f"{way}.log").open("w"))
    resources.follow(process.pid if local else os.getpid())
    kills: list[str] = []
    if way == "killed":
        threading.Thread(target=kill_workers(dask, options.kills, stop, kills), daemon=True).start()
    if way == "scheduler":
        threading.Thread(target=kill_scheduler(dask, stop, kills), daemon=True).start()
    status = process.wait()
    seconds = time.monotonic() - start
    stop.set()
    held = resources.end()
    if dask:
        dask.end()
    rows = read_records(out / "deskull.tsv")
    return {
        "seconds": seconds,
        "status": status,
        "scans": options.count,
        "recorded": len(rows),
        "failed": sum(row["status"] == "failed" for row in rows.values()),
        "masks": _count_masks(out),
        "partials": sum(1 for _ in out.rglob(".*partial*")),
        "kills": len(kills),
        "temporary": sum(1 for path in temporary.rglob("*") if path.is_file()),
        **held,
    }


def _count_masks(folder: Path) -> int:
    """Return the number of masks beneath a folder."""
    return sum(1 for _ in folder.rglob("*_brainmask.nii.gz"))


class Dask:
    """A scheduler and two workers of one thread each; workers that end are started again, as on a cluster."""

    def __init__(self) -> None:
        self.ending = False
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(PORT))
        self.workers = [self._worker(), self._worker()]
        threading.Thread(target=self._restart_workers, daemon=True).start()

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, *options, "--no-dashboard"]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, **silent, cwd=tempfile.gettempdir())

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", ADDRESS, "--nthreads", "1", "--no-nanny")

    def _restart_workers(self) -> None:
        """Start workers again when they have ended."""
        while not self.ending:
            time.sleep(0.5)
            self.workers = [worker if worker.poll() is None else self._worker() for worker in self.workers]

    def restart_scheduler(self) -> None:
        """Kill the scheduler and start another one at its address."""
        self.scheduler.kill()
        self.scheduler.wait()
        time.sleep(3)
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(PORT))

    def end(self) -> None:
        self.ending = True
        time.sleep(1)
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def kill_workers(dask: Dask, count: int, stop: threading.Event, kills: list[str]) -> Callable[[], None]:
    """Return a function that kills workers at random moments."""
    rng = random.Random(1)

    def run() -> None:
        while len(kills) < count and not stop.wait(rng.uniform(5, 25)):
            rng.choice(dask.workers).send_signal(signal.SIGKILL)
            kills.append("worker")

    return run


def kill_scheduler(dask: Dask, stop: threading.Event, kills: list[str]) -> Callable[[], None]:
    """Return a function that kills the scheduler once and starts it again."""

    def run() -> None:
        if not stop.wait(40):
            dask.restart_scheduler()
            kills.append("scheduler")

    return run


def report(measured: dict[str, dict[str, float]]) -> None:
    """Print a Markdown table."""
    headings = (
        "way",
        "scans per hour",
        "speed-up",
        "masks",
        "failed",
        "partial files",
        "kills",
        *(f"{words} at {when}" for words in ("MB", "open files", "scans per hour") for when in ("first", "last")),
        "temporary files left",
    )
    print(f"| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    alone = measured.get("one", {}).get("seconds")
    for way, row in measured.items():
        speed = f"{alone / row['seconds']:.2f}" if alone else "-"
        cells = (way, f"{3600 * row['scans'] / row['seconds']:.0f}", speed, f"{row['masks']:.0f} of {row['scans']:.0f}")
        numbers = (f"{row[key]:.0f}" for key in ("failed", "partials", "kills"))
        held = (f"{row[f'{when}_{key}']:.0f}" for key in ("mb", "open_files", "per_hour") for when in ("first", "last"))
        print(f"| {' | '.join((*cells, *numbers, *held, str(row['temporary'])))} |")


if __name__ == "__main__":
    main()
