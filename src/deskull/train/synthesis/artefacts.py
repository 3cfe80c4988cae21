"""What scanners do to an image: each function takes and returns a float image (1, 1, x, y, z)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.preprocessing.intensity import CEILING, HIGH, LOW
from deskull.train.synthesis.rng import Rng

#: Planes of an image that are convolved at a time.
_SLAB = 16
#: How many of the coarse scans were interpolated as the pipeline does it; users' own tools mostly do it linearly.
_CUBIC_SHARE = 0.7


def blur(image: Tensor, deviations: tuple[float, float, float]) -> Tensor:
    """Gaussian blur with one deviation in voxels per axis; 0 leaves an axis alone."""
    for axis, deviation in enumerate(deviations):
        if deviation < 0.2:
            continue
        reach = math.ceil(2.2 * deviation)
        offsets = torch.arange(-reach, reach + 1, device=image.device, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (offsets / deviation) ** 2)
        image = _convolve(image, kernel / kernel.sum(), axis)
    return image


def _convolve(image: Tensor, kernel: Tensor, axis: int) -> Tensor:
    """One-dimensional convolution along a spatial axis, edges replicated."""
    reach, size = len(kernel) // 2, image.shape[2 + axis]
    pad = [0] * 6
    pad[2 * (2 - axis)] = pad[2 * (2 - axis) + 1] = reach
    padded = functional.pad(image, pad, mode="replicate")
    result = torch.zeros_like(image)
    along = 3 if axis == 0 else 2
    # Slab by slab, so that what is added up stays in the cache.
    for first in range(0, image.shape[along], _SLAB):
        wide = min(_SLAB, image.shape[along] - first)
        part, found = padded.narrow(along, first, wide), result.narrow(along, first, wide)
        for offset, weight in enumerate(kernel.tolist()):
            found.add_(part.narrow(2 + axis, offset, size), alpha=weight)
    return result


def texture(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Smooth local variation of the signal, a few mm to a few cm wide."""
    shape = tuple(image.shape[2:])
    field = rng.smooth(shape, rng.uniform(3, 12))
    return image * (1 + strength * field)


def bias_field(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Multiply by the exponential of a smooth field of deviation `strength` (Van Leemput 1999)."""
    shape = tuple(image.shape[2:])
    field = rng.smooth(shape, max(shape) / rng.uniform(1.5, 5))
    return image * torch.exp(strength * field)


def coil_falloff(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Signal that falls off exponentially from a point, as near a surface coil.

    Parameters
    ----------
    image : Tensor
    rng : Rng
    strength : float
        In log units over half the grid; negative where signal grows outwards, as inside an array of coils.
    """
    shape = image.shape[2:]
    centre = [rng.uniform(-1.2, 1.2) for _ in range(3)]
    squared = torch.zeros(shape, device=image.device)
    for axis, size in enumerate(shape):
        along = torch.linspace(-1, 1, size, device=image.device) - centre[axis]
        squared += (along**2).reshape([-1 if a == axis else 1 for a in range(3)])
    return image * torch.exp(-strength * squared.sqrt_())


def gamma(image: Tensor, exponent: float) -> Tensor:
    """Raise the image, scaled to its maximum, to a power."""
    top = image.max().clamp_min(1e-6)
    return (image.clamp_min(0) / top) ** exponent * top


def slices(image: Tensor, axis: int, thickness: float, gap: float, rng: Rng) -> Tensor:
    """Acquire thick slices along an axis and interpolate between them.

    Parameters
    ----------
    image : Tensor
    axis : int
        0, 1 or 2.
    thickness : float
        Slice thickness in voxels.
    gap : float
        Unseen share of the spacing between slices, 0 to 0.4.
    rng : Rng
    """
    size = image.shape[2 + axis]
    first = rng.uniform(0.25, thickness - 0.25)  # middles of slices from here on; the first voxel begins at 0
    count = max(3, round((size - first) / thickness) + 1)
    middles = first + torch.arange(count, device=image.device) * thickness
    half = thickness * (1 - gap) / 2
    low, high = (middles - half).clamp_(0, size - 1), (middles + half).clamp_(1, size)
    # The mean over any stretch is the difference of the sums up to its two ends.
    sums = functional.pad(image.cumsum(2 + axis), [0, 0] * (2 - axis) + [1, 0])
    thick = _planes(sums, axis, high) - _planes(sums, axis, low)
    thick = thick / (high - low).reshape([-1 if a == axis else 1 for a in range(3)])
    where = (torch.arange(size, device=image.device) + 0.5 - first) / thickness
    return _planes(thick, axis, where, cubic=rng.chance(_CUBIC_SHARE))


def _planes(image: Tensor, axis: int, places: Tensor, *, cubic: bool = False) -> Tensor:
    """Planes of an image at places between its own along an axis (in voxels), the outermost going on outside.

    Linear, or cubic convolution (Keys, IEEE TASSP 1981).
    """
    last = image.shape[2 + axis] - 1
    places = places.clamp(0, last)
    low = places.floor().long()
    t = (places - low).reshape([-1 if a == axis else 1 for a in range(3)])
    planes = [image.index_select(2 + axis, (low + step).clamp(0, last)) for step in range(-cubic, 2 + cubic)]
    if not cubic:
        return planes[0] + (planes[1] - planes[0]) * t
    shares = (t * (t * (2 - t) - 1), t * t * (3 * t - 5) + 2, t * (t * (4 - 3 * t) + 1), t * t * (t - 1))
    total: Tensor = sum(plane * (share / 2) for plane, share in zip(planes, shares, strict=True))  # type: ignore[assignment]
    return total


def coarse(image: Tensor, factors: tuple[float, float, float], rng: Rng) -> Tensor:
    """Acquire at voxels `factors` times as large and interpolate back."""
    shape = image.shape[2:]
    small = [max(8, round(n / f)) for n, f in zip(shape, factors, strict=True)]
    # Not mode="area": its bins are of whole voxels, so for factors below 2 it blurs too much and shifts.
    smooth = blur(image, (0.4 * factors[0], 0.4 * factors[1], 0.4 * factors[2]))
    reduced = functional.interpolate(smooth, size=small, mode="trilinear", align_corners=False)
    cubic = rng.chance(_CUBIC_SHARE)
    for axis, (size, few) in enumerate(zip(shape, small, strict=True)):
        places = (torch.arange(size, device=image.device) + 0.5) * (few / size) - 0.5
        reduced = _planes(reduced, axis, places, cubic=cubic)
    return reduced


def ghost(image: Tensor, axis: int, copies: int, strength: float) -> Tensor:
    """Add faint copies displaced along the phase axis, as motion and EPI do."""
    size = image.shape[2 + axis]
    shifts = [round(size * k / (copies + 1)) for k in range(1, copies + 1)]
    ghosts: Tensor = torch.stack([torch.roll(image, shift, 2 + axis) for shift in shifts]).mean(dim=0)
    return image + strength * ghosts


def motion(image: Tensor, rng: Rng, voxel: float) -> Tensor:
    """Mix the image with itself moved by up to 6 mm: the head lay elsewhere for a part of the scan.

    Parameters
    ----------
    image : Tensor
    rng : Rng
    voxel : float
        Edge of its voxels in mm.
    """
    share, most = rng.uniform(0.1, 0.5), round(6 / voxel)
    moved = torch.roll(image, [rng.integer(-most, most) for _ in range(3)], (2, 3, 4))
    return (1 - share) * image + share * moved


def spikes(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Stripes of one direction through the whole image: a spike in k-space.

    Parameters
    ----------
    image : Tensor
    rng : Rng
    strength : float
        Amplitude, as a share of the brightest voxel.
    """
    phase = torch.full(image.shape[2:], rng.uniform(0, 6.28), device=image.device)
    for axis, size in enumerate(image.shape[2:]):
        along = torch.arange(size, device=image.device) * rng.uniform(-1.5, 1.5)
        phase += along.reshape([-1 if a == axis else 1 for a in range(3)])
    return (image + strength * image.max() * torch.cos(phase)).clamp_min_(0)


def drop_out(image: Tensor, centres: Tensor, radii: list[float]) -> Tensor:
    """Lose signal around points, as susceptibility does in EPI.

    Parameters
    ----------
    image : Tensor
    centres : Tensor, shape (n, 3)
        Voxel indices.
    radii : list of float
        In voxels.
    """
    kept = torch.ones(image.shape[2:], device=image.device)
    for centre, radius in zip(centres.tolist(), radii, strict=True):
        squared = torch.zeros_like(kept)
        for axis, size in enumerate(kept.shape):
            along = (torch.arange(size, device=image.device) - centre[axis]) / radius
            squared += (along**2).reshape([-1 if a == axis else 1 for a in range(3)])
        kept *= 1 - torch.exp(-0.5 * squared)
    return image * kept


def rician_noise(image: Tensor, rng: Rng, deviation: float) -> Tensor:
    """Magnitude of the signal with complex Gaussian noise (Gudbjartsson and Patz 1995)."""
    shape = image.shape
    real = image + deviation * rng.noise(*shape)
    return torch.sqrt(real**2 + (deviation * rng.noise(*shape)) ** 2)


def rescale(image: Tensor, seen: Tensor) -> Tensor:
    """Scale robustly to about 0..1 and blank what is not seen, as `deskull.preprocessing.intensity.rescale` does.

    Parameters
    ----------
    image : Tensor, shape (1, 1, x, y, z)
    seen : Tensor, same shape, or coarser by a whole number
        1 in the field of view, 0 elsewhere.
    """
    seen = functional.interpolate(seen, size=image.shape[2:])
    step = max(1, image.numel() // 100_000)
    sample = image.reshape(-1)[::step][seen.reshape(-1)[::step] > 0]
    low, high = torch.quantile(sample, torch.tensor([LOW / 100, HIGH / 100], device=image.device)).tolist()
    scaled: Tensor = (image - low) / max(high - low, 1e-6)
    return scaled.clamp_(0, CEILING) * seen
