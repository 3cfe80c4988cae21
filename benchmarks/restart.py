"""Kill the supervised pipeline at random moments; it must end with the same files.

    python benchmarks/restart.py LABELMAPS OUT [--kills 10] [--seed 1]

Runs the documented commands on six synthesised heads with a small recipe, once undisturbed and once with the running
command killed (SIGKILL, with all its processes) at random moments and given again. Then compares every file: bytes, for
checkpoints what they hold.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

MAPS = ("synthseg_01", "synthseg_02", "synthseg_03", "synthseg_04", "scatterbrains_01", "scatterbrains_13")
RECIPE = "channels: [8, 16, 32]\nepochs: 6\nrate: 0.005\nvoxel: 4.0\nsizes: [[48], [48, 64], [48]]\nema: 0.9\n"
COMMANDS = (
    "data synthesise-nfbs nfbs --labelmaps maps --cache anatomies",
    "data index nfbs -o nfbs/dataset.csv",
    "data prepare nfbs/dataset.csv -o cache --recipe small.yaml",
    "train small.yaml --data nfbs/dataset.csv --cache cache -o run --resume",
    "export run -o small.onnx --overwrite",
    "strip nfbs/dataset.csv --split validation --model small.onnx -o stripped --resume",
    "evaluate stripped nfbs/dataset.csv --split validation --html report.html --json scores.json --overwrite",
)
#: What may differ: how fast it went, and logs that grow with every start.
MAY_DIFFER = ("speed.json", "events.out.tfevents")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelmaps", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    work = options.out / "work"  # one folder for both: checkpoints remember where they lie
    seconds = pipeline(begin(work, options.labelmaps), {})
    shutil.rmtree(options.out / "whole", ignore_errors=True)
    work.rename(options.out / "whole")
    print(f"undisturbed: {sum(seconds):.0f} s")
    pipeline(begin(work, options.labelmaps), draw_kills(seconds, options.kills, random.Random(options.seed)))
    report(options.out / "whole", work)


def draw_kills(seconds: list[float], count: int, rng: random.Random) -> dict[int, list[float]]:
    """Moments at which to kill: seconds into an attempt, by command; longer commands are hit more often."""
    kills: dict[int, list[float]] = {}
    for number in rng.choices(range(len(seconds)), seconds, k=count):
        kills.setdefault(number, []).append(rng.uniform(0, seconds[number]))
    return kills


def begin(work: Path, labelmaps: Path) -> Path:
    """An empty folder with the label maps and the recipe."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "maps").mkdir(parents=True)
    for name in MAPS:
        (work / "maps" / f"{name}.nii.gz").symlink_to((labelmaps / f"{name}.nii.gz").resolve())
    (work / "small.yaml").write_text(RECIPE)
    return work


def pipeline(work: Path, kills: dict[int, list[float]]) -> list[float]:
    """Run all commands, each until it ends by itself; returns the seconds of each."""
    seconds = []
    for number, command in enumerate(COMMANDS):
        start = time.monotonic()
        for moment in kills.get(number, []):
            print(f"deskull {command}: {attempt(work, command, moment)}", flush=True)
        if attempt(work, command, None) != "ended":
            sys.exit(f"failed: {command}")
        seconds.append(time.monotonic() - start)
    return seconds


def attempt(work: Path, command: str, moment: float | None) -> str:
    """Run a command, killed after so many seconds; says what became of it."""
    arguments = [sys.executable, "-m", "deskull", *command.split()]
    process = subprocess.Popen(arguments, cwd=work, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        return "failed" if process.wait(moment) else "ended"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"killed after {moment:.1f} s"


def report(whole: Path, broken: Path) -> None:
    """Say which files differ, are missing or left over."""
    names = [{str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()} for root in (whole, broken)]
    one, other = ({n for n in found if not any(part in n for part in MAY_DIFFER)} for found in names)
    differ = [name for name in sorted(one & other) if not same_file(whole / name, broken / name)]
    print(f"{len(one & other)} files compared, {len(differ)} differ, {len(one ^ other)} missing or left over")
    for name in [*differ, *sorted(one ^ other)]:
        print(f"  {name}")
    sys.exit(bool(differ or one ^ other))


def same_file(one: Path, other: Path) -> bool:
    if one.suffix != ".ckpt":
        return one.read_bytes() == other.read_bytes()
    return same(torch.load(one, weights_only=False), torch.load(other, weights_only=False))


def same(one, other) -> bool:
    """Whether two nested structures hold the same."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


main()
