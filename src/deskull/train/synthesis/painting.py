"""Painting: from tissues to a noise-free image with partial volume, lesions, pads and defacing."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis import artefacts, meninges, pathology, surroundings
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import draw_means, paint
from deskull.train.synthesis.packing import pack
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

#: Standard deviation of the strength of the smooth texture, as a fraction of the signal.
_TEXTURE = 0.06
#: How far outside the brain surface a skull-stripped image ends, in mm.
_STRIPPED_MARGIN_MM = (0.0, 3.0)


def paint_head(
    tissues: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig, unmyelinated: bool
) -> Tensor:
    """Paint the tissues of a head, average into voxels, and add what no label map shows.

    Parameters
    ----------
    tissues : Tensor of uint8, shape (1, 1, k x, k y, k z)
        `Tissue` numbers on the oversampled grid.
    distance : Tensor, shape (1, 2, x, y, z)
        Signed distances to both surfaces in mm.
    family : str
        Contrast family.
    rng : Rng
    config : SynthesisConfig
    unmyelinated : bool
        Whether the intensities of white and grey matter are swapped.

    Returns
    -------
    Tensor, shape (1, stride^3, x, y, z)
        The image, packed (see `deskull.train.synthesis.packing`).
    """
    means = draw_means(rng, family, config.contrast)
    if unmyelinated:
        means[[Tissue.WHITE, Tissue.CORTEX]] = means[[Tissue.CORTEX, Tissue.WHITE]]
    deviations = torch.tensor([abs(rng.normal(config.contrast.texture)) for _ in means])
    deviations[Tissue.AIR] = 0.0
    stripped = rng.chance(config.skull_stripped_probability)
    image = _average(paint(tissues, means, deviations, rng), config)
    image = artefacts.texture(image, rng, abs(rng.normal(_TEXTURE)))
    flow = config.meninges.flow_probability if family != "CT" else 0.0
    if flow and rng.chance(flow):
        fluid = _average((tissues == Tissue.CSF).float(), config)
        image = meninges.move_fluid(image, fluid, float(means[Tissue.CSF]), rng, config.voxel_size)
    if rng.chance(config.lesion_probability):
        image = pathology.lesions(image, distance, rng)
    if stripped:
        return image * (distance[:, :1] < rng.uniform(*_STRIPPED_MARGIN_MM))
    return _change_surroundings(image, tissues, distance, family, rng, config)


def _average(image: Tensor, config: SynthesisConfig) -> Tensor:
    """Average an oversampled image into voxels and pack them."""
    if (averaged := config.oversampling // config.stride) > 1:
        image = functional.avg_pool3d(image, averaged)
    return pack(image, config.stride)


def _change_surroundings(
    image: Tensor, tissues: Tensor, distance: Tensor, family: str, rng: Rng, config: SynthesisConfig
) -> Tensor:
    """Deface a packed image, and put pads or noise into its air."""
    if rng.chance(config.defacing_probability):
        image = surroundings.deface(image, distance, rng)
    if config.pad_probability and rng.chance(config.pad_probability):
        return surroundings.add_pads(image, _air(tissues, config), rng)
    if family == "T1w" and config.noisy_air_probability and rng.chance(config.noisy_air_probability):
        return surroundings.add_noisy_air(image, _air(tissues, config), rng)
    return image


def _air(tissues: Tensor, config: SynthesisConfig) -> Tensor:
    """Where a voxel holds nothing but air, shape (1, 1, x, y, z)."""
    return functional.avg_pool3d((tissues != Tissue.AIR).float(), config.oversampling) == 0
