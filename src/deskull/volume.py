"""An image in memory: its stored voxels, where they lie in the world, and the header they came with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]
Affine = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3-D image, or a 4-D series of them, with its geometry.

    Attributes
    ----------
    data : ndarray, shape (x, y, z) or (x, y, z, t)
        Voxels exactly as stored in the file, before `slope` and `inter`.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm, RAS+.
    slope, inter : float
        Real value = stored value * slope + inter.
    header : object
        What the file's format needs to write the same geometry again (see `deskull.formats`); None for
        volumes made in memory.
    name : str
        Where it came from, for messages.
    trailing : tuple of int
        Singleton axes after the spatial ones (and frames) that the file declares and outputs must keep.
    """

    data: Array
    affine: Affine
    slope: float = 1.0
    inter: float = 0.0
    header: Any = field(default=None, repr=False)
    name: str = "image"
    trailing: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Spatial shape in voxels."""
        x, y, z = self.data.shape[:3]
        return x, y, z

    @property
    def spacing(self) -> Affine:
        """Voxel edge lengths in mm, shape (3,)."""
        spacing: Affine = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return spacing

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def n_frames(self) -> int:
        """Number of frames: 1 for a 3-D image."""
        return self.data.shape[3] if self.data.ndim == 4 else 1

    def frame(self, index: int) -> Volume:
        """Return one frame of a series as a 3-D volume (the volume itself if it is 3-D)."""
        if self.data.ndim == 3:
            return self
        return replace(self, data=self.data[..., index])

    def mean_frame(self) -> Volume:
        """Return the mean over frames as a 3-D volume of real values (the volume itself if it is 3-D)."""
        if self.data.ndim == 3:
            return self
        total = np.zeros(self.shape, np.float32)
        for index in range(self.n_frames):
            total += self.data[..., index]
        mean = total / self.n_frames
        return replace(self, data=mean)

    def finite(self, fill: float | None = None) -> Volume:
        """Return the volume with `fill` (by default its lowest value) for stored values that are not finite."""
        if self.data.dtype.kind != "f":
            return self
        finite = np.isfinite(self.data)
        if finite.all():
            return self
        if fill is None:
            fill = self.data[finite].min() if finite.any() else 0.0
        return replace(self, data=np.where(finite, self.data, self.data.dtype.type(fill)))

    def values(self) -> FloatArray:
        """Return the real values (stored values scaled) as float32, shape of `data`."""
        values = self.data.astype(np.float32)
        if self.slope != 1.0:
            values *= np.float32(self.slope)
        if self.inter != 0.0:
            values += np.float32(self.inter)
        return values

    def with_data(self, data: Array, *, scaled: bool = False) -> Volume:
        """Return the same geometry and header around other voxels.

        Parameters
        ----------
        data : ndarray
            New voxels, same spatial shape.
        scaled : bool
            True where `data` are stored values that keep this volume's slope and intercept; False where
            they are real values (masks, distances).
        """
        if data.shape[:3] != self.shape:
            raise ValueError(f"shape {data.shape[:3]} does not match {self.shape}")
        if scaled:
            return replace(self, data=data)
        return replace(self, data=data, slope=1.0, inter=0.0)
