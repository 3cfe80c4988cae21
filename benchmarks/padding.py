"""Measure the mask where a scan shows nothing: planes cut off or missing, and grids that a scan fills in part.

    python benchmarks/padding.py SCAN [SCAN ...] [--model default]

Each change empties a part of the scan. Reported are the mask in the empty part (ml), and the agreement elsewhere (Dice)
with the mask of the scan without the empty part.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deskull import Stripper, Volume, formats
from deskull.axes import along, occupied_indices
from deskull.evaluation.metrics import score
from deskull.preprocessing.grid import resample, to_native
from deskull.volume import corners

#: Extent of the head that is emptied at one end, in mm.
CUT_MM = 24.0
#: Voxel size of the grid that a scan fills in part, in mm.
GRID_MM = 2.0

#: The changed scan, where it is empty, and the mask that it should have elsewhere.
Emptied = tuple[Volume, np.ndarray, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    stripper = Stripper(options.model)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in options.scans:
        scan = formats.read(path).mean_frame().finite()
        brain = stripper.strip(scan, quality="none").mask.data
        for name, change in CHANGES.items():
            changed, empty, expected = change(stripper, scan, brain)
            mask = stripper.strip(changed, quality="none").mask.data
            dice = score(np.where(empty, 0, mask), np.where(empty, 0, expected), changed.voxel_sizes).dice
            found[name].append((float(mask[empty].sum()) * changed.voxel_ml, dice))
            print(f"{path.name}: {name}: {found[name][-1][0]:.1f} ml, Dice {dice:.4f}", flush=True)
    print("\n| empty part | mask in it, ml: median, most | Dice elsewhere: median, lowest |\n|---|---|---|")
    for name, values in found.items():
        ml, dice = np.array(values).T
        print(f"| {name} | {np.median(ml):.1f}, {ml.max():.1f} | {np.median(dice):.4f}, {dice.min():.4f} |")


def cut(world_axis: int, top: bool, value: float) -> Callable[[Stripper, Volume, np.ndarray], Emptied]:
    """Set the planes that hold the last 24 mm of the brain at one end of an axis, and all beyond, to one value."""

    def change(stripper: Stripper, scan: Volume, brain: np.ndarray) -> Emptied:
        kept = _without_end(scan, brain, world_axis, top)
        data, empty, expected = np.full(scan.shape, np.float32(value)), np.ones(scan.shape, bool), np.zeros(scan.shape)
        part = _part(scan, kept)
        data[kept], empty[kept], expected[kept] = part.data, False, stripper.strip(part, quality="none").mask.data
        return scan.with_data(data), empty, expected

    return change


def _without_end(scan: Volume, brain: np.ndarray, world_axis: int, top: bool) -> tuple[slice, ...]:
    """Return the box of a scan without the last 24 mm of its brain, and all beyond, at one end of an axis."""
    axis = int(np.abs(scan.affine[world_axis, :3] / scan.voxel_sizes).argmax())
    thickness = round(CUT_MM / scan.voxel_sizes[axis])
    occupied = occupied_indices(brain, axis)
    at_end = top == (scan.affine[world_axis, axis] > 0)
    kept = slice(0, occupied[-1] + 1 - thickness) if at_end else slice(occupied[0] + thickness, scan.shape[axis])
    return tuple(kept if other == axis else slice(0, size) for other, size in enumerate(scan.shape))


def _part(scan: Volume, box: tuple[slice, ...]) -> Volume:
    """Return the real values of a box of a scan, as though it had been saved alone."""
    affine = scan.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [side.start for side in box]
    return Volume(scan.values()[box], affine)


def missing(millimetres: float) -> Callable[[Stripper, Volume, np.ndarray], Emptied]:
    """Set slices in the middle of the brain, at least one, to 0."""

    def change(stripper: Stripper, scan: Volume, brain: np.ndarray) -> Emptied:
        axis = int(scan.voxel_sizes.argmax())
        count = max(1, round(millimetres / scan.voxel_sizes[axis]))
        first = int(np.median(occupied_indices(brain, axis)))
        empty = np.zeros(scan.shape, bool)
        empty[along(axis, slice(first, first + count))] = True
        return scan.with_data(np.where(empty, 0, scan.values())), empty, brain

    return change


def rotated(degrees: float) -> Callable[[Stripper, Volume, np.ndarray], Emptied]:
    """Cut the vertex off, nod the head and resample it to a grid that it fills in part, with zeros around it."""

    def change(stripper: Stripper, scan: Volume, brain: np.ndarray) -> Emptied:
        part = _part(scan, _without_end(scan, brain, 2, True))
        angle = np.deg2rad(degrees)
        rotation = np.eye(4)
        rotation[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        nodded = Volume(part.data, rotation @ part.affine)
        grid = np.diag([GRID_MM, GRID_MM, GRID_MM, 1.0])
        outer = corners(scan.shape, rotation @ scan.affine)
        grid[:3, 3] = outer.min(axis=0)
        filled = resample(nodded, tuple(np.ceil(np.ptp(outer, axis=0) / GRID_MM).astype(int)), grid)
        empty = ~filled.field_of_view
        changed = Volume(np.where(empty, 0, filled.data), grid)
        result = stripper.strip(nodded, quality="none")
        distance = to_native(result.distance.data, nodded.affine, changed, stripper.model.band)
        return changed, empty, distance < stripper.model.default_border("brain")

    return change


CHANGES = {
    "vertex, zeros": cut(2, True, 0),
    "vertex, -1000": cut(2, True, -1000),
    "lowest part, zeros": cut(2, False, 0),
    "forehead, zeros": cut(1, True, 0),
    "one slice": missing(0),
    "10 mm of slices": missing(10),
    "vertex, grid rotated by 15 degrees": rotated(15),
}

if __name__ == "__main__":
    main()
