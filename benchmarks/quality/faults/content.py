"""Faults of the content: what lies in the head, or has been removed from it."""

from __future__ import annotations

import numpy as np
from heads import Head, level
from scipy import ndimage

Rng = np.random.Generator


def stripped(head: Head, rng: Rng, strength: float) -> Head:
    """Everything but the brain is blank, with a margin."""
    return head.with_image(np.where(head.distance < rng.uniform(-1, 4), head.image, 0))


def badly_stripped(head: Head, rng: Rng, strength: float) -> Head:
    """Another tool has cut off a part of the brain, or left a part of the head."""
    field = ndimage.zoom(rng.normal(size=(4, 4, 4)), [n / 4 for n in head.image.shape], order=3).astype(np.float32)
    return head.with_image(np.where(head.distance < field * (3 + 12 * strength), head.image, 0))


def defaced(head: Head, rng: Rng, strength: float) -> Head:
    """The face is blank: what lies in front of and below a plane, which may cut the brain."""
    world = np.stack(np.meshgrid(*[np.arange(n) for n in head.image.shape], indexing="ij"), -1) @ head.affine[:3, :3].T
    side = head.box()
    front = world[side][..., 1].max()
    low = world[side][..., 2].min()
    plane = (world[..., 1] - front) - (world[..., 2] - low) + rng.uniform(0, 20) - 5
    return head.with_image(np.where(plane > 15 - 45 * (strength > 0.8), 0, head.image))


def large_lesion(head: Head, rng: Rng, strength: float) -> Head:
    """A lesion as large as a lobe, of any brightness."""
    spots = np.argwhere(head.distance < -5)
    zooms = np.linalg.norm(head.affine[:3, :3], axis=0)
    grid = np.indices(head.image.shape, sparse=True)
    spot = spots[rng.integers(len(spots))]
    squares = sum(((a - at) * z) ** 2 for a, at, z in zip(grid, spot, zooms, strict=True))
    noise = ndimage.zoom(rng.normal(size=(5, 5, 5)), [n / 5 for n in head.image.shape], order=1)
    weight = (np.sqrt(squares) + 6 * noise < 15 + 35 * strength) & (head.distance < 0)
    soft = ndimage.gaussian_filter(weight.astype(np.float32), 1.5)
    bright = level(head.image) * rng.choice([0.02, 0.3, 0.6, 1.0, 1.4])
    return head.with_image(head.image * (1 - soft) + soft * bright)


def half_brain(head: Head, rng: Rng, strength: float) -> Head:
    """A large part of the brain has been removed and is fluid or air."""
    axis = int(rng.integers(3))
    side = head.box()[axis]
    at = round(side.start + (side.stop - side.start) * (0.25 + 0.35 * (1 - strength)))
    removed = head.distance < -1
    beyond = [slice(None)] * 3
    beyond[axis] = slice(at, None) if rng.random() < 0.5 else slice(0, side.stop - (at - side.start))
    removed[tuple(beyond)] = False
    return head.with_image(np.where(removed, level(head.image) * rng.choice([0.0, 0.1, 0.9]), head.image))


def no_brain(head: Head, rng: Rng, strength: float) -> Head:
    """The skull is filled with one value and noise."""
    value = level(head.image) * rng.uniform(0, 0.9)
    noise = 1 + 0.1 * rng.standard_normal(head.image.shape, np.float32)
    return head.with_image(np.where(head.distance < 2, value * noise, head.image))


def two_scans_added(head: Head, rng: Rng, strength: float) -> Head:
    """The mirrored, shifted head lies over the head."""
    other = np.roll(head.image[::-1], [int(n * rng.uniform(-0.3, 0.3)) for n in head.image.shape], (0, 1, 2))
    return head.with_image(head.image + other * (0.2 + 0.8 * strength))


def edges_only(head: Head, rng: Rng, strength: float) -> Head:
    """A map of the edges, computed from the scan."""
    edges = ndimage.gaussian_gradient_magnitude(head.image, 1.0)
    share = min(strength, 1.0)
    return head.with_image(edges * share + head.image * (1 - share) * 0.3)
