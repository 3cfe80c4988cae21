"""Index arrays along one axis, whichever it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def along(axis: int, index: slice | npt.NDArray[Any] | int) -> tuple[Any, ...]:
    """Return the index that applies `index` along one axis and selects everything along the others.

    >>> np.arange(6).reshape(2, 3)[along(1, slice(0, 2))]
    array([[0, 1],
           [3, 4]])
    """
    return (slice(None),) * axis + (index,)


def broadcast_along(axis: int, values: npt.NDArray[Any], n_axes: int = 3) -> npt.NDArray[Any]:
    """Reshape a vector so that it broadcasts along one axis of an array with `n_axes` axes.

    >>> broadcast_along(1, np.arange(4)).shape
    (1, 4, 1)
    """
    return values.reshape([-1 if other == axis else 1 for other in range(n_axes)])


def occupied_indices(mask: npt.NDArray[Any], axis: int) -> npt.NDArray[np.intp]:
    """Return the indices along one axis at which a mask holds at least one true voxel.

    >>> occupied_indices(np.array([[0, 1, 0], [0, 1, 1]]), 1)
    array([1, 2])
    """
    return np.flatnonzero(mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis)))
