"""Coverage: which planes of an array a scan fills, and which hold one value only because nothing was scanned there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from deskull.axes import along
from deskull.preprocessing.value_range import sample_values
from deskull.volume import Array, FloatArray, Volume

#: A plane has one value if its values differ by less than this fraction of the scan's range (1st to 99th percentile):
#: resampling leaves rounding errors in what it fills.
_TOLERANCE = 1e-3
_RANGE_PERCENTILES = (1, 99)
#: Planes of one value count as not scanned where they meet a plane in which at least this area, in cm^2, differs from
#: them: a section through a head or through the noise of air. Air without noise, or the surroundings of a stripped
#: brain, meet the tip of a head or brain: 2 cm^2 of a sphere of 60 mm radius for each half millimetre of depth.
_SECTION_CM2 = 25.0
#: Thinner layers at the ends of the array, in mm, stay in what the network sees: many scanners write one or two empty
#: planes there, and a smaller array would move the network's grid and so every mask a little (by 0.004 of Dice).
_THIN_MM = 5.0
#: Planes are first looked at in about this number of lines along each axis, and for the range along each axis as well.
_N_SAMPLED_LINES = 32
_Number = TypeVar("_Number", bound=np.generic)
#: The first of consecutive planes and the one after the last.
Run = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Coverage:
    """The part of an array that a scan fills.

    Attributes
    ----------
    box : tuple of slice
        The array without the planes at its ends that were not scanned, unless they are few.
    gaps : tuple of list of (int, int)
        For each axis, the runs of planes in the box that were not scanned: the first plane and the one after the last,
        counted from the start of the box.
    """

    box: tuple[slice, ...]
    gaps: tuple[list[Run], ...]

    def part(self, scan: Volume) -> Volume:
        """Return the scan as though it had been saved without the planes that were not scanned.

        Missing slices between others are interpolated linearly, so that the network finds the brain on both sides. A
        few planes at the ends stay as they are.
        """
        part = scan.part(self.box)
        inner = [
            (axis, start, stop)
            for axis, runs in enumerate(self.gaps)
            for start, stop in runs
            if start > 0 and stop < part.shape[axis]
        ]
        if not inner:
            return part
        data = part.values()
        for axis, start, stop in inner:
            _interpolate_planes(data, axis, start, stop)
        return part.with_data(data)

    def embed(self, values: npt.NDArray[_Number], shape: tuple[int, ...], outside: float) -> npt.NDArray[_Number]:
        """Return an array on the voxels of `part` in the shape of the scan; `outside` where nothing was scanned."""
        whole = values
        if values.shape != shape:
            whole = np.full(shape, outside, values.dtype, order="F")
            whole[self.box] = values
        for axis, runs in enumerate(self.gaps):
            for start, stop in runs:
                whole[self.box][along(axis, slice(start, stop))] = outside
        return whole


def find_coverage(scan: Volume) -> Coverage:
    """Find the planes of a 3-D scan in which nothing was scanned: padding, and slices that were cut or are missing.

    Parameters
    ----------
    scan : Volume
        A 3-D scan of finite values.

    Returns
    -------
    Coverage
        Planes of one value are left out, whichever value it is, unless they meet only a small section.
    """
    low, high = np.percentile(sample_values(scan, _N_SAMPLED_LINES), _RANGE_PERCENTILES)
    tolerance = _TOLERANCE * float(high - low) / abs(scan.slope)
    n_voxels = _SECTION_CM2 * scan.voxel_sizes / (10 * scan.voxel_ml)  # of a section across each axis
    thin = _THIN_MM / scan.voxel_sizes
    box: tuple[slice, ...] = tuple(slice(0, size) for size in scan.shape)
    while True:
        data = scan.data[box]
        runs = [_unscanned_runs(data, axis, tolerance, float(n_voxels[axis])) for axis in range(3)]
        thick = [[run for run in found if run[1] - run[0] >= thin[axis]] for axis, found in enumerate(runs)]
        trimmed = tuple(_trimmed(side, ends) for side, ends in zip(box, thick, strict=True))
        if trimmed == box:
            return Coverage(box, tuple(runs))
        box = trimmed  # once padding is gone, planes that held its value and another one may hold one value


def _trimmed(side: slice, runs: list[Run]) -> slice:
    """Return a side of a box without the runs at its ends."""
    size = side.stop - side.start
    first = next((stop for start, stop in runs if start == 0), 0)
    last = next((start for start, stop in runs if stop == size), size)
    return slice(side.start + first, side.start + last)


def _unscanned_runs(data: Array, axis: int, tolerance: float, n_voxels: float) -> list[Run]:
    """Return the runs of planes across an axis that were not scanned.

    A sample finds candidates; only those beside a section are looked at in full.
    """
    steps = [1 if other == axis else max(1, size // _N_SAMPLED_LINES) for other, size in enumerate(data.shape)]
    sample = np.moveaxis(data[tuple(slice(None, None, step) for step in steps)], axis, 0)
    candidates = _runs(np.flatnonzero([_is_flat(plane, tolerance) for plane in sample]))
    planes = [
        index
        for run in candidates
        if _meets_sections(data, axis, run, tolerance, n_voxels)
        for index in range(*run)
        if _is_flat(data[along(axis, index)], tolerance)
    ]
    return [run for run in _runs(np.array(planes, int)) if _meets_sections(data, axis, run, tolerance, n_voxels)]


def _is_flat(plane: Array, tolerance: float) -> bool:
    """Whether a plane holds one value."""
    return float(plane.max()) - float(plane.min()) <= tolerance


def _runs(indices: Array) -> list[Run]:
    """Return the first index of each run of consecutive indices and the one after its last."""
    runs = np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1)
    return [(int(run[0]), int(run[-1]) + 1) for run in runs if len(run)]


def _meets_sections(data: Array, axis: int, run: Run, tolerance: float, n_voxels: float) -> bool:
    """Whether a run of planes of one value borders, on each side, on a plane of which `n_voxels` differ from it."""
    start, stop = run
    value = float(data[along(axis, start)].flat[0])
    neighbours = [index for index in (start - 1, stop) if 0 <= index < data.shape[axis]]
    differing = [np.abs(data[along(axis, index)].astype(np.float64) - value) > tolerance for index in neighbours]
    return bool(differing) and all(np.count_nonzero(plane) >= n_voxels for plane in differing)


def _interpolate_planes(data: FloatArray, axis: int, start: int, stop: int) -> None:
    """Replace planes across an axis, in place, by linear interpolation between those on either side."""
    before, after = data[along(axis, start - 1)], data[along(axis, stop)]
    for index in range(start, stop):
        weight = np.float32((index - start + 1) / (stop - start + 1))
        data[along(axis, index)] = before + weight * (after - before)
