"""Acquisition: what coil, sequence and scanner make of a painted head, and the field of view that they cover."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from deskull.axes import broadcast_along
from deskull.train.synthesis import artefacts, susceptibility
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.packing import unpack
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import Shape

#: Probability that an EPI image has lost signal beside air.
_SIGNAL_LOSS_PROBABILITY = 0.8
#: The percentile, 0 to 1, whose signal stands for bright tissue, and every how many-th voxel is looked at.
_BRIGHT_QUANTILE, _BRIGHT_STEP = 0.98, 31
#: The strength of noise is its maximum times a uniform draw to this power: strong noise is rare.
_NOISE_EXPONENT = 1.5
#: Probability that noise is added before slices and voxels are interpolated, as where a scan was resampled.
_EARLY_NOISE_PROBABILITY = 0.5
#: Number of ghosts, and their strength as a fraction of the signal.
_GHOST_COPIES, _GHOST_STRENGTH = (1, 3), (0.03, 0.25)
#: Amplitude of k-space spikes as a fraction of the brightest voxel.
_SPIKE_STRENGTH = (0.01, 0.06)
#: Change of the logarithm of the signal over half the grid, where it grows outwards (as within an array of coils) and
#: where it falls off (as beside a surface coil); and the probability of the former.
_COIL_GROWTH, _COIL_FALLOFF, _COIL_GROWTH_PROBABILITY = (-1.6, -0.2), (0.2, 1.6), 0.35
#: Standard deviation of the binary logarithm of the display gamma.
_GAMMA_DEVIATION = 0.35
#: Standard deviation of the blur along each axis, in mm.
_BLUR_MM = (0.0, 1.4)
#: Largest coarse voxel in the plane and along the third axis, in mm.
_COARSE_INPLANE_MM, _COARSE_THIRD_MM = 4.0, 4.4
#: Probability that the field of view cuts the lowest face of the grid, and each of the others.
_CUT_BOTTOM_PROBABILITY, _CUT_PROBABILITY = 0.6, 0.3
#: Largest fraction of the grid that is cut at a face, along z and along x and y.
_CUT_Z, _CUT_XY = 0.3, 0.15
#: An oblique cut: its angle to the axial plane in degrees, the fraction of the brain's extent that it removes, and the
#: probability that it removes the lower end.
_OBLIQUE_DEGREES, _OBLIQUE_FRACTION, _OBLIQUE_BELOW_PROBABILITY = (4.0, 30.0), (0.0, 0.2), 0.7


def acquire(image: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Coil, susceptibility, slices, motion and noise.

    Parameters
    ----------
    image : Tensor, shape (1, stride^3, x, y, z)
        Packed (see `deskull.train.synthesis.packing`).
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    family : str
        Contrast family.
    rng : Rng
    config : SynthesisConfig

    Returns
    -------
    Tensor, shape (1, 1, stride x, stride y, stride z)
    """
    if family == "CT":
        return _acquire_ct(image, rng, config)
    image = _shade(image, rng, config)
    if family == "EPI" and rng.chance(_SIGNAL_LOSS_PROBABILITY):
        image = susceptibility.lose_signal(image, distance, rng)
    if family == "EPI":
        image = susceptibility.lose_signal_beside_air(image, distance, rng, config.epi, config.voxel_size)
    if config.metal_probability and rng.chance(config.metal_probability):
        image = susceptibility.add_metal(image, rng)
    bright = float(torch.quantile(image.reshape(-1)[:: _BRIGHT_STEP * config.stride**3], _BRIGHT_QUANTILE))
    noise = config.noise * bright * rng.uniform(0, 1) ** _NOISE_EXPONENT
    if early := rng.chance(_EARLY_NOISE_PROBABILITY):
        image = artefacts.rician_noise(image, rng, noise)
    image = _reduce_resolution(unpack(image, config.stride), family, rng, config)
    image = _disturb(image, rng, config)
    if family == "EPI":
        image = susceptibility.nyquist_ghost(image, rng, config.epi)
    return image if early else artefacts.rician_noise(image, rng, noise)


def _acquire_ct(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Noise and slices of CT; values beyond the display window take its ends."""
    noise = config.noise * rng.uniform(0, 1) ** _NOISE_EXPONENT
    image = unpack(image + noise * rng.noise(*image.shape), config.stride)
    image = _reduce_resolution(image, "CT", rng, config)
    if config.motion_probability and rng.chance(config.motion_probability):
        image = artefacts.motion(image, rng, config.image_voxel_size)
    return image.clamp_(0, 1)


def _shade(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Inhomogeneous coils, and a display curve."""
    image = artefacts.bias_field(image, rng, rng.uniform(0, config.bias_field))
    if rng.chance(config.coil_probability):
        grows = rng.chance(_COIL_GROWTH_PROBABILITY)
        image = artefacts.coil_falloff(image, rng, rng.uniform(*(_COIL_GROWTH if grows else _COIL_FALLOFF)))
    return artefacts.gamma(image, 2.0 ** rng.normal(_GAMMA_DEVIATION))


def _disturb(image: Tensor, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Ghosts, motion and spikes."""
    if rng.chance(config.ghosting_probability):
        axis, copies = rng.integer(0, 2), rng.integer(*_GHOST_COPIES)
        image = artefacts.ghost(image, axis, copies, rng.uniform(*_GHOST_STRENGTH))
    if config.motion_probability and rng.chance(config.motion_probability):
        image = artefacts.motion(image, rng, config.image_voxel_size)
    if config.spike_probability and rng.chance(config.spike_probability):
        image = artefacts.spikes(image, rng, rng.uniform(*_SPIKE_STRENGTH))
    return image


def _reduce_resolution(image: Tensor, family: str, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Blur, and coarse voxels or thick slices (mostly axial)."""
    size = config.image_voxel_size
    image = artefacts.blur(image, tuple(rng.uniform(*_BLUR_MM) / size for _ in range(3)))  # type: ignore[arg-type]
    if family == "EPI" or rng.chance(config.coarse_voxels_probability):
        inplane = rng.uniform(size, _COARSE_INPLANE_MM) / size
        thick = family == "EPI" and rng.chance(config.thick_slices_probability)
        third = 1.0 if thick else rng.uniform(size, _COARSE_THIRD_MM) / size
        image = artefacts.coarsen(image, (inplane, inplane, third), rng)
        axis = 2
    else:
        thick = rng.chance(config.thick_slices_probability)
        axis = 2 if rng.chance(config.axial_slices_probability) else rng.integer(0, 1)
    if thick:
        thickness = rng.uniform(*config.slice_mm) / size
        image = artefacts.thick_slices(image, axis, thickness, rng.uniform(*config.slice_gap), rng)
    return image


def field_of_view(shape: Shape, rng: Rng, config: SynthesisConfig) -> Tensor:
    """Draw the field of view: faces of the grid are cut at random, the neck most often.

    Returns
    -------
    Tensor, shape (1, 1, x, y, z)
        1 inside, 0 outside.
    """
    covered = torch.ones(1, 1, *shape, device=rng.device)
    if not rng.chance(config.cropping_probability):
        return covered
    for axis, size in enumerate(shape):
        for side in (0, 1):
            if rng.chance(_CUT_BOTTOM_PROBABILITY if (axis, side) == (2, 0) else _CUT_PROBABILITY):
                lost = round(size * rng.uniform(0, _CUT_Z if axis == 2 else _CUT_XY))
                covered.narrow(2 + axis, 0 if side == 0 else size - lost, lost).zero_()
    return covered


def cut_obliquely(
    image: Tensor, distance: Tensor, tissues: Tensor, rng: Rng, voxel_size: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Blank what lies beyond an oblique plane near the lower or the upper end of the brain.

    Parameters
    ----------
    image : Tensor, shape (1, 1, stride x, stride y, stride z)
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    tissues : Tensor of uint8, shape (1, 1, k x, k y, k z)
    rng : Rng
    voxel_size : float
        Edge of the voxels of `distance` in mm.

    Returns
    -------
    tuple of Tensor
        Image, distances and tissues after the cut: the plane becomes a part of both surfaces.
    """
    angle, turn = math.radians(rng.uniform(*_OBLIQUE_DEGREES)), rng.uniform(0, 2 * math.pi)
    sign = -1 if rng.chance(_OBLIQUE_BELOW_PROBABILITY) else 1
    normal = (math.sin(angle) * math.cos(turn), math.sin(angle) * math.sin(turn), sign * math.cos(angle))
    beyond = _height(distance, normal, voxel_size)
    brain = beyond[distance[:, :1] < 0]
    if not len(brain):
        return image, distance, tissues
    lowest, highest = float(brain.min()), float(brain.max())
    end = highest - rng.uniform(*_OBLIQUE_FRACTION) * (highest - lowest)
    finer = [distance.shape[2] / part.shape[2] * voxel_size for part in (image, tissues)]
    kept = [_height(part, normal, size) < end for part, size in zip((image, tissues), finer, strict=True)]
    return image * kept[0], torch.maximum(distance, beyond - end), tissues * kept[1]


def _height(grid: Tensor, normal: Sequence[float], voxel_size: float) -> Tensor:
    """Position of each voxel of a grid along a direction from its middle in mm, shape (1, 1, x, y, z)."""
    heights = torch.zeros(1, 1, *grid.shape[2:], device=grid.device)
    for axis, size in enumerate(grid.shape[2:]):
        middles = (torch.arange(size, device=grid.device) - (size - 1) / 2) * (normal[axis] * voxel_size)
        heights += broadcast_along(axis, middles)
    return heights
