"""Measure how much the mask changes when the same head is mirrored, rotated, resampled or stored in another way.

    python benchmarks/invariance.py SCAN [SCAN ...] [--model default]

Every change is undone on the mask, which is then compared with the mask of the unchanged scan (Dice).
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
    dice: dict[str, list[float]] = defaultdict(list)
    for path in options.scans:
        scan = formats.read(path).mean_frame().finite()
        unchanged = stripper.strip(scan, quality="none").mask.data
        for name, change in CHANGES.items():
            dice[name].append(score(change(stripper, scan), unchanged, scan.voxel_sizes).dice)
            print(f"{path.name}: {name}: {dice[name][-1]:.4f}", flush=True)
    print("\n| change | median Dice with the mask of the unchanged scan | lowest |\n|---|---|---|")
    for name, values in dice.items():
        print(f"| {name} | {np.median(values):.4f} | {min(values):.4f} |")


def mirrored(axis: int) -> Callable[[Stripper, Volume], np.ndarray]:
    """Mirror the head without changing the header."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        return np.flip(stripper.strip(scan.with_data(np.flip(scan.data, axis)), quality="none").mask.data, axis)

    return change


def rotated(axes: tuple[int, int]) -> Callable[[Stripper, Volume], np.ndarray]:
    """Rotate the head by 90 degrees without the header saying so."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        order = [0, 1, 2]
        order[axes[0]], order[axes[1]] = axes[1], axes[0]
        affine = np.diag([*scan.voxel_sizes[order], 1.0])
        mask = stripper.strip(Volume(np.rot90(scan.values(), 1, axes), affine), quality="none").mask.data
        return np.rot90(mask, -1, axes)

    return change


def with_permuted_axes(stripper: Stripper, scan: Volume) -> np.ndarray:
    """Store the axes in another order and direction, with a header that says so."""
    permutation = np.zeros((4, 4))
    permutation[[1, 2, 0, 3], range(4)] = 1
    affine = scan.affine @ permutation @ _reversal(scan.shape[1])
    permuted = Volume(np.flip(scan.values().transpose(1, 2, 0), 0), affine)
    return np.flip(stripper.strip(permuted, quality="none").mask.data, 0).transpose(2, 0, 1)


def _reversal(size: int) -> np.ndarray:
    """Return the affine that reverses the first axis."""
    matrix = np.diag([-1.0, 1, 1, 1])
    matrix[0, 3] = size - 1
    return matrix


def resampled(voxel_size: float, degrees: float) -> Callable[[Stripper, Volume], np.ndarray]:
    """Return the mask of a scan that is resampled as `resampled_distance` says."""
    return lambda stripper, scan: _inside(stripper, resampled_distance(voxel_size, degrees)(stripper, scan))


def _inside(stripper: Stripper, distance: np.ndarray) -> np.ndarray:
    """Return the mask that a distance describes at the default border."""
    return distance < stripper.model.default_border("brain")


def resampled_distance(voxel_size: float, degrees: float) -> Callable[[Stripper, Volume], np.ndarray]:
    """Resample to cubic voxels of another size on a rotated grid, with a header that says so."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        angle = np.deg2rad(degrees)
        rotation = np.eye(4)
        rotation[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        order = _axes_along_world(scan)
        extent = np.array(scan.shape)[order] * scan.voxel_sizes[order]
        shape = tuple(int(n) for n in np.ceil(extent / voxel_size))
        centre = scan.affine @ [*((np.array(scan.shape) - 1) / 2), 1]
        grid = rotation @ np.diag([voxel_size] * 3 + [1.0])
        grid[:3, 3] = centre[:3] - grid[:3, :3] @ ((np.array(shape) - 1) / 2)
        back = np.linalg.inv(rotation)
        upright = Volume(scan.values(), back @ scan.affine)
        moved = Volume(resample(upright, shape, back @ grid).data, grid)
        distance = stripper.strip(moved, quality="none").distance.data
        return to_native(distance, grid, scan, stripper.model.band)

    return change


def _axes_along_world(scan: Volume) -> list[int]:
    """Return the scan's axis that is nearest to each axis of the world."""
    return [int(row.argmax()) for row in np.abs(scan.affine[:3, :3] / scan.voxel_sizes)]


def shifted(stripper: Stripper, scan: Volume) -> np.ndarray:
    """Return the mask of a scan that is shifted as `shifted_distance` says."""
    return _inside(stripper, shifted_distance(stripper, scan))


def shifted_distance(stripper: Stripper, scan: Volume) -> np.ndarray:
    """Shift the head by half a voxel along each axis."""
    moved = scan.with_data(ndimage.shift(scan.values(), 0.5, order=1, mode="nearest"))
    distance = stripper.strip(moved, quality="none").distance.data
    return ndimage.shift(distance, -0.5, order=1, mode="nearest")


CHANGES: dict[str, Callable[[Stripper, Volume], np.ndarray]] = {
    **{f"mirrored along axis {axis}": mirrored(axis) for axis in range(3)},
    **{f"rotated by 90 degrees, axes {a} and {b}": rotated((a, b)) for a, b in ((0, 1), (0, 2), (1, 2))},
    "stored with permuted axes": with_permuted_axes,
    "resampled to 1.3 mm": resampled(1.3, 0),
    "resampled to 1 mm, rotated by 15 degrees": resampled(1.0, 15),
    "shifted by half a voxel": shifted,
}

if __name__ == "__main__":
    main()
