"""Faults of the field of view: parts of the head are cut off, blanked, folded or in the wrong place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from heads import Head
from scipy import ndimage

Rng = np.random.Generator


def _axis_upwards(head: Head) -> tuple[int, bool]:
    """Return the axis that runs upwards, and whether its indices do, too."""
    axis = int(np.argmax(np.abs(head.affine[2, :3])))
    return axis, bool(head.affine[2, axis] > 0)


def _cut(head: Head, axis: int, at_end: bool, fraction: float) -> Head:
    """Cut off a fraction of the brain at one end of an axis."""
    side = head.box()[axis]
    n = round(fraction * (side.stop - side.start))
    kept = slice(0, max(4, side.stop - n)) if at_end else slice(min(side.start + n, head.image.shape[axis] - 4), None)
    box = [slice(0, size) for size in head.image.shape]
    box[axis] = slice(kept.start or 0, head.image.shape[axis] if kept.stop is None else kept.stop)
    return head.part(tuple(box))


def cut_vertex(head: Head, rng: Rng, strength: float) -> Head:
    """The top of the head is out of view."""
    axis, upwards = _axis_upwards(head)
    return _cut(head, axis, upwards, 0.05 + 0.5 * strength)


def cut_base(head: Head, rng: Rng, strength: float) -> Head:
    """The base of the brain is out of view."""
    axis, upwards = _axis_upwards(head)
    return _cut(head, axis, not upwards, 0.05 + 0.5 * strength)


def cut_side(head: Head, rng: Rng, strength: float) -> Head:
    """One side, the front or the back is out of view."""
    axis = int(rng.choice([a for a in range(3) if a != _axis_upwards(head)[0]]))
    return _cut(head, axis, bool(rng.integers(2)), 0.05 + 0.5 * strength)


def slab(head: Head, rng: Rng, strength: float) -> Head:
    """Only some slices of the head were scanned."""
    axis = int(rng.integers(3))
    side = head.box()[axis]
    length = max(3, round((side.stop - side.start) * (0.6 - 0.5 * strength)))
    start = int(rng.integers(side.start, max(side.start + 1, side.stop - length)))
    box = [slice(0, size) for size in head.image.shape]
    box[axis] = slice(start, start + length)
    return head.part(tuple(box))


def empty_slab(head: Head, rng: Rng, strength: float) -> Head:
    """Some slices inside the head have no signal."""
    axis = int(rng.integers(3))
    side = head.box()[axis]
    length = max(2, round((side.stop - side.start) * (0.05 + 0.4 * strength)))
    start = int(rng.integers(side.start, max(side.start + 1, side.stop - length)))
    image = head.image.copy()
    planes = [slice(None)] * 3
    planes[axis] = slice(start, start + length)
    image[tuple(planes)] = rng.choice([0.0, float(image.min())])
    return head.with_image(image)


def holes(head: Head, rng: Rng, strength: float) -> Head:
    """Balls without signal inside the head."""
    image = head.image.copy()
    spots = np.argwhere(head.distance < 5)
    zooms = np.linalg.norm(head.affine[:3, :3], axis=0)
    grid = np.indices(image.shape, sparse=True)
    for _ in range(1 + int(5 * strength)):
        spot, radius = spots[rng.integers(len(spots))], rng.uniform(8, 15 + 25 * strength)
        squares = sum(((axis - at) * step) ** 2 for axis, at, step in zip(grid, spot, zooms, strict=True))
        image[squares < radius**2] = 0
    return head.with_image(image)


def missing_blocks(head: Head, rng: Rng, strength: float) -> Head:
    """Boxes of voxels are lost, as in a damaged file."""
    image = head.image.copy()
    for _ in range(1 + int(12 * strength)):
        size = (np.array(image.shape) * rng.uniform(0.05, 0.1 + 0.3 * strength, 3)).astype(int) + 1
        start = [int(rng.integers(0, max(1, n - s))) for n, s in zip(image.shape, size, strict=True)]
        image[tuple(slice(a, a + b) for a, b in zip(start, size, strict=True))] = 0
    return head.with_image(image)


def dropout(head: Head, rng: Rng, strength: float) -> Head:
    """Signal is lost around one place, as beside metal."""
    spots = np.argwhere(np.abs(head.distance) < 5)
    spot = spots[rng.integers(len(spots))]
    zooms = np.linalg.norm(head.affine[:3, :3], axis=0)
    grid = np.indices(head.image.shape, sparse=True)
    squares = sum(((axis - at) * step) ** 2 for axis, at, step in zip(grid, spot, zooms, strict=True))
    return head.with_image(head.image * (1 - np.exp(-squares / (2 * (10 + 30 * strength) ** 2))))


def wrapped_around(head: Head, rng: Rng, strength: float) -> Head:
    """The head is larger than the field of view, and what lies outside is folded onto the other side."""
    axis = int(rng.integers(3))
    n = round(head.image.shape[axis] * (0.1 + 0.25 * strength))
    planes, folded = [slice(None)] * 3, [slice(None)] * 3
    planes[axis], folded[axis] = slice(0, -n), slice(0, n)
    cut = [slice(None)] * 3
    cut[axis] = slice(-n, None)
    image = head.image[tuple(planes)].copy()
    image[tuple(folded)] += head.image[tuple(cut)][tuple(slice(0, s) for s in image[tuple(folded)].shape)]
    return replace(head, image=image, distance=head.distance[tuple(planes)])


def rolled(head: Head, rng: Rng, strength: float) -> Head:
    """The head is shifted and reappears on the other side."""
    axis = int(rng.integers(3))
    n = round(head.image.shape[axis] * (0.15 + 0.35 * strength)) * int(rng.choice([-1, 1]))
    return replace(head, image=np.roll(head.image, n, axis), distance=np.roll(head.distance, n, axis))


def much_padding(head: Head, rng: Rng, strength: float) -> Head:
    """Zeros around the scan: not a fault of the scan, but of what many tools make of it."""
    pads = [(int(rng.integers(0, 10 + 60 * strength)), int(rng.integers(0, 10 + 60 * strength))) for _ in range(3)]
    affine = head.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ [low for low, _ in pads]
    distance = np.pad(head.distance, pads, constant_values=10.0)
    return Head(np.pad(head.image, pads), distance, affine)


def bent(head: Head, rng: Rng, strength: float) -> Head:
    """The head is distorted, as in EPI without correction."""
    axis = int(rng.integers(3))
    coarse = rng.normal(size=(4, 4, 4))
    zooms = [n / 4 for n in head.image.shape]
    field = ndimage.zoom(coarse, zooms, order=3, mode="nearest").astype(np.float32) * (4 + 12 * strength)
    grid = list(np.indices(head.image.shape, np.float32))
    grid[axis] = grid[axis] + field
    image = ndimage.map_coordinates(head.image, grid, order=1, mode="nearest")
    return replace(head, image=image, distance=ndimage.map_coordinates(head.distance, grid, order=1, mode="nearest"))
