"""Surface distance: what a network predicted, carried to the voxels of the scan when it is asked for.

The distance on the voxels of a scan of 0.5 mm has half a gigabyte. Its mask needs a part of it at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deskull.masking import mask_from_distance
from deskull.preprocessing.coverage import Coverage
from deskull.preprocessing.empty_corners import empty_corners
from deskull.preprocessing.grid import to_native
from deskull.volume import Affine, FloatArray, Volume

#: About this number of voxels is interpolated at a time.
_N_VOXELS = 2**23


@dataclass(frozen=True, eq=False)
class SurfaceDistance:
    """Signed distance to a surface.

    Attributes
    ----------
    on_grid : ndarray of float32, shape (x, y, z)
        In mm, on the grid of the network's output.
    grid : ndarray, shape (4, 4)
        Grid indices to world coordinates in mm.
    part : Volume
        The part of the scan in which something was scanned.
    coverage : Coverage
        Where in the scan that part lies.
    shape : tuple of int
        Of the scan.
    border : float
        Of the mask, in mm.
    far : float
        Distance in mm where nothing was scanned, and far from the surface.
    threads : int
        Maximum number of threads.
    """

    on_grid: FloatArray
    grid: Affine
    part: Volume
    coverage: Coverage
    shape: tuple[int, ...]
    border: float
    far: float
    threads: int

    def mask(self) -> npt.NDArray[np.uint8]:
        """Return the mask on the voxels of the scan, 1 inside."""
        mask = np.empty(self.part.shape, np.uint8, order="F")
        for planes, distance in self._slabs():
            mask[..., planes] = mask_from_distance(distance, self.border)
        if found := empty_corners(mask.view(bool), self.part):
            box, empty = found
            mask[box][empty] = 0
        return self.coverage.embed(mask, self.shape, 0)

    def values(self) -> FloatArray:
        """Return the distance in mm on the voxels of the scan."""
        values = np.empty(self.part.shape, np.float32, order="F")
        for planes, distance in self._slabs():
            values[..., planes] = distance
        if found := empty_corners(values < self.border, self.part):
            box, empty = found
            values[box][empty] = self.far
        return self.coverage.embed(values, self.shape, self.far)

    def _slabs(self) -> Iterator[tuple[slice, FloatArray]]:
        """Interpolate the distance in some planes after the other."""
        nx, ny, nz = self.part.shape
        step = max(1, _N_VOXELS // (nx * ny))
        for start in range(0, nz, step):
            planes = slice(start, min(start + step, nz))
            slab = self.part.part((slice(0, nx), slice(0, ny), planes))
            yield planes, to_native(self.on_grid, self.grid, slab, self.far, self.threads)
