"""Acquisition: what coil, sequence and scanner make of a painted head."""

from __future__ import annotations

import torch
from torch import Tensor

from deskull.train.synthesis import artefacts, susceptibility
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.packing import unpack
from deskull.train.synthesis.rng import Rng

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
