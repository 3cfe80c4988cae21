"""Streamed series: frames that are produced one after the other when they are needed, instead of being kept in memory.

A series of 300 frames takes hundreds of megabytes, or a gigabyte as 32-bit floats. One frame at a time is enough to
average it and to write its brain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np

from deskull.volume import Array, Volume

#: Produces the stored voxels of each frame, shape (x, y, z), from the first one on.
FrameSource = Callable[[], Iterator[Array]]


class StreamedSeries(Volume):
    """A 4-D series whose frames are produced anew each time that they are needed; made by `streamed`.

    `frames` and `mean_frame` keep one frame at a time; whoever asks for `data` gets all of them, which are then kept.
    """

    _source: FrameSource
    _shape: tuple[int, ...]
    _dtype: np.dtype[Any]

    @cached_property
    def data(self) -> Array:
        """Voxels as stored, shape (x, y, z, t)."""
        data = np.empty(self._shape, self._dtype, order="F")
        for index, frame in enumerate(self.frames()):
            data[..., index] = frame
        return data

    @property
    def data_shape(self) -> tuple[int, ...]:
        """See `Volume`."""
        return super().data_shape if self._has_data else self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """See `Volume`."""
        return super().dtype if self._has_data else self._dtype

    def frames(self) -> Iterator[Array]:
        """See `Volume`."""
        return super().frames() if self._has_data else self._source()

    @property
    def _has_data(self) -> bool:
        """Whether all frames are in memory: somebody asked for them, or `dataclasses.replace` passed them on."""
        return "data" in self.__dict__


def streamed(like: Volume, source: FrameSource) -> StreamedSeries:
    """Make a streamed series.

    Parameters
    ----------
    like : Volume
        A series of the same shape, type, geometry, scaling and header.
    source : callable
        Returns an iterator over its frames.
    """
    series = object.__new__(StreamedSeries)
    kept = {field.name: getattr(like, field.name) for field in fields(like) if field.name != "data"}
    series.__dict__.update(kept, _source=source, _shape=like.data_shape, _dtype=like.dtype)
    return series
