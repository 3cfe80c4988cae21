"""Time and memory of the whole command, by stage, on one scan; and of the two engines.

python benchmarks/speed.py SCAN.nii.gz [--threads 2] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WRAPPER = """
import resource, runpy, sys
sys.argv = ["deskull", *sys.argv[1:]]
try:
    runpy.run_module("deskull", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for engine in ("onnxruntime", "openvino"):
        runs = [once(options.scan, options.threads, engine) for _ in range(options.repeats)]
        report(engine, min(runs, key=lambda run: run[0]))


def once(scan: Path, threads: int, engine: str) -> tuple[float, int, dict[str, float]]:
    """Wall seconds, peak MB and stage seconds of one cold command."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", WRAPPER, "strip", str(scan), "-o", out, "--json"]
        command += ["--threads", str(threads), "--engine", engine]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        wall = time.perf_counter() - start
    return wall, int(done.stderr.split()[-1]), json.loads(done.stdout)["stages"]


def report(engine: str, run: tuple[float, int, dict[str, float]]) -> None:
    """Print a Markdown table of the stages."""
    wall, peak, stages = run
    stages = {"start-up": wall - sum(stages.values()), **stages}
    print(f"\n{engine}: {wall:.2f} s, {peak} MB peak\n\n| stage | s | share |\n|---|---|---|")
    for name, seconds in stages.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / wall:.0f} % |")


main()
