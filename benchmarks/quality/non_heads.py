"""Volumes without a human head, made by code: noise, phantoms, other organs, animals, and maps that are no scans."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from heads import FloatArray, Head, level
from scipy import fft, ndimage

Rng = np.random.Generator
#: Makes an image of 1 to 2 mm voxels, from a head if it needs one.
NonHead = Callable[[Head, Rng], FloatArray]
_SHAPE = (160, 176, 160)


def _grid() -> list[npt.NDArray[np.float32]]:
    """Return coordinates in mm from the middle, to be broadcast."""
    return [np.arange(n, dtype=np.float32).reshape([-1 if a == b else 1 for b in range(3)]) - n / 2
            for a, n in enumerate(_SHAPE)]  # fmt: skip


def _noise(rng: Rng, deviation: float) -> FloatArray:
    """Return white noise."""
    return rng.standard_normal(_SHAPE, np.float32) * np.float32(deviation)


def _smooth(rng: Rng, sigma: float) -> FloatArray:
    """Return smooth noise with a standard deviation of 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(_SHAPE, np.float32), sigma, mode="wrap")
    return np.asarray(noise / noise.std(), np.float32)


def _radius(rng: Rng, low: float, high: float) -> FloatArray:
    """Return the distance from the middle in units of random half axes; below 1 inside an ellipsoid."""
    return np.asarray(np.sqrt(sum((x / rng.uniform(low, high)) ** 2 for x in _grid())), np.float32)


def white_noise_only(head: Head, rng: Rng) -> FloatArray:
    return np.abs(_noise(rng, 1))


def spectrum_of_power_law(head: Head, rng: Rng) -> FloatArray:
    """Noise whose power falls with a power of the frequency."""
    spectrum = fft.rfftn(_noise(rng, 1), workers=1)
    squares = sum(
        (fft.rfftfreq(n) if a == 2 else fft.fftfreq(n)).reshape([-1 if a == b else 1 for b in range(3)]) ** 2
        for a, n in enumerate(_SHAPE)
    )
    squares[0, 0, 0] = 1
    image = fft.irfftn(spectrum * squares ** (-rng.uniform(0.5, 2)), _SHAPE, workers=1)
    return np.asarray(image - image.min(), np.float32)


def blobs(head: Head, rng: Rng) -> FloatArray:
    return np.clip(_smooth(rng, rng.uniform(3, 20)) - rng.uniform(-0.5, 1), 0, None) + np.abs(_noise(rng, 0.02))


def ball(head: Head, rng: Rng) -> FloatArray:
    """A ball or ellipsoid of one material."""
    return (_radius(rng, 50, 80) < 1) * np.float32(1) + np.abs(_noise(rng, rng.uniform(0.005, 0.1)))


def nested_balls(head: Head, rng: Rng) -> FloatArray:
    """A phantom of some shells."""
    radius, values = _radius(rng, 55, 80), rng.uniform(0, 1, 6)
    edges = np.sort(rng.uniform(0.3, 1, 4))
    index = np.where(radius < 1, 1 + np.searchsorted(edges, radius), 0)
    values[0] = 0
    return np.asarray(values[index], np.float32) + np.abs(_noise(rng, rng.uniform(0.005, 0.08)))


def bottles(head: Head, rng: Rng) -> FloatArray:
    """Cylinders of fluid, some with a bubble of air on top."""
    x, y, z = _grid()
    image = np.zeros(_SHAPE, np.float32)
    for _ in range(rng.integers(1, 6)):
        at = rng.uniform(-45, 45, 2) * (0 if rng.random() < 0.3 else 1)
        inside = (x - at[0]) ** 2 + (y - at[1]) ** 2 < rng.uniform(12, 65) ** 2
        image = np.where(inside & (np.abs(z) < rng.uniform(40, 78)), rng.uniform(0.3, 1), image)
    if rng.random() < 0.5:
        image = np.where(y > rng.uniform(10, 50), 0, image)
    return np.asarray(np.moveaxis(image, 2, rng.integers(3)), np.float32) + 0.02


def phantom_with_holes(head: Head, rng: Rng) -> FloatArray:
    """A cylinder with rows of rods, as in quality assurance."""
    x, y, z = _grid()
    body = ((x**2 + y**2 < 80**2) & (np.abs(z) < 75)).astype(np.float32)
    spacing, radius = rng.uniform(12, 40), rng.uniform(2, 8)
    rods = ((x % spacing - spacing / 2) ** 2 + (y % spacing - spacing / 2) ** 2) < radius**2
    return np.asarray(body * np.where(rods, rng.uniform(0, 0.5), 1), np.float32) + np.abs(_noise(rng, 0.02))


def vessels(head: Head, rng: Rng) -> FloatArray:
    """Bright tubes on a dim ground, as in an angiogram."""
    image = np.zeros(_SHAPE, np.float32)
    for _ in range(rng.integers(15, 60)):
        place, step = rng.uniform(20, 140, 3), rng.normal(size=3)
        for _ in range(rng.integers(50, 250)):
            step = step + 0.4 * rng.normal(size=3)
            step /= np.linalg.norm(step)
            place = place + step
            index = tuple(np.clip(place.astype(int), 0, np.array(_SHAPE) - 1))
            image[index] = rng.uniform(0.5, 1)
    tubes = ndimage.gaussian_filter(image, rng.uniform(0.8, 1.8))
    ground = (_radius(rng, 60, 85) < 1) * np.float32(rng.uniform(0, 0.25))
    return np.asarray(tubes / tubes.max() + ground, np.float32) + np.abs(_noise(rng, 0.03))


def map_in_brain(head: Head, rng: Rng) -> FloatArray:
    """A smooth statistical map inside a brain's outline, of both signs or one."""
    noise = ndimage.gaussian_filter(rng.standard_normal(head.image.shape, np.float32), rng.uniform(2, 10))
    values = noise / noise.std() + (rng.uniform(0, 2) if rng.random() < 0.5 else 0)
    values = values if rng.random() < 0.5 else np.clip(values - rng.uniform(0, 1.5), 0, None)
    return np.asarray(np.where(head.distance < 0, values, 0), np.float32)


def torso(head: Head, rng: Rng) -> FloatArray:
    """A body with lungs, a spine and ribs."""
    x, y, z = _grid()
    body = (x / 78) ** 2 + (y / 60) ** 2 < 1
    image = np.where(body & (z == z), 0.6, 0.0) + 0.1 * _smooth(rng, 6) * body
    for side in (-1, 1):
        image = np.where(((x - side * 35) / 25) ** 2 + (y / 38) ** 2 + (z / 75) ** 2 < 1, 0.05, image)
    image = np.where((x / 14) ** 2 + ((y + 40) / 14) ** 2 < 1, np.where(z % 25 < 6, 0.3, 0.9), image)
    return np.asarray(np.clip(image, 0, None), np.float32) + np.abs(_noise(rng, 0.03))


def limbs(head: Head, rng: Rng) -> FloatArray:
    """One or two limbs with fat, muscle, bone and marrow."""
    x, y, z = _grid()
    image = np.zeros(_SHAPE, np.float32)
    n = int(rng.integers(1, 3))
    for side in (-1, 1)[:n]:
        at = side * 42 * (n - 1)
        radius = np.sqrt((x - at - 8 * np.sin(z / 40)) ** 2 + y**2) / rng.uniform(0.8, 1.1)
        shells = [(38, 0.9), (33, rng.uniform(0.2, 0.6)), (15 + 5 * np.cos(z / 50), 0.05), (11, 0.85)]
        for edge, value in shells:
            image = np.where(radius < edge, value, image)
    return np.asarray(image + 0.03 * _smooth(rng, 3) * (image > 0), np.float32) + np.abs(_noise(rng, 0.02))


def animal_head(head: Head, rng: Rng) -> FloatArray:
    """A head that is much smaller and longer than a human's."""
    return _animal(head.image, head, rng)


def animal_brain(head: Head, rng: Rng) -> FloatArray:
    """A stripped brain that is much smaller than a human's."""
    return _animal(np.where(head.distance < 0, head.image, 0), head, rng)


def _animal(image: FloatArray, head: Head, rng: Rng) -> FloatArray:
    """Return the image smaller, longer and narrower, on its own grid."""
    scale = rng.uniform(0.3, 0.55) * np.array([rng.uniform(0.6, 1), rng.uniform(1, 1.7), rng.uniform(0.6, 1)])
    middle = np.array(image.shape) / 2
    matrix = np.diag(1 / scale)
    return np.asarray(ndimage.affine_transform(image, matrix, middle - matrix @ middle, order=1), np.float32)


def mask_as_scan(head: Head, rng: Rng) -> FloatArray:
    return (head.distance < rng.uniform(-3, 3)).astype(np.float32)


def label_map_as_scan(head: Head, rng: Rng) -> FloatArray:
    """The head cut into regions of whole numbers."""
    n = int(rng.integers(4, 12))
    smooth = ndimage.gaussian_filter(head.image, 1.0) / level(head.image)
    return np.asarray(np.round(np.clip(smooth, 0, 1) * n) * rng.choice([1, 7, 11]) % 37, np.float32)


def distance_as_scan(head: Head, rng: Rng) -> FloatArray:
    return np.asarray(head.distance, np.float32)


def ramp(head: Head, rng: Rng) -> FloatArray:
    x, y, z = _grid()
    a, b, c = rng.normal(size=3)
    return np.asarray(a * x + b * y + c * z + 100, np.float32) + np.abs(_noise(rng, rng.uniform(0, 20)))


def checkerboard(head: Head, rng: Rng) -> FloatArray:
    size = int(rng.integers(4, 40))
    cells = sum(np.floor(x / size) for x in _grid())
    return np.asarray(np.mod(cells, 2) * (_radius(rng, 60, 85) < rng.choice([1, 10])), np.float32)


def angiogram_of_head(head: Head, rng: Rng) -> FloatArray:
    """A head whose tissue is suppressed, with bright tubes."""
    tubes = vessels(head, rng)
    dim = ndimage.gaussian_filter(head.image, 1.5)[tuple(slice(0, n) for n in _SHAPE)] / level(head.image)
    image = tubes.copy()
    part = tuple(slice(0, n) for n in dim.shape)
    image[part] = tubes[part] + np.sqrt(np.clip(dim, 0, 1)) * np.float32(0.15)
    return image


def face_and_neck(head: Head, rng: Rng) -> FloatArray:
    """What lies below the brain."""
    axis = int(np.argmax(np.abs(head.affine[2, :3])))
    bottom = head.box()[axis].start + 12
    return np.take(head.image, np.arange(max(24, bottom)), axis)


def fruit(head: Head, rng: Rng) -> FloatArray:
    """A body with a texture, a rind and a core."""
    radius = _radius(rng, 45, 78) + 0.06 * _smooth(rng, 12)
    image = np.where(radius < 1, rng.uniform(0.3, 1) + 0.15 * _smooth(rng, rng.uniform(1, 6)), 0)
    image = np.where(np.abs(radius - 0.95) < 0.05, rng.uniform(0, 1), image)
    return np.asarray(np.where(radius < 0.3, rng.uniform(0, 1), image), np.float32) + np.abs(_noise(rng, 0.03))


def random_bodies(head: Head, rng: Rng) -> FloatArray:
    """Some rounded bodies of random outline inside each other, each with a texture: organs of no animal."""
    image = np.zeros(_SHAPE, np.float32)
    for level_of_nesting in range(int(rng.integers(2, 6))):
        radius = _radius(rng, 30, 80) * (1 + 0.25 * level_of_nesting) + rng.uniform(0.03, 0.25) * _smooth(rng, 14)
        texture = rng.uniform(0, 1) + rng.uniform(0, 0.2) * _smooth(rng, rng.uniform(1, 8))
        image = np.where(radius < 1, texture, image)
    return np.asarray(image.clip(0), np.float32) + np.abs(_noise(rng, rng.uniform(0.005, 0.08)))


def scrambled_blocks(head: Head, rng: Rng) -> FloatArray:
    """A head cut into blocks in random order."""
    size = int(rng.choice([16, 24, 32, 48]))
    counts = [n // size for n in head.image.shape]
    part = head.image[tuple(slice(0, n * size) for n in counts)]
    blocks = part.reshape([m for n in counts for m in (n, size)]).transpose(0, 2, 4, 1, 3, 5).reshape(-1, *[size] * 3)
    shuffled = blocks[rng.permutation(len(blocks))].reshape(*counts, *[size] * 3)
    return np.asarray(shuffled.transpose(0, 3, 1, 4, 2, 5).reshape(part.shape), np.float32)


def filled_skull(head: Head, rng: Rng) -> FloatArray:
    """A head that holds something else than a brain: a texture, shells, or fluid with a floating body."""
    inside = head.distance < rng.uniform(0, 4)
    smooth = ndimage.gaussian_filter(rng.standard_normal(head.image.shape, np.float32), rng.uniform(1, 12))
    shells = np.abs(np.sin(head.distance / rng.uniform(1, 5)))
    texture = smooth / smooth.std() * 0.2 + rng.uniform(0, 1)
    filling = texture if rng.random() < 0.6 else shells
    return np.asarray(np.where(inside, level(head.image) * filling.clip(0), head.image), np.float32)


NON_HEADS: dict[str, NonHead] = {
    kind.__name__: kind
    for kind in (
        white_noise_only, spectrum_of_power_law, blobs, ball, nested_balls, bottles, phantom_with_holes, vessels,
        map_in_brain, torso, limbs, animal_head, animal_brain, mask_as_scan, label_map_as_scan, distance_as_scan, ramp,
        checkerboard, angiogram_of_head, face_and_neck, fruit, random_bodies, scrambled_blocks, filled_skull,
    )
}  # fmt: skip
#: Kinds that the quality model never sees in training.
TEST_ONLY = frozenset(("bottles", "torso", "vessels", "fruit", "checkerboard", "animal_brain", "label_map_as_scan"))
