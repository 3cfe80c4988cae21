"""Measure series: CPU seconds and peak memory of one mask of 300 frames, and of a mask for each of 2 and of 22 frames.

    python benchmarks/series.py [FRAME.nii.gz] [--threads 2]

Without a FRAME, the series are made: a synthetic head with noise. With it, four frames are made of that scan, with
noise and movements of up to 3 mm and 5 degrees, and their masks are compared with those that the network makes of each
frame by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from deskull import Stripper, Volume, formats
from deskull.demo import make_head
from deskull.evaluation.metrics import score
from deskull.streamed import streamed

#: Voxels along x, y and z, voxel size in mm, type, of series as scanners make them.
SERIES = {
    "64x64x36": ((64, 64, 36), (3.5, 3.5, 4.0), np.int16),
    "86x86x36": ((86, 86, 36), (2.6, 2.6, 3.6), np.int16),
    "104x104x60": ((104, 104, 60), (2.0, 2.0, 2.4), np.float32),
}
N_FRAMES, N_MASKED_EACH = 300, 20
#: Noise, as a fraction of the 98th percentile of the scan.
NOISE = 0.03
#: Movements of frames: mm along each axis, degrees about the long axis of the head.
MOVEMENTS = [((0.0, 0.0, 0.0), 0), ((0.4, 0.3, 0.2), 0), ((0.0, 2.0, 1.0), 3), ((3.0, 0.0, 0.0), 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frame", type=Path, nargs="?")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.frame:
            measure_frames(options.frame, options.threads)
            return
        for name, (shape, sizes, dtype) in SERIES.items():
            scan = Path(folder) / f"{name}.nii.gz"
            write_series(scan, shape, sizes, dtype, N_FRAMES)
            measure_command(scan, "mean", options.threads)
        for n_frames in (2, 2 + N_MASKED_EACH):
            scan = Path(folder) / f"{n_frames} frames of 86x86x36.nii.gz"
            write_series(scan, *SERIES["86x86x36"], n_frames)
            measure_command(scan, "each", options.threads)


def write_series(
    path: Path, shape: tuple[int, int, int], sizes: tuple[float, float, float], dtype: type, n_frames: int
) -> None:
    """Write a series of a synthetic head with noise, frame by frame."""
    head = make_head(voxel_size=2)
    affine = np.diag([*sizes, 1.0])
    affine[:3, 3] = -(np.array(shape) - 1) / 2 * sizes
    centre = head.affine[:3, :3] @ ((np.array(head.shape) - 1) / 2) + head.affine[:3, 3]
    to_head = np.linalg.inv(head.affine) @ np.vstack([np.c_[affine[:3, :3], affine[:3, 3] + centre], [0, 0, 0, 1]])
    frame = ndimage.affine_transform(head.data.astype(np.float32), to_head[:3, :3], to_head[:3, 3], shape, order=1)

    def frames() -> Iterator[np.ndarray]:
        rng = np.random.default_rng(0)
        for _ in range(n_frames):
            yield np.maximum(frame + rng.normal(0, NOISE * frame.max(), shape), 0).astype(dtype)

    like = Volume(np.broadcast_to(np.zeros((), dtype), (*shape, n_frames)), affine)
    formats.write(streamed(like, frames), path)  # a process inherits the peak memory of the one that starts it


def measure_command(scan: Path, frame: str, threads: int) -> None:
    """Strip a series with the command and print what it took."""
    out = scan.parent / f"{frame}-{scan.name}"
    command = [sys.executable, "-m", "deskull", "strip", str(scan), "-o", str(out) + "/", "--frame", frame]
    process = subprocess.Popen([*command, "--threads", str(threads), "--json"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{scan.name}: failed")
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    stages = {stage: round(seconds, 2) for stage, seconds in json.loads(answer)["stages"].items()}
    print(f"{scan.name} --frame {frame}: {cpu:.1f} CPU s, {memory:.0f} MB; seconds by stage {stages}", flush=True)


def measure_frames(path: Path, threads: int) -> None:
    """Print the Dice of masks of frames with those that the network makes of each frame by itself."""
    scan = formats.read(path).mean_frame()
    rng = np.random.default_rng(0)
    noise = NOISE * float(np.percentile(scan.data, 98))
    frames = [np.maximum(moved(scan, *way) + rng.normal(0, noise, scan.shape), 0) for way in MOVEMENTS]
    series = replace(scan, data=np.stack(frames, axis=-1).astype(np.float32))
    stripper = Stripper(threads=threads)
    found = stripper.strip(series, frame="each", quality="none").mask
    for index, way in enumerate(MOVEMENTS):
        expected = stripper.strip(series.frame(index), quality="none").mask
        dice = score(found.frame(index).data, expected.data).dice
        print(f"{path.name}, frame moved by {way[0]} mm and {way[1]} degrees: Dice {dice:.4f}", flush=True)


def moved(scan: Volume, shift: tuple[float, float, float], degrees: float) -> np.ndarray:
    """Return a scan's voxels after a movement of the head."""
    angle = np.deg2rad(degrees)
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    centre = (np.array(scan.shape) - 1) / 2
    start = centre - turn @ centre - np.array(shift) / scan.voxel_sizes
    return ndimage.affine_transform(scan.data.astype(np.float32), turn, start, order=1, mode="nearest")


if __name__ == "__main__":
    main()
