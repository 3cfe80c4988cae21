"""Seeded random draws for synthesis: scalars on the CPU, fields on the device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: At most so many numbers are drawn for one field of noise: drawing takes longer than copying.
_DRAWN = 2**21


class Rng:
    """Random numbers from one seed, the same on every run of one kind of device.

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
        """One draw from [low, high)."""
        return low + (high - low) * float(torch.rand((), generator=self._scalars))

    def normal(self, deviation: float, limit: float = 2.5) -> float:
        """One draw from a normal of mean 0, cut off at `limit` deviations."""
        draw = float(torch.randn((), generator=self._scalars))
        return deviation * max(-limit, min(limit, draw))

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.uniform(0, 1) < probability

    def integer(self, low: int, high: int) -> int:
        """One whole number from low to high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._scalars))

    def noise(self, *shape: int) -> Tensor:
        """Standard normal field of the given shape on the device; stretches of a large one come again far away."""
        count = math.prod(shape)
        drawn = torch.randn(min(count, _DRAWN), generator=self._fields, device=self.device)
        if count <= _DRAWN:
            return drawn.reshape(shape)
        half = _DRAWN // 2
        starts = [self.integer(0, half) for _ in range(0, count, half)]
        return torch.cat([drawn[start : start + half] for start in starts])[:count].reshape(shape)

    def bytes_noise(self, *shape: int) -> Tensor:
        """Cheap field of mean 0 and deviation about 1, for textures at full resolution."""
        field = torch.empty(shape, dtype=torch.uint8, device=self.device)
        return field.random_(generator=self._fields).float().sub_(127.5).div_(73.6)

    def smooth(self, shape: tuple[int, ...], cells: float, channels: int = 1) -> Tensor:
        """Smooth random field, shape (1, channels, *shape), standard normal at its control points.

        Parameters
        ----------
        shape : tuple of int
        cells : float
            Voxels between control points.
        channels : int
        """
        coarse = [max(2, round(n / cells) + 1) for n in shape]
        control = self.noise(1, channels, *coarse)
        return torch.nn.functional.interpolate(control, size=shape, mode="trilinear", align_corners=True)
