"""Faults of the acquisition: motion, ghosts, blur, and slices in disorder."""

from __future__ import annotations

import numpy as np
from heads import FloatArray, Head, level
from scipy import fft, ndimage
from scipy.spatial.transform import Rotation

Rng = np.random.Generator


def ghost(head: Head, rng: Rng, strength: float) -> Head:
    """Shifted copies of the head along one axis."""
    axis, n = int(rng.integers(3)), int(rng.choice([2, 2, 3, 4, 5]))
    image = head.image.copy()
    for copy in range(1, n):
        image += head.with_image(np.roll(head.image, head.image.shape[axis] * copy // n, axis)).image * (
            (0.05 + 0.5 * strength) / (n - 1)
        )
    return head.with_image(image)


def motion(head: Head, rng: Rng, strength: float) -> Head:
    """The head moves a few times while lines of k-space are read."""
    axis, n = int(rng.integers(3)), int(rng.integers(1, 3 + 4 * strength))
    spectrum = fft.fftn(head.image, workers=1)
    n_lines = head.image.shape[axis]
    for _ in range(n):
        moved = fft.fftn(_moved(head.image, rng, strength), workers=1)
        frequencies = np.argsort(np.abs(fft.fftfreq(n_lines)))[n_lines // 12 :]
        start = int(rng.integers(len(frequencies)))
        lines = [slice(None)] * 3
        lines[axis] = frequencies[start : start + n_lines // 4]
        spectrum[tuple(lines)] = moved[tuple(lines)]
    return head.with_image(np.abs(fft.ifftn(spectrum, workers=1)))


def _moved(image: FloatArray, rng: Rng, strength: float) -> FloatArray:
    """Return the image rotated and shifted a little."""
    angles = rng.uniform(-1, 1, 3) * (2 + 10 * strength)
    matrix = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    centre = np.array(image.shape) / 2
    offset = centre - matrix @ centre + rng.uniform(-1, 1, 3) * (2 + 10 * strength)
    return np.asarray(ndimage.affine_transform(image, matrix, offset, order=1), np.float32)


def ringing(head: Head, rng: Rng, strength: float) -> Head:
    """The outer part of k-space is missing."""
    spectrum = fft.rfftn(head.image, workers=1)
    kept = 0.5 - 0.35 * strength
    for axis, n in enumerate(head.image.shape):
        frequencies = np.abs(fft.rfftfreq(n) if axis == 2 else fft.fftfreq(n))
        spectrum *= (frequencies < 0.5 * kept).reshape([-1 if a == axis else 1 for a in range(3)])
    return head.with_image(np.abs(fft.irfftn(spectrum, head.image.shape, workers=1)))


def spikes(head: Head, rng: Rng, strength: float) -> Head:
    """Single points of k-space are much too strong, which draws stripes."""
    grid = [np.arange(n, dtype=np.float32).reshape([-1 if a == b else 1 for b in range(3)])
            for a, n in enumerate(head.image.shape)]  # fmt: skip
    image = head.image.copy()
    for _ in range(1 + int(2 * strength)):
        waves = rng.uniform(-0.25, 0.25, 3)
        phase = sum(np.float32(2 * np.pi * w) * x for w, x in zip(waves, grid, strict=True))
        image += np.float32(level(head.image) * (0.05 + 0.35 * strength)) * np.cos(np.asarray(phase))
    return head.with_image(np.abs(image))


def blur(head: Head, rng: Rng, strength: float) -> Head:
    """The image is not sharp."""
    zooms = np.linalg.norm(head.affine[:3, :3], axis=0)
    return head.with_image(ndimage.gaussian_filter(head.image, (1 + 5 * strength) / zooms))


def blur_along_axis(head: Head, rng: Rng, strength: float) -> Head:
    """The image is smeared along an axis."""
    axis = int(rng.integers(3))
    return head.with_image(ndimage.uniform_filter1d(head.image, 3 + int(18 * strength), axis))


def thick_slices(head: Head, rng: Rng, strength: float) -> Head:
    """Slices are so thick that the edge is lost between them."""
    axis, n = int(rng.integers(3)), 4 + int(14 * strength)
    size = head.image.shape[axis] // n * n
    box = [slice(0, s) for s in head.image.shape]
    box[axis] = slice(0, size)
    part = head.part(tuple(box))
    shape = [*part.image.shape[:axis], size // n, n, *part.image.shape[axis + 1 :]]
    affine = part.affine.copy()
    affine[:3, 3] += affine[:3, axis] * (n - 1) / 2
    affine[:3, axis] *= n
    return Head(part.image.reshape(shape).mean(axis + 1), part.distance.reshape(shape).mean(axis + 1), affine)


def coarse_voxels(head: Head, rng: Rng, strength: float) -> Head:
    """Only one voxel in many is kept."""
    n = 3 + int(5 * strength)
    affine = head.affine.copy()
    affine[:3, :3] *= n
    box = (slice(None, None, n),) * 3
    return Head(head.image[box].copy(), head.distance[box].copy(), affine)


def shuffled_slices(head: Head, rng: Rng, strength: float) -> Head:
    """Some slices are in the wrong place."""
    axis = int(rng.integers(3))
    order = np.arange(head.image.shape[axis])
    side = head.box()[axis]
    chosen = rng.permutation(np.arange(side.start, side.stop))[: max(4, int(strength * (side.stop - side.start)))]
    order[np.sort(chosen)] = chosen
    return head.with_image(np.take(head.image, order, axis))


def jittered_slices(head: Head, rng: Rng, strength: float) -> Head:
    """Every other slice is shifted within its plane, as where the head moves between interleaved stacks."""
    axis = int(rng.integers(3))
    image, step = np.moveaxis(head.image.copy(), axis, 0), int(rng.integers(2, 4))
    for index in range(0, len(image), step):
        shift = rng.integers(-2 - int(12 * strength), 3 + int(12 * strength), 2)
        image[index] = np.roll(image[index], tuple(shift), (0, 1))
    return head.with_image(np.moveaxis(image, 0, axis))


def striped_slices(head: Head, rng: Rng, strength: float) -> Head:
    """Slices differ in brightness, as where their excitations disturb each other."""
    axis = int(rng.integers(3))
    factors = np.exp(rng.normal(size=head.image.shape[axis]) * (0.2 + 1.0 * strength)).astype(np.float32)
    return head.with_image(head.image * factors.reshape([-1 if a == axis else 1 for a in range(3)]))


def repeated_slices(head: Head, rng: Rng, strength: float) -> Head:
    """Slices are missing, and others stand twice."""
    axis = int(rng.integers(3))
    n = head.image.shape[axis]
    order = (
        np.sort(rng.integers(0, n, n)) if strength > 0.6 else np.arange(n) // (n_same := 2 + int(8 * strength)) * n_same
    )
    return head.with_image(np.take(head.image, order, axis))


def zipper(head: Head, rng: Rng, strength: float) -> Head:
    """Lines of alternating bright and dark voxels cross some slices, as where a radio disturbs the coil."""
    along, across = (int(axis) for axis in rng.permutation(3)[:2])
    image, top = head.image.copy(), level(head.image)
    for _ in range(1 + int(6 * strength)):
        planes: list[slice | int] = [slice(None)] * 3
        start = int(rng.integers(image.shape[across]))
        planes[across] = slice(start, start + 1 + int(4 * strength))
        lines = image[tuple(planes)]
        pattern = np.arange(image.shape[along]) % int(rng.integers(2, 5)) == 0
        lines += top * (0.3 + strength) * pattern.reshape([-1 if a == along else 1 for a in range(3)])
    return head.with_image(image)


def chemical_shift(head: Head, rng: Rng, strength: float) -> Head:
    """What is bright, as fat is, is moved along an axis against the rest."""
    axis, top = int(rng.integers(3)), level(head.image)
    fat = np.clip(head.image - top * (0.75 - 0.15 * strength), 0, None) * 2
    shift = int(rng.choice([-1, 1])) * (2 + int(10 * strength))
    return head.with_image(np.clip(head.image - fat, 0, None) + np.roll(fat, shift, axis))
