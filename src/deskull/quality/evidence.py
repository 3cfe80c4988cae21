"""Evidence: what the quality of a mask is judged by, on the grid of the network's answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from nibabel.affines import voxel_sizes
from scipy import ndimage

from deskull.volume import Affine, FloatArray, Volume

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SecondLook:
    """What the second network says of an image.

    Attributes
    ----------
    distance : ndarray of float32, shape (u, v, w)
        Signed distance in mm to the edge that a right mask has, negative inside.
    expected_error : ndarray of float32, shape (u, v, w)
        Mean error in mm that the network expects of the distance.
    spacing : int
        Edge of its voxels in those of the image; both grids start at the same corner.
    """

    distance: FloatArray
    expected_error: FloatArray
    spacing: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """A scan, its mask, and what the networks predicted for them.

    Attributes
    ----------
    scan : Volume
        As it was read: 3-D, with finite values.
    mask : ndarray of uint8, the scan's shape
        1 inside.
    image : ndarray of float32, shape (x, y, z)
        The conformed scan, averaged to the voxels of the network's answer: about 0 to 1.
    field_of_view : ndarray of bool, shape (x, y, z)
        Where the scan has voxels.
    affine : ndarray, shape (4, 4)
        Indices of that grid to world coordinates in mm; the axes run to the right, to the front and upwards.
    distance : ndarray of float32, shape (x, y, z)
        Signed distance to the surface in mm, of the largest component alone; negative inside.
    predicted : ndarray of float32, shape (x, y, z)
        The same, as the network predicted it.
    intracranial : ndarray of float32, shape (x, y, z), optional
        Signed distance to the intracranial surface, if the network predicts it.
    border : float
        Of the mask, in mm.
    second : SecondLook, optional
        What the second network says of the image.
    mirrored : SecondLook, optional
        What it says of the mirror image, mirrored back.
    """

    scan: Volume
    mask: npt.NDArray[np.uint8]
    image: FloatArray
    field_of_view: BoolArray
    affine: Affine
    distance: FloatArray
    predicted: FloatArray
    intracranial: FloatArray | None
    border: float
    second: SecondLook | None = None
    mirrored: SecondLook | None = None

    @cached_property
    def depth(self) -> FloatArray:
        """Signed distance in mm to the mask's edge, negative inside."""
        return np.asarray(self.distance - np.float32(self.border))

    @cached_property
    def inside(self) -> BoolArray:
        """The mask on the grid, where the scan has voxels."""
        return (self.depth < 0) & self.field_of_view

    @cached_property
    def spacing(self) -> FloatArray:
        """Edges of the grid's voxels in mm."""
        return np.asarray(voxel_sizes(self.affine), np.float32)

    @cached_property
    def bounds(self) -> tuple[slice, slice, slice] | None:
        """Box of the mask; None if it is empty."""
        found = ndimage.find_objects(self.inside.astype(np.uint8))
        return found[0] if found else None

    @cached_property
    def box(self) -> tuple[slice, slice, slice]:
        """Box of the mask with a margin of 24 mm: what lies beyond it does not bear on the mask."""
        if self.bounds is None:
            return (slice(None),) * 3
        margins = np.ceil(24 / self.spacing).astype(int)
        return tuple(slice(max(0, side.start - n), side.stop + n) for side, n in zip(self.bounds, margins, strict=True))  # type: ignore[return-value]

    @cached_property
    def slice_counts(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Numbers of the mask's voxels in each slice of the scan, along each axis."""
        columns = self.mask.sum(axis=2, dtype=np.int32)
        return columns.sum(axis=1), columns.sum(axis=0), self.mask.sum(axis=0, dtype=np.int32).sum(axis=0)

    @cached_property
    def scan_bounds(self) -> tuple[slice, slice, slice] | None:
        """Box of the mask in the scan's voxels; None if it is empty."""
        if not self.slice_counts[0].any():
            return None
        x, y, z = (np.flatnonzero(counts)[[0, -1]] + (0, 1) for counts in self.slice_counts)
        return slice(*x.tolist()), slice(*y.tolist()), slice(*z.tolist())

    @property
    def is_empty(self) -> bool:
        """Whether the mask has no voxel on the grid."""
        return self.bounds is None
