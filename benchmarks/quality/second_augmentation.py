"""Samples of the network that looks a second time, cut to one size and varied by chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from predictions import TRUTH_STEPS
from second_samples import STRIDE
from torch import Tensor

from deskull.volume import FloatArray

BAND_MM = 10.0
#: True distances above this, in mm, are not known better: the border of the masks lies a little outside the surface.
_FAR_MM = 9.2
#: Sizes of the images along x, y and z, in voxels of 2 mm, and how far they are moved from the middle of the brain.
_SIZES, _SHIFT = ((96,), (96, 128), (96,)), 12.0
#: Probabilities of a mirror image, another gamma (standard deviation of its binary logarithm) and noise (largest).
_MIRRORED, _OTHER_GAMMA, _GAMMA, _NOISY, _NOISE = 0.5, 0.5, 0.3, 0.3, 0.05
#: After so many samples the folder is listed again.
_LISTED_AGAIN = 1000

Part = tuple[FloatArray, FloatArray, FloatArray]


class Samples:
    """Samples of a folder, in random order.

    Parameters
    ----------
    folder : Path
        What `second_samples.py` wrote; it may grow.
    seed : int
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._rng = folder, np.random.default_rng(seed)
        self._paths: list[Path] = []
        self._drawn = 0

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return images, true distances and where these count, of one size."""
        size = tuple(int(self._rng.choice(sizes)) for sizes in _SIZES)
        parts = [self._varied(self._placed(size)) for _ in range(count)]
        image, truth, counts = (torch.from_numpy(np.stack(part)[:, None]) for part in zip(*parts, strict=True))
        return image, truth, counts

    def _placed(self, size: tuple[int, ...]) -> Part:
        """Read a sample, and cut or pad it about the brain."""
        if self._drawn % _LISTED_AGAIN == 0:
            self._paths = sorted(self._folder.glob("*.npz"))
        self._drawn += 1
        with np.load(self._paths[self._rng.integers(len(self._paths))]) as kept:
            image, truth = kept["image"].astype(np.float32), kept["truth"].astype(np.float32) / TRUTH_STEPS
            counts = kept["counts"].astype(np.float32)
        truth[truth > _FAR_MM] = BAND_MM
        inside = np.argwhere(truth < 0)
        middle = inside.mean(axis=0) if len(inside) else np.array(truth.shape) / 2
        shift = self._rng.uniform(-_SHIFT, _SHIFT, 3)
        corner = np.round(middle + (shift - size) / (2 * STRIDE)).astype(int)
        small = tuple(n // STRIDE for n in size)
        return part(image, corner * STRIDE, size), part(truth, corner, small, BAND_MM), part(counts, corner, small)

    def _varied(self, sample: Part) -> Part:
        """Mirror a sample, and give it another gamma and noise, by chance."""
        rng = self._rng
        if rng.random() < _MIRRORED:
            sample = tuple(np.ascontiguousarray(array[::-1]) for array in sample)  # type: ignore[assignment]
        image, truth, counts = sample
        if rng.random() < _OTHER_GAMMA:
            image = image.clip(0) ** np.float32(2 ** rng.normal(0, _GAMMA))
        if rng.random() < _NOISY:
            image = image + rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(0, _NOISE))
        return image, truth, counts


def part(array: FloatArray, corner: np.ndarray, size: tuple[int, ...], beyond: float = 0.0) -> FloatArray:
    """Return a part of an array, which may reach beyond it."""
    cut = np.full(size, beyond, np.float32)
    low, high = np.maximum(corner, 0), np.minimum(corner + size, array.shape)
    if (high > low).all():
        source = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        target = tuple(slice(a - c, b - c) for a, b, c in zip(low, high, corner, strict=True))
        cut[target] = array[source]
    return cut
