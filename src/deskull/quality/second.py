"""Second network: a coarse look at the same image by a network that was trained on spoiled scans.

It says where the edge of the mask should be, and how far off it expects to be itself.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from deskull.models.cards import Model, load_model
from deskull.models.engine import CheckedEngine, make_engine
from deskull.options import Surface
from deskull.quality.evidence import SecondLook
from deskull.volume import FloatArray

#: Around the mask that is judged, it sees at least this much of the image, in mm.
_MARGIN_MM = 18.0
#: Name of the output that is the logarithm of the error in mm that it expects of its distance, and its bounds.
_LOG_ERROR, _LOWEST, _HIGHEST = "log_error", -4.0, 4.0

Box = tuple[slice, slice, slice]


def second_model() -> Model:
    """Load the card of the second network; see `deskull.models.load_model`."""
    return load_model(Path(str(resources.files("deskull.quality"))) / "calibrations" / "second.onnx")


class SecondNetwork:
    """The second network.

    Parameters
    ----------
    threads : int
        Maximum number of threads.
    engine, device : str
        As for `deskull.models.engine.make_engine`.
    """

    def __init__(self, threads: int, engine: str, device: str) -> None:
        self._model = second_model()
        self._engine: CheckedEngine = make_engine(self._model, threads, engine, device)
        self._stride = self._model.preprocessing.stride

    def __call__(self, image: FloatArray, box: Box | None = None) -> SecondLook:
        """Look at an image.

        Parameters
        ----------
        image : ndarray of float32, shape (x, y, z)
            On voxels as the network takes them (2 mm).
        box : tuple of three slices, optional
            Of the mask that is judged: the network looks at what lies in it and around it.

        Returns
        -------
        SecondLook
            Far outside where the network did not look.
        """
        shape = tuple(-(-size // self._stride) for size in image.shape)
        window = self.window(shape, box)
        part = image[tuple(slice(self._stride * side.start, self._stride * side.stop) for side in window)]
        predicted = self._engine(np.pad(part, [(0, -size % self._model.size_multiple) for size in part.shape]))
        seen = tuple(slice(0, side.stop - side.start) for side in window)
        distance, log_error = np.full(shape, np.float32(self._model.band)), np.full(shape, np.float32(_LOWEST))
        distance[window] = predicted[self._model.surfaces.index(Surface.brain)][seen]
        log_error[window] = predicted[self._model.surfaces.index(_LOG_ERROR)][seen].clip(_LOWEST, _HIGHEST)
        return SecondLook(distance, np.exp(log_error), self._stride)

    def mirrored(self, image: FloatArray, box: Box | None = None) -> SecondLook:
        """Look at the image mirrored from left to right, and mirror the answer back; see `__call__`."""
        image = np.pad(image, [(0, -image.shape[0] % self._stride), (0, 0), (0, 0)])[::-1]
        size = image.shape[0]
        look = self(image, (slice(size - box[0].stop, size - box[0].start), *box[1:]) if box else None)
        return SecondLook(look.distance[::-1], look.expected_error[::-1], look.spacing)

    def window(self, shape: tuple[int, ...], box: Box | None) -> Box:
        """Return the part of the answer's grid that the network looks at.

        As the network takes sizes of certain multiples alone, the part is as large as the next one, where the grid is.

        Parameters
        ----------
        shape : tuple of int
            Of the answer.
        box : tuple of three slices, optional
            Of the mask, in voxels of the image; all of the grid without it.
        """
        if box is None:
            return slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])
        x, y, z = (self._side(size, side) for size, side in zip(shape, box, strict=True))
        return x, y, z

    def _side(self, size: int, side: slice) -> slice:
        """Return one side of the window."""
        margin, multiple = _MARGIN_MM / self._model.voxel_size, self._model.size_multiple // self._stride
        first, last = (side.start - margin) / self._stride, (side.stop + margin) / self._stride
        length = min(size, int(np.ceil((last - first) / multiple)) * multiple)
        start = int(np.clip(round((first + last - length) / 2), 0, size - length))
        return slice(start, start + length)
