"""Index arrays along one axis, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt


class _Reshapable(Protocol):
    """An array of NumPy or a tensor of PyTorch."""

    def reshape(self, shape: Sequence[int], /) -> Any:
        """Return the same values in another shape."""
        ...


_Vector = TypeVar("_Vector", bound=_Reshapable)


def along(axis: int, index: slice | npt.NDArray[Any] | int) -> tuple[Any, ...]:
    """Return the index that applies `index` along one axis and selects everything along the others.

    >>> np.arange(6).reshape(2, 3)[along(1, slice(0, 2))]
    array([[0, 1],
           [3, 4]])
    """
    return (slice(None),) * axis + (index,)


def broadcast_along(axis: int, values: _Vector, n_axes: int = 3) -> _Vector:
    """Reshape a vector, an array or a tensor, so that it broadcasts along one axis of an array with `n_axes` axes.

    >>> broadcast_along(1, np.arange(4)).shape
    (1, 4, 1)
    """
    reshaped: _Vector = values.reshape([-1 if other == axis else 1 for other in range(n_axes)])
    return reshaped


def occupied_indices(mask: npt.NDArray[Any], axis: int) -> npt.NDArray[np.intp]:
    """Return the indices along one axis at which a mask holds at least one true voxel.

    >>> occupied_indices(np.array([[0, 1, 0], [0, 1, 1]]), 1)
    array([1, 2])
    """
    return np.flatnonzero(mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis)))


def pad_widths(axis: int, width: int, n_axes: int = 3) -> list[tuple[int, int]]:
    """Return the widths for `numpy.pad` that pad both ends of one axis only.

    >>> pad_widths(1, 2)
    [(0, 0), (2, 2), (0, 0)]
    """
    return [(width, width) if other == axis else (0, 0) for other in range(n_axes)]
