"""Second network: a coarse, independent look at the same image, to compare with the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deskull.models.cards import load_model
from deskull.models.engine import CheckedEngine, make_engine
from deskull.options import Surface
from deskull.preprocessing.grid import Conformed
from deskull.volume import FloatArray

#: The shipped network that looks at images a second time. Its voxels are a whole number of times those of the default.
_NAME = "small"
#: Around the mask that is judged, it sees at least this much of the image, in mm.
_MARGIN_MM = 18.0

Box = tuple[slice, slice, slice]


class SecondNetwork:
    """A network with coarser voxels than the one whose masks are judged.

    Parameters
    ----------
    threads : int
        Maximum number of threads.
    engine, device : str
        As for `deskull.models.engine.make_engine`.

    Attributes
    ----------
    voxel_size : float
        Edge of its voxels in mm.
    """

    def __init__(self, threads: int, engine: str, device: str) -> None:
        self._model = load_model(_NAME)
        self._engine: CheckedEngine = make_engine(self._model, threads, engine, device)
        self.voxel_size = self._model.voxel_size

    def __call__(self, conformed: Conformed, voxel_size: float, box: Box | None = None) -> FloatArray:
        """Predict the distance to the edge of this network's own mask.

        Parameters
        ----------
        conformed : Conformed
            On a grid of finer voxels.
        voxel_size : float
            Edge of those, in mm.
        box : tuple of three slices, optional
            Of the mask that is judged, in voxels of `conformed`: the network looks at what lies in it and around it.

        Returns
        -------
        ndarray of float32, shape (u, v, w)
            In mm, negative inside, and far outside where the network did not look; both grids start at the same corner.
        """
        times = round(self.voxel_size / voxel_size)
        shape = tuple(-(-n // times) for n in conformed.data.shape)
        window = self.window(shape, voxel_size, box)
        fine = tuple(slice(side.start * times, side.stop * times) for side in window)
        part = replace(conformed, data=conformed.data[fine])
        predicted = self._engine(part.averaged(times, self._model.size_multiple))
        seen = tuple(slice(0, side.stop - side.start) for side in window)
        distance = np.full(shape, np.float32(self._model.band))
        border = np.float32(self._model.default_border(Surface.brain))
        distance[window] = predicted[self._model.surfaces.index(Surface.brain)][seen] - border
        return distance

    def mirrored(self, conformed: Conformed, voxel_size: float, box: Box | None = None) -> FloatArray:
        """Predict the distance for the image mirrored from left to right, and mirror it back; see `__call__`."""
        times = round(self.voxel_size / voxel_size)
        data = np.pad(conformed.data, [(0, -conformed.data.shape[0] % times), (0, 0), (0, 0)])[::-1]
        size = data.shape[0]
        turned = (slice(size - box[0].stop, size - box[0].start), *box[1:]) if box else None
        return self(replace(conformed, data=data), voxel_size, turned)[::-1]

    def window(self, shape: tuple[int, ...], voxel_size: float, box: Box | None) -> Box:
        """Return the part of its grid that the network looks at.

        As the network takes sizes of certain multiples alone, the part is as large as the next one, where the grid is.

        Parameters
        ----------
        shape : tuple of int
            Of the network's grid.
        voxel_size : float
            Edge of the voxels of `box`, in mm.
        box : tuple of three slices, optional
            All of the grid without it.
        """
        if box is None:
            return slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])
        x, y, z = (self._side(size, side, voxel_size) for size, side in zip(shape, box, strict=True))
        return x, y, z

    def _side(self, size: int, side: slice, voxel_size: float) -> slice:
        """Return one side of the window."""
        first, last = (
            (side.start * voxel_size - _MARGIN_MM) / self.voxel_size,
            (side.stop * voxel_size + _MARGIN_MM) / self.voxel_size,
        )
        multiple = self._model.size_multiple
        length = min(size, int(np.ceil((last - first) / multiple)) * multiple)
        start = int(np.clip(round((first + last - length) / 2), 0, size - length))
        return slice(start, start + length)
