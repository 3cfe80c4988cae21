"""Heads: scans with their true surface, on which faults are tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """A scan whose brain is known.

    Attributes
    ----------
    image : ndarray of float32, shape (x, y, z)
    distance : ndarray of float32, shape (x, y, z)
        Signed distance in mm to the border that a right mask has, negative inside.
    affine : ndarray, shape (4, 4)
        As the header states it.
    """

    image: FloatArray
    distance: FloatArray
    affine: npt.NDArray[np.float64]

    @property
    def brain(self) -> npt.NDArray[np.bool_]:
        """The true mask."""
        return self.distance < 0

    def with_image(self, image: npt.NDArray[Any]) -> Head:
        """Return the same head with another image."""
        return replace(self, image=np.ascontiguousarray(image, np.float32))

    def part(self, box: tuple[slice, ...]) -> Head:
        """Return a part of the head, in the same place."""
        affine = self.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [side.start or 0 for side in box]
        return Head(self.image[box], self.distance[box], affine)

    def box(self) -> tuple[slice, ...]:
        """Return the box of the brain."""
        inside = np.argwhere(self.brain)
        low, high = inside.min(axis=0), inside.max(axis=0) + 1
        return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))


def level(image: FloatArray) -> float:
    """Return the brightness that faults are scaled by: the 98th percentile of what is not background."""
    return float(np.percentile(image[image > image.min()][::7], 98)) if image.max() > image.min() else 1.0
