"""How much the mask moves when the same head is flipped, turned, stored otherwise or resampled.

    python benchmarks/invariance.py SCAN [SCAN ...] [--model default]

Every change is undone on the mask, which is then compared with the mask of the scan as it is (Dice).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import ndimage

from deskull import Stripper, Volume, formats
from deskull.evaluation.metrics import score
from deskull.preprocessing.grid import resample, to_native


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    stripper = Stripper(options.model)
    found: dict[str, list[float]] = defaultdict(list)
    for path in options.scans:
        scan = formats.read(path).mean_frame().finite()
        plain = stripper.strip(scan).mask.data
        for name, change in CHANGES.items():
            dice = score(change(stripper, scan), plain, scan.voxel_sizes).dice
            found[name].append(dice)
            print(f"{path.name}: {name}: {dice:.4f}", flush=True)
    print("\n| change | median Dice with the plain mask | least |\n|---|---|---|")
    for name, dices in found.items():
        print(f"| {name} | {np.median(dices):.4f} | {min(dices):.4f} |")


def flipped(axis: int) -> Callable[[Stripper, Volume], np.ndarray]:
    """The head mirrored, the header as it was."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        return np.flip(stripper.strip(scan.with_data(np.flip(scan.data, axis))).mask.data, axis)

    return change


def turned(axes: tuple[int, int]) -> Callable[[Stripper, Volume], np.ndarray]:
    """The head turned by 90 degrees, the header none the wiser."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        order = [0, 1, 2]
        order[axes[0]], order[axes[1]] = axes[1], axes[0]
        affine = np.diag([*scan.voxel_sizes[order], 1.0])
        mask = stripper.strip(Volume(np.rot90(scan.values(), 1, axes), affine)).mask.data
        return np.rot90(mask, -1, axes)

    return change


def stored_otherwise(stripper: Stripper, scan: Volume) -> np.ndarray:
    """Other order and direction of the axes, the header telling so."""
    turn = np.zeros((4, 4))
    turn[[1, 2, 0, 3], range(4)] = 1
    turned = Volume(np.flip(scan.values().transpose(1, 2, 0), 0), scan.affine @ turn @ _flip(scan.shape[1]))
    return np.flip(stripper.strip(turned).mask.data, 0).transpose(2, 0, 1)


def _flip(size: int) -> np.ndarray:
    """The first axis the other way round."""
    matrix = np.diag([-1.0, 1, 1, 1])
    matrix[0, 3] = size - 1
    return matrix


def resampled(voxel: float, degrees: float) -> Callable[[Stripper, Volume], np.ndarray]:
    """Cubic voxels of another size on a tilted grid, the header telling so."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        angle = np.deg2rad(degrees)
        turn = np.eye(4)
        turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        middle = scan.affine @ [*((np.array(scan.shape) - 1) / 2), 1]
        shape = tuple(
            int(n) for n in np.ceil(np.array(scan.shape)[_order(scan)] * scan.voxel_sizes[_order(scan)] / voxel)
        )
        grid = turn @ np.diag([voxel] * 3 + [1.0])
        grid[:3, 3] = middle[:3] - grid[:3, :3] @ ((np.array(shape) - 1) / 2)
        untilted = np.linalg.inv(turn)
        straight = Volume(scan.values(), untilted @ scan.affine)
        moved = Volume(resample(straight, shape, untilted @ grid).data, grid)
        answer = stripper.strip(moved).distance.data
        return to_native(answer, grid, scan, stripper.model.band) < 0

    return change


def _order(scan: Volume) -> list[int]:
    """For each world axis the scan axis nearest to it."""
    return [int(row.argmax()) for row in np.abs(scan.affine[:3, :3] / scan.voxel_sizes)]


def shifted(stripper: Stripper, scan: Volume) -> np.ndarray:
    """Half a voxel farther along each axis."""
    moved = scan.with_data(ndimage.shift(scan.values(), 0.5, order=1, mode="nearest"))
    field = stripper.strip(moved).distance.data
    return ndimage.shift(field, -0.5, order=1, mode="nearest") < 0


CHANGES: dict[str, Callable[[Stripper, Volume], np.ndarray]] = {
    **{f"mirrored along axis {axis}": flipped(axis) for axis in range(3)},
    **{f"turned by 90 degrees, axes {a} and {b}": turned((a, b)) for a, b in ((0, 1), (0, 2), (1, 2))},
    "axes stored otherwise": stored_otherwise,
    "resampled to 1.3 mm": resampled(1.3, 0),
    "resampled to 1 mm, tilted by 15 degrees": resampled(1.0, 15),
    "shifted by half a voxel": shifted,
}

main()
