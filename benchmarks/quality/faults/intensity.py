"""Faults of the values: noise, shading, and what software does to the range."""

from __future__ import annotations

import numpy as np
from heads import FloatArray, Head, level
from scipy import ndimage

Rng = np.random.Generator


def _places(shape: tuple[int, ...]) -> list[FloatArray]:
    """Return coordinates from -1 to 1 along each axis, to be broadcast."""
    return [np.linspace(-1, 1, n, dtype=np.float32).reshape([-1 if a == b else 1 for b in range(3)])
            for a, n in enumerate(shape)]  # fmt: skip


def white_noise(head: Head, rng: Rng, strength: float) -> Head:
    """Noise of a Gaussian distribution."""
    noise = rng.standard_normal(head.image.shape, np.float32)
    return head.with_image(head.image + noise * level(head.image) * (0.03 + 0.4 * strength**1.5))


def rician_noise(head: Head, rng: Rng, strength: float) -> Head:
    """Noise of a magnitude image."""
    deviation = level(head.image) * (0.03 + 0.4 * strength**1.5)
    real = head.image + deviation * rng.standard_normal(head.image.shape, np.float32)
    return head.with_image(np.hypot(real, deviation * rng.standard_normal(head.image.shape, np.float32)))


def speckle(head: Head, rng: Rng, strength: float) -> Head:
    """Noise in proportion to the signal."""
    noise = rng.standard_normal(head.image.shape, np.float32)
    return head.with_image(head.image * (1 + (0.1 + 0.8 * strength) * noise))


def smooth_noise(head: Head, rng: Rng, strength: float) -> Head:
    """Blobs of noise as large as structures of the brain."""
    noise = ndimage.gaussian_filter(rng.standard_normal(head.image.shape, np.float32), rng.uniform(2, 6))
    return head.with_image(head.image + noise / noise.std() * level(head.image) * (0.05 + 0.4 * strength))


def shading(head: Head, rng: Rng, strength: float) -> Head:
    """Brightness rises or falls across the head."""
    slope = rng.normal(size=3)
    slope *= (0.5 + 3.0 * strength) / np.linalg.norm(slope)
    field = sum(a * x for a, x in zip(slope, _places(head.image.shape), strict=True))
    return head.with_image(head.image * np.exp(np.asarray(field)))


def surface_coil(head: Head, rng: Rng, strength: float) -> Head:
    """Signal falls off with the distance from a coil beside the head."""
    place = rng.normal(size=3)
    place *= 1.1 / np.linalg.norm(place)
    squares = sum((x - p) ** 2 for x, p in zip(_places(head.image.shape), place, strict=True))
    return head.with_image(head.image * np.exp(-np.sqrt(squares) * (1 + 4 * strength)))


def gamma(head: Head, rng: Rng, strength: float) -> Head:
    """The range is bent."""
    top = level(head.image)
    scaled = np.clip(head.image / top, 0, 2)
    power = (1 + 2.5 * strength) ** rng.choice([-1, 1])
    return head.with_image(scaled**power * top)


def inverted(head: Head, rng: Rng, strength: float) -> Head:
    """Dark is bright."""
    top = level(head.image)
    image = np.clip(top - head.image, 0, None)
    return head.with_image(np.where(head.image > 0.02 * top, image, 0) if rng.random() < 0.5 else image)


def few_grey_values(head: Head, rng: Rng, strength: float) -> Head:
    """The range is cut into a few steps."""
    n, top = max(2, round(16 - 14 * strength)), level(head.image)
    return head.with_image(np.round(np.clip(head.image / top, 0, 1) * n))


def saturated(head: Head, rng: Rng, strength: float) -> Head:
    """Bright values are clipped."""
    return head.with_image(np.minimum(head.image, level(head.image) * max(0.05, 0.6 - 0.5 * strength)))


def equalised(head: Head, rng: Rng, strength: float) -> Head:
    """Every value is about as frequent."""
    places = np.argsort(np.argsort(head.image[::4, ::4, ::4].ravel(), kind="stable"), kind="stable")
    values = np.sort(head.image[::4, ::4, ::4].ravel())
    ranks = np.interp(head.image, values, np.linspace(0, 1, len(places)))
    share = min(strength, 1.0)
    return head.with_image(ranks * share + (1 - share) * np.clip(head.image / level(head.image), 0, 1))


def pedestal(head: Head, rng: Rng, strength: float) -> Head:
    """Air is nearly as bright as the head."""
    top = level(head.image)
    return head.with_image(np.maximum(head.image, top * (0.2 + 0.5 * strength)))


def wrapped_values(head: Head, rng: Rng, strength: float) -> Head:
    """Values beyond the range of the type start again from below."""
    top = level(head.image) * (1.1 - 0.7 * strength)
    return head.with_image(np.mod(head.image, top))


def burned_in(head: Head, rng: Rng, strength: float) -> Head:
    """Bright boxes and lines, like text on a screen."""
    image, top = head.image.copy(), head.image.max()
    for _ in range(3 + int(25 * strength)):
        start = [int(rng.integers(0, n)) for n in image.shape]
        size = [int(rng.integers(2, 4 + 30 * strength)) for _ in image.shape]
        size[rng.integers(3)] = 2
        image[tuple(slice(a, a + b) for a, b in zip(start, size, strict=True))] = top
    return head.with_image(image)


def failed_coil(head: Head, rng: Rng, strength: float) -> Head:
    """One element of a coil gives nothing: a sector of the head is dark, with soft edges."""
    normal = rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    height = sum(a * x for a, x in zip(normal, _places(head.image.shape), strict=True))
    loss = 1 / (1 + np.exp(-(np.asarray(height) - (0.6 - 0.4 * strength)) / 0.08))
    return head.with_image(head.image * (1 - min(0.5 + 0.5 * strength, 0.98) * loss))


def sign_lost(head: Head, rng: Rng, strength: float) -> Head:
    """Values around a zero within the tissue's range lose their sign, as in magnitude images of inversion recovery."""
    return head.with_image(np.abs(head.image - level(head.image) * (0.1 + 0.4 * strength)))
