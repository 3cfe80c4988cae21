"""Seeded random draws for synthesis: scalars on the CPU, fields on the device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Maximum number of values drawn for one field of noise; drawing takes longer than copying.
_MAX_DRAWN = 2**21
#: Mean and standard deviation of a uniform byte, the latter rounded.
_BYTE_MEAN, _BYTE_DEVIATION = 127.5, 73.6


class Rng:
    """Random numbers from one seed, the same in every run on one kind of device.

    Parameters
    ----------
    seed : int
    device : torch.device or str
        Where fields are drawn.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self._scalars = torch.Generator().manual_seed(seed)
        self._fields = torch.Generator(self.device).manual_seed(seed)

    def uniform(self, low: float, high: float) -> float:
        """Draw a number from [low, high)."""
        return low + (high - low) * float(torch.rand((), generator=self._scalars))

    def normal(self, deviation: float, limit: float = 2.5) -> float:
        """Draw from a normal distribution of mean 0, truncated at `limit` standard deviations."""
        draw = float(torch.randn((), generator=self._scalars))
        return deviation * max(-limit, min(limit, draw))

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.uniform(0, 1) < probability

    def integer(self, low: int, high: int) -> int:
        """Draw an integer from low to high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._scalars))

    def noise(self, *shape: int) -> Tensor:
        """Draw a standard normal field of the given shape on the device.

        A large field repeats stretches of a smaller one, far from each other.
        """
        count = math.prod(shape)
        drawn = torch.randn(min(count, _MAX_DRAWN), generator=self._fields, device=self.device)
        if count <= _MAX_DRAWN:
            return drawn.reshape(shape)
        half = _MAX_DRAWN // 2
        starts = [self.integer(0, half) for _ in range(0, count, half)]
        return torch.cat([drawn[start : start + half] for start in starts])[:count].reshape(shape)

    def bytes_noise(self, *shape: int) -> Tensor:
        """Draw a cheap field of mean 0 and standard deviation about 1, for textures at full resolution."""
        field = torch.empty(shape, dtype=torch.uint8, device=self.device)
        return field.random_(generator=self._fields).float().sub_(_BYTE_MEAN).div_(_BYTE_DEVIATION)

    def smooth(self, shape: tuple[int, ...], spacing: float, channels: int = 1) -> Tensor:
        """Draw a smooth field that is standard normal at its control points.

        Parameters
        ----------
        shape : tuple of int
        spacing : float
            Distance between control points in voxels.
        channels : int

        Returns
        -------
        Tensor, shape (1, channels, *shape)
        """
        coarse = [max(2, round(size / spacing) + 1) for size in shape]
        control = self.noise(1, channels, *coarse)
        return torch.nn.functional.interpolate(control, size=shape, mode="trilinear", align_corners=True)
