"""Grid: one affine map from the scan's voxels to the network's, and the distance back through its inverse."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from nibabel.affines import apply_affine, voxel_sizes

from deskull.axes import broadcast_along, occupied_indices
from deskull.preprocessing.resampling import average_blocks, block_affine, block_mean, downsample, interpolate, upsample
from deskull.preprocessing.straight import grid_directions
from deskull.preprocessing.value_range import limit_range
from deskull.volume import Affine, Array, FloatArray, Volume, corners, map_box_corners

Shape = tuple[int, int, int]

#: Background kept around the head where a scan is cropped, in mm. Set by hand: more than the 10 mm to which the shipped
#: networks' distances are clipped.
MARGIN_MM = 14.0
#: Maximum extent of the network's grid along an axis, in mm; what lies farther from the head is cut. Set by hand: a
#: head and its neck, in a multiple of 16 voxels of 1, 2 or 3 mm.
MAX_EXTENT_MM = 288.0
#: Minimum extent, in mm: the smallest grid of training (80 voxels of 2 mm). A slab of a few slices is surrounded by
#: empty voxels. Agreement of slabs of 15 to 40 mm of three scans with the mask of the whole head (Dice, mean and worst
#: of 27): 0.969 and 0.907 without it, 0.975 and 0.930 with it.
MIN_EXTENT_MM = 160.0
#: Where a field of view longer than the maximum is cut, the grid starts this far above the top of the head, in mm: the
#: margin and a little more.
_ABOVE_HEAD_MM = 16.0
#: The head is what is brighter than this fraction of the range between two percentiles of the scan. Set by hand: above
#: the noise of air, below the dimmest tissue.
_FOREGROUND = 0.15
_FOREGROUND_PERCENTILES = (1, 99)
#: The ends of the head are these percentiles of its voxels' coordinates, so that a few bright voxels in the air do not
#: enlarge it.
_HEAD_PERCENTILES = (0.1, 99.9)
#: The head is looked for in about this number of planes along each axis.
_N_SAMPLED_PLANES = 64
#: A point halfway between two voxels belongs to the one that is nearer after a shift by this much along the world's
#: axes, in mm.
_TIE_MM = 1e-3
#: A scan's axis is a grid's axis, in step and direction, if their ratio is 1 to within these tolerances.
_SAME_STEP, _SAME_DIRECTION = 0.01, 0.02
#: Voxels around the part of a scan that a grid covers, which blurring and splines use: a number of the scan's own
#: voxels, and a number of blocks of them.
_MARGIN_VOXELS = 4
#: Of voxels longer than this, in mm, fewer are kept: no scanner makes them, and split to the grid's size they take
#: gigabytes.
_VERY_COARSE_MM = 12.0
#: Tolerance of the field of view beyond the outer faces of its voxels, in voxels.
_FACE_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Conformed:
    """A scan on the network's grid.

    Attributes
    ----------
    data : ndarray of float32, shape (x, y, z)
        Real values; the axes run to the right, to the front and upwards (RAS+), or nearly so.
    field_of_view : ndarray of bool, shape (x, y, z)
        Where the scan has voxels.
    affine : ndarray, shape (4, 4)
        Grid indices to world coordinates in mm.
    """

    data: FloatArray
    field_of_view: Array
    affine: Affine

    def coarsened(self, times: int) -> tuple[Array, Affine]:
        """Return the field of view and the affine of the grid with voxels `times` as long and the same corners."""
        return self.field_of_view[(slice(times // 2, None, times),) * 3], rescaled_affine(self.affine, times)

    def averaged(self, times: int, size_multiple: int = 1) -> FloatArray:
        """Return the scan averaged to voxels `times` as long, from the same corner.

        Parameters
        ----------
        times : int
        size_multiple : int
            Empty voxels are added at the ends, so that the sizes are multiples of this number of the longer voxels.

        Returns
        -------
        ndarray of float32, shape (x, y, z)
        """
        ends = [(0, -size % (times * size_multiple)) for size in self.data.shape]
        image = np.pad(self.data, ends) if any(end for _, end in ends) else self.data
        for axis in range(3):
            image = block_mean(image, axis, times)
        return image

    def cropped(self, points: Affine, margin: float, size_multiple: int) -> Conformed:
        """Return the part of the grid around points, its sizes multiples of a number of voxels and no larger than now.

        Parameters
        ----------
        points : ndarray, shape (n, 3)
            World coordinates in mm.
        margin : float
            In mm.
        size_multiple : int
        """
        places = apply_affine(np.linalg.inv(self.affine), points)
        around = margin / voxel_sizes(self.affine)
        lowest, highest = places.min(axis=0) - around, places.max(axis=0) + around
        sides = []
        for size, low, high in zip(self.data.shape, lowest, highest, strict=True):
            first, last = np.clip([low, high], 0, size - 1)
            length = min(size, math.ceil((last - first + 1) / size_multiple) * size_multiple)
            start = int(np.clip(round((first + last + 1 - length) / 2), 0, size - length))
            sides.append(slice(start, start + length))
        box, affine = tuple(sides), self.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [side.start for side in sides]
        return Conformed(self.data[box], self.field_of_view[box], affine)


def rescaled_affine(grid: Affine, times: float) -> Affine:
    """Return the affine of the grid with voxels `times` as long and the same corners, shape (4, 4)."""
    scale = np.diag([times, times, times, 1.0])
    scale[:3, 3] = (times - 1) / 2
    rescaled: Affine = grid @ scale
    return rescaled


def _head_bounds(volume: Volume) -> tuple[Affine, Affine]:
    """Return the lowest and highest world coordinates of the head in mm, shape (3,) each."""
    planes = [_sampled_planes(size) for size in volume.shape]
    sample = replace(volume, data=volume.data[np.ix_(*planes)]).values()
    low, high = np.percentile(sample, _FOREGROUND_PERCENTILES)
    voxels = np.argwhere(sample > low + _FOREGROUND * (high - low))
    if not len(voxels):
        outer = corners(volume.shape, volume.affine)
        return outer.min(axis=0), outer.max(axis=0)
    index = np.stack([plane[numbers] for plane, numbers in zip(planes, voxels.T, strict=True)], axis=1)
    world = apply_affine(volume.affine, index)
    first, last = _HEAD_PERCENTILES
    return np.percentile(world, first, axis=0), np.percentile(world, last, axis=0)


def _sampled_planes(size: int) -> Array:
    """Return about 64 indices along an axis, the same counted from either end."""
    half = np.arange(0, (size + 1) // 2, max(1, size // _N_SAMPLED_PLANES))
    return np.union1d(half, size - 1 - half)


def choose_grid(
    volume: Volume,
    voxel_size: float,
    size_multiple: int,
    size: Shape | None = None,
    *,
    crop: bool = False,
) -> tuple[Shape, Affine]:
    """Choose a grid of cubic voxels that covers a scan or the head in it.

    Parameters
    ----------
    volume : Volume
        A 3-D scan of finite values.
    voxel_size : float
        Voxel size of the grid in mm.
    size_multiple : int
        Each size of the grid is a multiple of this.
    size : tuple of int, optional
        Size of the grid in voxels; the scan is cut or padded to it, around the head.
    crop : bool
        Whether air around the head is left out, and the grid runs along the axes of the scan instead of the world's
        (see `deskull.preprocessing.straight`), where no `size` is given.

    Returns
    -------
    shape : tuple of int
    affine : ndarray, shape (4, 4)
        Grid indices to world coordinates in mm.
    """
    crop = crop and not size
    axes = grid_directions(volume.affine) if crop else np.eye(4)
    volume = replace(volume, affine=np.linalg.inv(axes) @ volume.affine)
    outer = corners(volume.shape, volume.affine)
    low, high = outer.min(axis=0), outer.max(axis=0)
    if crop:
        head_low, head_high = _head_bounds(volume)
        low, high = np.maximum(low, head_low - MARGIN_MM), np.minimum(high, head_high + MARGIN_MM)
    extent = np.array(size) * voxel_size if size else np.full(3, MAX_EXTENT_MM)
    if (high - low > extent).any():
        low, high = _cut_to_extent(low, high, *_head_bounds(volume), extent)
    covered = np.maximum(high - low, MIN_EXTENT_MM) if crop else high - low
    counts = [max(1, math.ceil(length / voxel_size / size_multiple - 1e-6)) for length in covered]
    sizes = size or [size_multiple * count for count in counts]
    grid = np.diag([voxel_size, voxel_size, voxel_size, 1.0])
    grid[:3, 3] = (low + high) / 2 - (np.array(sizes) - 1) / 2 * voxel_size
    if crop:
        grid[:3, 3] -= _off_centre(grid, volume.affine @ block_affine(volume.shape, volume.affine, voxel_size))
    x, y, z = sizes
    return (x, y, z), axes @ grid


def _off_centre(grid: Affine, reduced: Affine) -> Affine:
    """Return how far grid points lie from the centres of voxels of the same size and axes, in mm, shape (3,).

    Interpolation halfway between two voxels would blur. A point there goes to the voxel farther along the world's axes,
    so that the grid does not depend on the order in which the scan is stored.
    """
    to_voxels = np.linalg.inv(reduced)
    places = to_voxels @ grid
    nearest = np.round(places[:3, 3] + to_voxels[:3, :3] @ np.full(3, _TIE_MM))
    same = np.isclose(np.abs(places[:3, :3]).max(axis=1), 1, atol=_SAME_STEP)
    same &= np.isclose(np.abs(places[:3, :3]).sum(axis=1), 1, atol=_SAME_DIRECTION)
    moved: Affine = reduced[:3, :3] @ np.where(same, places[:3, 3] - nearest, 0)
    return moved


def _cut_to_extent(
    low: Affine, high: Affine, head_low: Affine, head_high: Affine, extent: Affine
) -> tuple[Affine, Affine]:
    """Cut a field of view to an extent in mm: centred on the head, but measured downwards from its top."""
    centre = (head_low + head_high) / 2
    centre[2] = head_high[2] + _ABOVE_HEAD_MM - extent[2] / 2
    start = np.clip(centre - extent / 2, low, np.maximum(low, high - extent))
    too_long = high - low > extent
    return np.where(too_long, start, low), np.where(too_long, start + extent, high)


def conform(
    volume: Volume,
    voxel_size: float,
    size_multiple: int,
    reference_grid: Conformed | None = None,
    *,
    size: Shape | None = None,
    crop: bool = False,
    order: int = 1,
    threads: int = 1,
) -> Conformed:
    """Bring a scan of any orientation, anisotropy or shear to the network's grid.

    Parameters
    ----------
    volume : Volume
        A 3-D scan of finite values.
    voxel_size : float
        Voxel size of the network in mm.
    size_multiple : int
        Each size of the grid is a multiple of this.
    reference_grid : Conformed, optional
        Use this one's grid instead of choosing one: for a mask beside its scan.
    size : tuple of int, optional
        A fixed size of the grid in voxels.
    crop : bool
        Whether the grid covers the head only, instead of the whole scan.
    order : {1, 0}
        1 for linear interpolation, 0 for the nearest voxel without averaging.
    threads : int
        Maximum number of threads.

    Returns
    -------
    Conformed

    Notes
    -----
    Values far out of range are limited first (see `deskull.preprocessing.value_range.limit_range`). Where the scan is
    finer than the grid it is averaged (block mean, then a Gaussian for the rest), so that nothing aliases; where it is
    much coarser, its voxels are split by cubic splines; one linear interpolation through the composed affine map
    follows.
    """
    limited = limit_range(volume)
    if reference_grid is None:
        shape, grid = choose_grid(limited, voxel_size, size_multiple, size, crop=crop)
        return _sample(limited, shape, grid, order, threads)
    return _sample(limited, reference_grid.data.shape, reference_grid.affine, order, threads)


def resample(volume: Volume, shape: tuple[int, ...], grid: Affine, order: int = 1) -> Conformed:
    """Sample a scan on a given grid of cubic voxels, as `conform` does.

    Parameters
    ----------
    volume : Volume
        A 3-D scan of finite values.
    shape : tuple of int
        Shape of the grid.
    grid : ndarray, shape (4, 4)
        Grid indices to world coordinates in mm.
    order : {1, 0}
        1 for linear interpolation, 0 for the nearest voxel without averaging.

    Returns
    -------
    Conformed
    """
    return _sample(volume, shape, grid, order)


def _sample(volume: Volume, shape: tuple[int, ...], grid: Affine, order: int = 1, threads: int = 1) -> Conformed:
    """Sample real values on a grid of cubic voxels; what the grid does not cover is never converted to floats."""
    part = _crop(volume, shape, grid)
    if order:
        voxel = float(voxel_sizes(grid)[0])
        averaged, affine = average_blocks(part.data, part.affine, voxel)
        sampled, affine = upsample(*downsample(replace(part, data=averaged).values(), affine, voxel), voxel)
    else:
        sampled, affine = part.values(), part.affine
    to_data = np.linalg.inv(affine) @ grid
    sampled = np.ascontiguousarray(interpolate(sampled, to_data[:3, :3], to_data[:3, 3], shape, threads, order))
    return Conformed(sampled, _field_of_view(shape, np.linalg.inv(volume.affine) @ grid, volume.shape), grid)


def _crop(volume: Volume, shape: tuple[int, ...], grid: Affine) -> Volume:
    """Return the part of a scan that a grid covers, with a margin for blurring and splines."""
    affine, voxel = volume.affine, float(voxel_sizes(grid)[0])
    blocks = np.diag(block_affine(volume.shape, affine, voxel))[:3]
    covered = map_box_corners([(-0.5, size - 0.5) for size in shape], np.linalg.inv(affine) @ grid)
    margin = _MARGIN_VOXELS * np.where(voxel_sizes(affine) > _VERY_COARSE_MM, 1, 1 + blocks)
    low = np.clip((covered.min(axis=0) - margin) // blocks * blocks, 0, volume.shape).astype(int)
    high = np.clip(np.ceil(covered.max(axis=0) + margin), 0, volume.shape).astype(int)
    if (high - low < margin).any():
        return volume
    return volume.part(tuple(slice(a, b) for a, b in zip(low, high, strict=True)))


def _field_of_view(shape: tuple[int, ...], to_scan: Affine, scan_shape: tuple[int, ...]) -> Array:
    """Return which grid voxels have their centre in the scan."""
    inside = np.ones(shape, bool)
    axes = [np.arange(size, dtype=np.float32) for size in shape]
    for row, size in enumerate(scan_shape):
        index = np.full((1, 1, 1), to_scan[row, 3], np.float32)
        for axis, step in enumerate(to_scan[row, :3].astype(np.float32)):
            if abs(step) * shape[axis] > 1e-4:  # where the grids are parallel, one axis suffices
                index = index + broadcast_along(axis, axes[axis] * step)
        inside &= (index >= -(0.5 + _FACE_TOLERANCE)) & (index <= size - (0.5 - _FACE_TOLERANCE))
    return inside


def to_native(field: FloatArray, grid: Affine, volume: Volume, far: float, threads: int = 1) -> FloatArray:
    """Interpolate a distance from the network's grid to the scan's own voxels.

    Parameters
    ----------
    field : ndarray of float32, shape (x, y, z)
        Signed distance in mm on the network's grid.
    grid : ndarray, shape (4, 4)
        Grid indices to world coordinates in mm.
    volume : Volume
        The scan.
    far : float
        Distance in mm assumed away from the brain: only the box in which `field` is smaller is interpolated.
    threads : int
        Maximum number of threads.

    Returns
    -------
    ndarray of float32, the scan's spatial shape
    """
    # In the order in which formats store voxels: masks and brains are then made and written without transposing.
    result = np.full(volume.shape, np.float32(far), order="F")
    near = field < far - 1e-3
    if not near.any():
        return result
    to_field: Affine = np.linalg.inv(grid) @ volume.affine
    to_scan: Affine = np.linalg.inv(volume.affine) @ grid
    box = _native_box(near, to_scan, volume.shape)
    start = np.array([side.start for side in box])
    offset = to_field[:3, :3] @ start + to_field[:3, 3]
    sizes = tuple(side.stop - side.start for side in box)
    if min(sizes) > 0:  # with the axes in reverse, so that reading and writing follow the order of the result
        matrix = to_field[2::-1, 2::-1]
        interpolate(np.ascontiguousarray(field.T), matrix, offset[::-1], sizes[::-1], threads, out=result[box].T)
    return result


def _native_box(near: Array, to_scan: Affine, shape: tuple[int, int, int]) -> tuple[slice, ...]:
    """Return the box of scan voxels around the true voxels of a grid, with a margin of one grid voxel."""
    ends = []
    for axis in range(3):
        occupied = occupied_indices(near, axis)
        ends.append((occupied[0] - 1, occupied[-1] + 1))
    mapped = map_box_corners(ends, to_scan)
    low = np.clip(np.floor(mapped.min(axis=0)), 0, shape).astype(int)
    high = np.clip(np.ceil(mapped.max(axis=0)) + 1, 0, shape).astype(int)
    return tuple(slice(lo, max(lo, hi)) for lo, hi in zip(low, high, strict=True))
