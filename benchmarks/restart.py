"""Kill the commands of a supervised training at random moments, and check that the same files result.

    python benchmarks/restart.py LABELMAPS OUT [--kills 10] [--seed 1]

Runs the documented commands on six synthetic heads with a small recipe: once without interruption, and once with the
running command killed (SIGKILL, with all its processes) at random moments and repeated. All files are then compared,
checkpoints by the values that they contain.
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
#: Files that may differ: measured speeds, and logs that grow with every start.
MAY_DIFFER = ("speed.json", "events.out.tfevents")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelmaps", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    work = options.out / "work"  # both runs use the same folder: checkpoints contain its path
    seconds = run_commands(prepare_folder(work, options.labelmaps), {})
    uninterrupted = options.out / "uninterrupted"
    shutil.rmtree(uninterrupted, ignore_errors=True)
    work.rename(uninterrupted)
    print(f"uninterrupted: {sum(seconds):.0f} s")
    kills = draw_kills(seconds, options.kills, random.Random(options.seed))
    run_commands(prepare_folder(work, options.labelmaps), kills)
    report(uninterrupted, work)


def draw_kills(seconds: list[float], count: int, rng: random.Random) -> dict[int, list[float]]:
    """Draw the seconds after which attempts are killed, by command; longer commands are killed more often."""
    kills: dict[int, list[float]] = {}
    for number in rng.choices(range(len(seconds)), seconds, k=count):
        kills.setdefault(number, []).append(rng.uniform(0, seconds[number]))
    return kills


def prepare_folder(work: Path, labelmaps: Path) -> Path:
    """Create an empty folder with the label maps and the recipe."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "maps").mkdir(parents=True)
    for name in MAPS:
        (work / "maps" / f"{name}.nii.gz").symlink_to((labelmaps / f"{name}.nii.gz").resolve())
    (work / "small.yaml").write_text(RECIPE)
    return work


def run_commands(work: Path, kills: dict[int, list[float]]) -> list[float]:
    """Run all commands, each until it ends without being killed; return the seconds of each."""
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
    """Run a command, kill it after `moment` seconds (None: never), and return how it ended."""
    arguments = [sys.executable, "-m", "deskull", *command.split()]
    process = subprocess.Popen(arguments, cwd=work, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        return "failed" if process.wait(moment) else "ended"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"killed after {moment:.1f} s"


def report(uninterrupted: Path, killed: Path) -> None:
    """Print which files differ or exist in one folder only; exit with status 1 if there are any."""
    one, other = (
        {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} for root in (uninterrupted, killed)
    )
    one, other = ({name for name in names if not any(part in name for part in MAY_DIFFER)} for names in (one, other))
    different = [name for name in sorted(one & other) if not same_file(uninterrupted / name, killed / name)]
    print(f"{len(one & other)} files compared, {len(different)} differ, {len(one ^ other)} are missing or additional")
    for name in [*different, *sorted(one ^ other)]:
        print(f"  {name}")
    sys.exit(bool(different or one ^ other))


def same_file(one: Path, other: Path) -> bool:
    """Compare two files by their bytes, and checkpoints by their values."""
    if one.suffix != ".ckpt":
        return one.read_bytes() == other.read_bytes()
    # Both were written by this benchmark, and may be unpickled.
    return same_values(torch.load(one, weights_only=False), torch.load(other, weights_only=False))


def same_values(one, other) -> bool:
    """Compare two nested structures of tensors and plain values."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_values(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same_values, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


if __name__ == "__main__":
    main()
