"""Measure time and memory: of a command by stage, of a process that strips scan after scan, and a lower bound.

    python benchmarks/speed.py SCAN.nii.gz [--model default] [--threads 2] [--repeats 5]

The lower bound is the time of the network's arithmetic at the speed at which this machine multiplies matrices, plus the
time of gzip for the bytes that are read and written: no program with this network could be faster. The ratio is that of
the command's time to it.
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
    seconds = {}
    for engine in ("onnxruntime", "openvino"):
        seconds[engine] = measure_command(options, engine)
        measure_process(options, engine)
    bound = report_lower_bound(options)
    print("ratio to it: " + ", ".join(f"{engine} {took / bound:.1f}" for engine, took in seconds.items()))


def measure_command(options: argparse.Namespace, engine: str) -> float:
    """Run the command several times, and report the stages of the run with the median time; return that time."""
    command = (
        f"{sys.executable} -m deskull strip {{scan}} -o {{folder}} --json --model {options.model} --engine {engine}"
    )
    tool = Tool(engine, f"{command} --threads {options.threads}")
    with tempfile.TemporaryDirectory() as scratch:
        runs = [tool.run(options.scan, Path(scratch) / str(n)) for n in range(options.repeats)]
        run = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
        cpu_seconds = float(np.median([run.cpu_seconds for run in runs]))
        stages = json.loads((run.folder / "log.txt").read_text().splitlines()[-1])["stages"]
    print(f"\n{engine}, command: {run.seconds:.2f} s, {cpu_seconds:.2f} CPU s, {run.peak_mb:.0f} MB peak (medians)\n")
    print_stages({"start-up and end": run.seconds - sum(stages.values()), **stages}, run.seconds)
    return run.seconds


def measure_process(options: argparse.Namespace, engine: str) -> None:
    """Strip one scan after another in one process, with files read and written."""
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
    print(
        f"\n{engine}, one process: {np.median(seconds):.2f} s per scan, {3600 / np.median(seconds):.0f} scans per hour;"
    )
    print(f"Python outside the stages: {1000 * np.median(overhead):.1f} ms per scan")


def print_stages(stages: dict[str, float], total: float) -> None:
    """Print the seconds of each stage, and their percentage of the total."""
    print("| stage | s | % |\n|---|---|---|")
    for name, seconds in stages.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / total:.0f} |")


def report_lower_bound(options: argparse.Namespace) -> float:
    """Print and return the time that this network takes at least on this machine."""
    model, scan = load_model(options.model), formats.read(options.scan)
    stride = model.preprocessing.stride
    grid = [size // stride for size in model.preprocessing.apply(scan).data.shape]
    n_operations = 2 * multiplications(model.card["recipe"]["channels"], stride) * np.prod(grid)
    peak = peak_speed(options.threads)
    compression = gzip_seconds(options.scan, Stripper(options.model, options.threads).strip(scan))
    size = " x ".join(map(str, grid))
    print(f"\nlower bound: {n_operations / 1e9:.0f} GFLOP on a grid of {size} at {peak / 1e9:.0f} GFLOP/s: ")
    network = n_operations / peak
    print(f"{network:.2f} s; gzip, one thread: {compression:.2f} s; together {network + compression:.2f} s")
    return network + compression


def multiplications(channels: list[int], stride: int) -> float:
    """Count the multiplications of the U-Net for one voxel of its output, which covers stride^3 voxels of the image.

    In decoders, features from the coarser level take 8 multiplications each (`deskull.train.network.rearranged`).
    """
    finer, count = channels[:-1], 0.0
    for level, (before, features) in enumerate(zip([stride**3, *finer], channels, strict=True)):
        count += 27 * (before + features) * features / 8**level
    for level, (features, below) in enumerate(zip(finer, channels[1:], strict=True)):
        count += ((8 + 2 * 27) * features * features + features * below / 8) / 8**level
    return count


def peak_speed(threads: int) -> float:
    """Measure the operations per second of a large matrix product in 32 bits."""
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
    """Measure the seconds to decompress a scan and compress its mask and brain at gzip's fastest level."""
    start = time.perf_counter()
    if scan.suffix == ".gz":
        with gzip.open(scan) as file, tempfile.TemporaryFile() as sink:
            shutil.copyfileobj(file, sink)
    for volume in (result.mask, result.brain):
        gzip.compress(volume.data.tobytes(order="F"), 1)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
