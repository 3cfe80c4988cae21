"""An image in memory: its stored voxels, its geometry, and the header of the file that it was read from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from nibabel import affines

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]
Affine = npt.NDArray[np.float64]

#: Cubic millimetres in a millilitre.
MM3_PER_ML = 1000.0


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3-D image, or a 4-D series of 3-D frames, with its geometry.

    Attributes
    ----------
    data : ndarray, shape (x, y, z) or (x, y, z, t)
        Voxels exactly as stored in the file, before `slope` and `inter` are applied.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm (RAS+).
    slope, inter : float
        Real value = stored value * slope + inter.
    header : object
        What the file's format needs to write the same geometry again (see `deskull.formats`); None for a volume made
        in memory.
    name : str
        Name of the image in messages: the path of its file, if it has one.
    trailing : tuple of int
        Lengths of the axes after the spatial ones (and the frames) that the file declares: all are 1, and results keep
        them.
    scanner : mapping of str to str
        What a DICOM source says of the machine, by names of BIDS; empty for other formats.
    b_values : tuple of float
        Diffusion weighting of each frame in s/mm^2, if a DICOM source states it; empty otherwise.
    """

    data: Array
    affine: Affine
    slope: float = 1.0
    inter: float = 0.0
    header: Any = field(default=None, repr=False)
    name: str = "image"
    trailing: tuple[int, ...] = ()
    scanner: Mapping[str, str] = field(default_factory=dict, repr=False)
    b_values: tuple[float, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        """Shape, voxel sizes and type in one line."""
        shape = " x ".join(map(str, self.data_shape))
        sizes = " x ".join(f"{size:.3g}" for size in self.voxel_sizes)
        return f"<{type(self).__name__} {shape} voxels, {sizes} mm, {self.dtype}>"

    def to_nibabel(self) -> Nifti1Image:
        """Return a nibabel image of the real values, with the header if it is that of a NIfTI file."""
        from nibabel.nifti1 import Nifti1Header, Nifti1Image
        from nibabel.nifti2 import Nifti2Header, Nifti2Image

        data = self.data if (self.slope, self.inter) == (1.0, 0.0) else self.values()
        if data.dtype.kind == "b":
            data = data.astype(np.uint8)
        header = self.header if isinstance(self.header, Nifti1Header) else None
        kind = Nifti2Image if isinstance(header, Nifti2Header) else Nifti1Image
        image = kind(data, self.affine, header, dtype=data.dtype)
        if header is None:
            image.header.set_xyzt_units("mm", "sec")
        return image

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of `data`: (x, y, z) or (x, y, z, t)."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the stored voxels."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """Number of axes of `data`: 4 for a series, 3 otherwise."""
        return len(self.data_shape)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Spatial shape in voxels."""
        x, y, z = self.data_shape[:3]
        return x, y, z

    @property
    def voxel_sizes(self) -> Affine:
        """Voxel sizes in mm, shape (3,)."""
        sizes: Affine = affines.voxel_sizes(self.affine)
        return sizes

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / MM3_PER_ML

    @property
    def n_frames(self) -> int:
        """Number of frames: 1 for a 3-D image."""
        return self.data_shape[3] if self.ndim == 4 else 1

    def frames(self) -> Iterator[Array]:
        """Yield the stored voxels of each frame, shape (x, y, z)."""
        yield from np.moveaxis(self.data, 3, 0) if self.ndim == 4 else [self.data]

    def frame(self, index: int) -> Volume:
        """Return one frame of a series as a 3-D volume (the volume itself if it is 3-D)."""
        if self.ndim == 3:
            return self
        return replace(self, data=self.data[..., index], b_values=())

    def mean_frame(self, frames: Sequence[int] | None = None) -> Volume:
        """Return the mean of the frames, float32, as a 3-D volume (the volume itself if it is 3-D).

        Parameters
        ----------
        frames : sequence of int, optional
            Indices of the frames to average; by default all.
        """
        if self.ndim == 3:
            return self
        chosen = set(range(self.n_frames) if frames is None else frames)
        total = np.zeros(self.shape, np.float32, order="F")
        with np.errstate(over="ignore", invalid="ignore"):
            for index, frame in enumerate(self.frames()):
                if index in chosen:
                    total += frame
        total /= len(chosen)
        return replace(self, data=total, b_values=())

    def finite(self, fill: float | None = None) -> Volume:
        """Return the volume with every stored value that is not finite replaced.

        Parameters
        ----------
        fill : float, optional
            What they are replaced by, as a stored value; the lowest finite value by default.

        Returns
        -------
        Volume
            The same object if all values are finite.
        """
        if self.data.dtype.kind != "f":
            return self
        finite = np.isfinite(self.data)
        if finite.all():
            return self
        if fill is None:
            fill = self.data[finite].min() if finite.any() else 0.0
        return replace(self, data=np.where(finite, self.data, self.data.dtype.type(fill)))

    def values(self) -> FloatArray:
        """Return the real values as float32, in the shape of `data`; those beyond its range are infinite."""
        with np.errstate(over="ignore"):
            values = self.data.astype(np.float32)
            if self.slope != 1.0:
                values *= np.float32(self.slope)
            if self.inter != 0.0:
                values += np.float32(self.inter)
        return values

    def part(self, box: tuple[slice, ...]) -> Volume:
        """Return the voxels in a box, where they lie in the world; the ends of its sides are not negative."""
        affine = self.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [side.start for side in box]
        return replace(self, data=self.data[box], affine=affine)

    def with_data(self, data: Array, *, scaled: bool = False) -> Volume:
        """Return the same geometry and header with other voxels.

        Parameters
        ----------
        data : ndarray, shape (x, y, z) or (x, y, z, t)
            New voxels, of the same spatial shape.
        scaled : bool
            True if `data` are stored values that keep this volume's slope and intercept; False if they are real values
            (masks, distances).

        Raises
        ------
        ValueError
            If the spatial shape differs.
        """
        if data.shape[:3] != self.shape:
            raise ValueError(f"shape {data.shape[:3]} does not match {self.shape}")
        if scaled:
            return replace(self, data=data)
        return replace(self, data=data, slope=1.0, inter=0.0)


def corners(shape: tuple[int, ...], affine: Affine) -> Affine:
    """Return the world coordinates of the eight outer corners of an image.

    Parameters
    ----------
    shape : tuple of int
        Spatial shape in voxels.
    affine : ndarray, shape (4, 4)
        Voxel indices to world coordinates in mm.

    Returns
    -------
    ndarray, shape (8, 3)
    """
    return map_box_corners([(-0.5, size - 0.5) for size in shape], affine)


def map_box_corners(ends: Sequence[tuple[float, float]], affine: Affine) -> Affine:
    """Map the eight corners of a box of voxel indices through an affine.

    Parameters
    ----------
    ends : sequence of (float, float)
        First and last index along each of the three axes.
    affine : ndarray, shape (4, 4)

    Returns
    -------
    ndarray, shape (8, 3)
    """
    mapped: Affine = affines.apply_affine(affine, np.array(list(itertools.product(*ends))))
    return mapped


def grid_mismatch(first: Volume, second: Volume) -> str:
    """Describe how the grids of two images differ; the one rule for "same grid".

    Two grids are the same if their shapes are equal and no corner of one lies farther than half a voxel from the
    same corner of the other.

    Parameters
    ----------
    first, second : Volume
        The voxel sizes are those of the second.

    Returns
    -------
    str
        One sentence that names `first`; empty if the grids are the same.
    """
    different = f"{first.name}: is on another grid than {second.name}"
    if first.shape != second.shape:
        return f"{different} (shapes {first.shape} and {second.shape}); resample one of them."
    moved = np.abs(corners(first.shape, first.affine) - corners(second.shape, second.affine)).max()
    if moved > 0.5 * float(second.voxel_sizes.min()):
        return f"{different} ({moved:.1f} mm away); resample one of them or repair its header."
    return ""
