"""Time and memory: one cold command by stage, one scan after another in a warm process, and a rough floor.

    python benchmarks/speed.py SCAN.nii.gz [--model default] [--threads 2] [--repeats 5]

The floor is the network's arithmetic at the speed that this machine multiplies matrices, plus gzip's time for the bytes
read and written: what no program with this network could beat.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tools import Tool

from deskull import Stripper, formats
from deskull.models import load_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for engine in ("onnxruntime", "openvino"):
        cold(options, engine)
        warm(options, engine)
    floor(options)


def cold(options: argparse.Namespace, engine: str) -> None:
    """One command after another, each from a new process: the median run by stage."""
    command = (
        f"{sys.executable} -m deskull strip {{scan}} -o {{folder}} --json --model {options.model} --engine {engine}"
    )
    tool = Tool(engine, f"{command} --threads {options.threads}")
    with tempfile.TemporaryDirectory() as scratch:
        runs = [tool.run(options.scan, Path(scratch) / str(n)) for n in range(options.repeats)]
        run = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
        stages = json.loads((run.folder / "log.txt").read_text().splitlines()[-1])["stages"]
    print(f"\n{engine}, cold: {run.seconds:.2f} s (median of {len(runs)}), {run.peak_mb:.0f} MB peak\n")
    table({"start-up and end": run.seconds - sum(stages.values()), **stages}, run.seconds)


def warm(options: argparse.Namespace, engine: str) -> None:
    """One scan after another in one process, files read and written."""
    script = (
        "import sys, time; from pathlib import Path; from deskull import Stripper; from deskull.formats import write\n"
        "scan, out, model, threads, engine, repeats = sys.argv[1:]\n"
        "stripper = Stripper(model, int(threads), engine)\n"
        "for n in range(int(repeats) + 1):\n"
        "    start = time.perf_counter()\n"
        "    result = stripper.strip(scan)\n"
        "    inside = time.perf_counter() - start - sum(result.seconds.values())\n"
        "    write(result.mask, Path(out) / f'm{n}.nii.gz')\n"
        "    write(result.brain, Path(out) / f'b{n}.nii.gz')\n"
        "    print(time.perf_counter() - start, inside)\n"
    )
    with tempfile.TemporaryDirectory() as out:
        facts = (options.scan, out, options.model, options.threads, engine, options.repeats)
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, facts)], capture_output=True, text=True, check=True
        )
    seconds, overhead = np.array([line.split() for line in done.stdout.splitlines()][1:], float).T
    print(f"\n{engine}, warm: {np.median(seconds):.2f} s a scan, {3600 / np.median(seconds):.0f} scans an hour;")
    print(f"Python outside the stages: {1000 * np.median(overhead):.1f} ms a scan")


def table(stages: dict[str, float], whole: float) -> None:
    """Print seconds and shares."""
    print("| stage | s | share |\n|---|---|---|")
    for name, seconds in stages.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / whole:.0f} % |")


def floor(options: argparse.Namespace) -> None:
    """The least that this network could take here."""
    model, scan = load_model(options.model), formats.read(options.scan)
    stride = model.preprocessing.stride
    grid = [size // stride for size in model.preprocessing.apply(scan).data.shape]
    work = 2 * multiplications(model.card["recipe"]["channels"], stride) * np.prod(grid)
    peak = peak_speed(options.threads)
    packed = gzip_seconds(options.scan, Stripper(options.model, options.threads).strip(scan))
    print(f"\nfloor: {work / 1e9:.0f} GFLOP on a grid of {' x '.join(map(str, grid))} at {peak / 1e9:.0f} GFLOP/s: ")
    print(f"{work / peak:.2f} s; gzip in and out, one thread: {packed:.2f} s; together {work / peak + packed:.2f} s")


def multiplications(channels: list[int], stride: int) -> float:
    """Multiplications of the U-Net's convolutions for one voxel of its answer, which sees stride^3 of the image."""
    finer, count = channels[:-1], 0.0
    for level, (before, features) in enumerate(zip([stride**3, *finer], channels, strict=True)):
        count += 27 * (before + features) * features / 8**level
    for level, (features, below) in enumerate(zip(finer, channels[1:], strict=True)):
        count += (27 * 3 * features * features + features * below / 8) / 8**level
    return count


def peak_speed(threads: int) -> float:
    """Operations a second of a large matrix product in 32 bits."""
    size = 3072
    script = (
        f"import numpy as np, time; a = np.ones(({size}, {size}), np.float32); a @ a; best = 9.0\n"
        "for _ in range(5):\n    start = time.perf_counter(); a @ a; best = min(best, time.perf_counter() - start)\n"
        "print(best)"
    )
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=limits)
    return 2 * size**3 / float(done.stdout)


def gzip_seconds(scan: Path, result) -> float:
    """Seconds to unpack a scan and pack its mask and brain at gzip's fastest level."""
    start = time.perf_counter()
    if scan.suffix == ".gz":
        with gzip.open(scan) as file, tempfile.TemporaryFile() as sink:
            shutil.copyfileobj(file, sink)
    for volume in (result.mask, result.brain):
        gzip.compress(volume.data.tobytes(order="F"), 1)
    return time.perf_counter() - start


main()
