"""Artefacts of scanners: each function takes and returns an image of shape (1, n, x, y, z) in float32."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.axes import broadcast_along
from deskull.preprocessing.intensity import CEILING, HIGH, LOW
from deskull.train.synthesis.fields import squared_distance
from deskull.train.synthesis.rng import Rng

#: Number of planes of an image that are convolved at a time, so that what is added up stays in the processor's cache.
_SLAB = 16
#: Blurs of a smaller standard deviation are left out, and kernels end at this many standard deviations; in voxels.
_LEAST_BLUR, _TRUNCATE = 0.2, 2.2
#: Probability that a coarse scan was interpolated by cubic convolution, as the pipeline does; users' tools mostly do it
#: linearly.
_CUBIC_PROBABILITY = 0.7
#: Blur of coarse voxels, which stands for the average over a voxel: standard deviation as a fraction of its edge.
_COARSE_BLUR = 0.4
#: Distance between the control points of the texture, in voxels; grid sizes per control point of the bias field.
_TEXTURE_SPACING, _BIAS_CELLS = (3.0, 12.0), (1.5, 5.0)
#: Centre of the coil along each axis; -1 and 1 are the ends of the grid.
_COIL_CENTRE = (-1.2, 1.2)
#: Motion: fraction of the scan during which the head lay elsewhere, and how far away, in mm.
_MOTION_FRACTION, _MOTION_MM = (0.1, 0.5), 6.0
#: Frequency of k-space spikes along each axis, in radians a voxel.
_SPIKE_FREQUENCY = (-1.5, 1.5)
#: Number of voxels from which the percentiles of an image are taken.
_SAMPLE = 100_000


def blur(image: Tensor, deviations: tuple[float, float, float]) -> Tensor:
    """Blur by a Gaussian.

    Written by hand: it is two to three times as fast on the CPU as a general convolution (measured).

    Parameters
    ----------
    image : Tensor
    deviations : tuple of float
        Standard deviation along each axis in voxels; 0 leaves an axis unchanged.
    """
    for axis, deviation in enumerate(deviations):
        if deviation < _LEAST_BLUR:
            continue
        reach = math.ceil(_TRUNCATE * deviation)
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
    for first in range(0, image.shape[along], _SLAB):
        width = min(_SLAB, image.shape[along] - first)
        source, target = padded.narrow(along, first, width), result.narrow(along, first, width)
        for offset, weight in enumerate(kernel.tolist()):
            target.add_(source.narrow(2 + axis, offset, size), alpha=weight)
    return result


def texture(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Vary the signal smoothly, over a few mm to a few cm; `strength` is a fraction of the signal."""
    shape = tuple(image.shape[2:])
    field = rng.smooth(shape, rng.uniform(*_TEXTURE_SPACING))
    return image * (1 + strength * field)


def bias_field(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Multiply by the exponential of a smooth field (Van Leemput et al., IEEE TMI 1999) of deviation `strength`."""
    shape = tuple(image.shape[2:])
    field = rng.smooth(shape, max(shape) / rng.uniform(*_BIAS_CELLS))
    return image * torch.exp(strength * field)


def coil_falloff(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Let the signal fall off exponentially with the distance from a point, as beside a surface coil.

    Parameters
    ----------
    image : Tensor
    rng : Rng
    strength : float
        Change of the logarithm of the signal over half the grid; negative where signal grows outwards, as within an
        array of coils.
    """
    shape = image.shape[2:]
    centre = [rng.uniform(*_COIL_CENTRE) for _ in range(3)]
    squared = torch.zeros(shape, device=image.device)
    for axis, size in enumerate(shape):
        along = torch.linspace(-1, 1, size, device=image.device) - centre[axis]
        squared += broadcast_along(axis, along**2)
    return image * torch.exp(-strength * squared.sqrt_())


def gamma(image: Tensor, exponent: float) -> Tensor:
    """Raise the image, as a fraction of its maximum, to a power."""
    top = image.max().clamp_min(1e-6)
    return (image.clamp_min(0) / top) ** exponent * top


def thick_slices(image: Tensor, axis: int, thickness: float, gap: float, rng: Rng) -> Tensor:
    """Acquire thick slices along an axis and interpolate between them.

    Parameters
    ----------
    image : Tensor
    axis : int
        0, 1 or 2.
    thickness : float
        Slice thickness in voxels.
    gap : float
        Fraction of the spacing between slices that no slice covers, 0 to 0.4.
    rng : Rng
    """
    size = image.shape[2 + axis]
    first = rng.uniform(0.25, thickness - 0.25)  # middle of the first slice; the first voxel begins at 0
    count = max(3, round((size - first) / thickness) + 1)
    middles = first + torch.arange(count, device=image.device) * thickness
    half = thickness * (1 - gap) / 2
    low, high = (middles - half).clamp_(0, size - 1), (middles + half).clamp_(1, size)
    # The mean over a stretch is the difference of the cumulative sums at its two ends.
    sums = functional.pad(image.cumsum(2 + axis), [0, 0] * (2 - axis) + [1, 0])
    thick = _planes(sums, axis, high) - _planes(sums, axis, low)
    thick = thick / broadcast_along(axis, high - low)
    where = (torch.arange(size, device=image.device) + 0.5 - first) / thickness
    return _planes(thick, axis, where, cubic=rng.chance(_CUBIC_PROBABILITY))


def _planes(image: Tensor, axis: int, places: Tensor, *, cubic: bool = False) -> Tensor:
    """Interpolate planes of an image at places along an axis, in voxels; the outermost planes are repeated outside.

    Linearly, or by cubic convolution (Keys, IEEE TASSP 1981).
    """
    last = image.shape[2 + axis] - 1
    places = places.clamp(0, last)
    low = places.floor().long()
    t = broadcast_along(axis, places - low)
    planes = [image.index_select(2 + axis, (low + step).clamp(0, last)) for step in range(-cubic, 2 + cubic)]
    if not cubic:
        return planes[0] + (planes[1] - planes[0]) * t
    weights = (t * (t * (2 - t) - 1), t * t * (3 * t - 5) + 2, t * (t * (4 - 3 * t) + 1), t * t * (t - 1))
    total: Tensor = sum(plane * (w / 2) for plane, w in zip(planes, weights, strict=True))  # type: ignore[assignment]
    return total


def coarsen(image: Tensor, factors: tuple[float, float, float], rng: Rng) -> Tensor:
    """Acquire at voxels that are larger by a factor along each axis, and interpolate back to the same grid."""
    shape = image.shape[2:]
    small = [max(8, round(n / f)) for n, f in zip(shape, factors, strict=True)]
    # Not mode="area": its bins are whole voxels, so for factors below 2 it blurs too much, and shifts.
    smooth = blur(image, (_COARSE_BLUR * factors[0], _COARSE_BLUR * factors[1], _COARSE_BLUR * factors[2]))
    reduced = functional.interpolate(smooth, size=small, mode="trilinear", align_corners=False)
    cubic = rng.chance(_CUBIC_PROBABILITY)
    for axis, (size, number) in enumerate(zip(shape, small, strict=True)):
        places = (torch.arange(size, device=image.device) + 0.5) * (number / size) - 0.5
        reduced = _planes(reduced, axis, places, cubic=cubic)
    return reduced


def ghost(image: Tensor, axis: int, copies: int, strength: float) -> Tensor:
    """Add faint copies displaced along the phase axis, as periodic motion and EPI do; `strength` is a fraction."""
    size = image.shape[2 + axis]
    shifts = [round(size * k / (copies + 1)) for k in range(1, copies + 1)]
    ghosts: Tensor = torch.stack([torch.roll(image, shift, 2 + axis) for shift in shifts]).mean(dim=0)
    return image + strength * ghosts


def motion(image: Tensor, rng: Rng, voxel_size: float) -> Tensor:
    """Mix the image with a shifted copy of itself: the head lay elsewhere during a part of the scan.

    Parameters
    ----------
    image : Tensor
    rng : Rng
    voxel_size : float
        Edge of its voxels in mm.
    """
    fraction, farthest = rng.uniform(*_MOTION_FRACTION), round(_MOTION_MM / voxel_size)
    moved = torch.roll(image, [rng.integer(-farthest, farthest) for _ in range(3)], (2, 3, 4))
    return (1 - fraction) * image + fraction * moved


def spikes(image: Tensor, rng: Rng, strength: float) -> Tensor:
    """Add stripes through the whole image, as a spike in k-space does.

    Parameters
    ----------
    image : Tensor
    rng : Rng
    strength : float
        Amplitude as a fraction of the brightest voxel.
    """
    phase = torch.full(image.shape[2:], rng.uniform(0, 6.28), device=image.device)
    for axis, size in enumerate(image.shape[2:]):
        along = torch.arange(size, device=image.device) * rng.uniform(*_SPIKE_FREQUENCY)
        phase += broadcast_along(axis, along)
    return (image + strength * image.max() * torch.cos(phase)).clamp_min_(0)


def drop_out(image: Tensor, centres: Tensor, radii: list[float], fractions: list[float] | None = None) -> Tensor:
    """Remove signal around points, as susceptibility does in EPI.

    Parameters
    ----------
    image : Tensor
    centres : Tensor, shape (n, 3)
        Voxel indices.
    radii : list of float
        In voxels.
    fractions : list of float, optional
        Fraction of the signal that is lost at each point itself; all of it by default.
    """
    kept = torch.ones(image.shape[2:], device=image.device)
    fractions = [1.0] * len(radii) if fractions is None else fractions
    for centre, radius, fraction in zip(centres.tolist(), radii, fractions, strict=True):
        kept *= 1 - fraction * torch.exp(-0.5 * squared_distance(kept.shape, centre, [radius] * 3, image.device))
    return image * kept


def rician_noise(image: Tensor, rng: Rng, deviation: float) -> Tensor:
    """Add Rician noise: the magnitude of signal with complex Gaussian noise (Gudbjartsson and Patz, MRM 1995)."""
    shape = image.shape
    real = image + deviation * rng.noise(*shape)
    return torch.sqrt(real**2 + (deviation * rng.noise(*shape)) ** 2)


def rescale(image: Tensor, field_of_view: Tensor) -> Tensor:
    """Scale robustly to about 0 to 1 and blank what lies outside the field of view, as the pipeline does.

    See `deskull.preprocessing.intensity.rescale`.

    Parameters
    ----------
    image : Tensor, shape (1, 1, x, y, z)
    field_of_view : Tensor, same shape, or coarser by an integer factor
        1 inside, 0 outside.
    """
    inside = functional.interpolate(field_of_view, size=image.shape[2:])
    step = max(1, image.numel() // _SAMPLE)
    sample = image.reshape(-1)[::step][inside.reshape(-1)[::step] > 0]
    low, high = torch.quantile(sample, torch.tensor([LOW / 100, HIGH / 100], device=image.device)).tolist()
    scaled: Tensor = (image - low) / max(high - low, 1e-6)
    return scaled.clamp_(0, CEILING) * inside
