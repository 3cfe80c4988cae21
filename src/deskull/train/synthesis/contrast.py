"""Contrast: the mean intensity and the texture of each tissue in a synthetic image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from deskull.errors import UsageError
from deskull.train.synthesis.intensities import (
    CLASSES,
    FAMILY_WEIGHTS,
    JITTER_FACTORS,
    RANDOM,
    mean_intensity,
)
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

T = Tissue
#: Factor by which fat is brighter than its family's table (it lies next to the coil), and darker (fat suppression).
_BRIGHT_FAT, _DARK_FAT = (1.0, 2.2), (0.1, 0.4)
#: Intensities, 0 to 1: arteries with inflow (T1w), fluid (PD), fluid under diffusion weighting, dura with contrast
#: agent.
_INFLOW, _PD_FLUID, _DIFFUSION_FLUID, _ENHANCED_DURA = (0.3, 1.1), (0.4, 1.0), (0.02, 0.2), (0.35, 0.85)
#: Factor by which bone and marrow of CT lie above the display window.
_BLOOMING_BONE, _BLOOMING_MARROW = (1.0, 5.0), (1.0, 2.0)
#: Air: its intensity, the standard deviation of its jitter, and the probability that it is drawn at random too.
_AIR, _AIR_JITTER, _RANDOM_AIR_PROBABILITY = 0.02, 0.01, 0.1
_FAT = [T.SKIN, T.FAT, T.MARROW]
_FLUID = [T.CSF, T.VENTRICLE]
#: What blood in veins and dura may look like, and the factor about its intensity.
_LOOK_ALIKES, _LIKENESS = (T.CORTEX, T.WHITE, T.CSF), (0.8, 1.2)
#: Factor of all intensities but those of fluid, where fluid is far brighter.
_BESIDE_BRIGHT_FLUID = (0.3, 0.7)


@dataclass(frozen=True)
class ContrastConfig:
    """How intensities are drawn. Intensities are fractions of the display range (0 black, 1 white).

    Attributes
    ----------
    family_weights : mapping of str to float
        Relative frequency of each contrast family; families that are left out never occur.
    class_jitter, tissue_jitter : float
        Standard deviation of the intensity of a tissue class about its table, and of a tissue about its class.
    texture : float
        Standard deviation of the strength of the texture within a tissue.
    bright_fat_probability, dark_fat_probability : float
        That fat is brighter than brain, or suppressed (not CT).
    inflow_probability : float
        That arteries of T1w are bright by inflow.
    hidden_dura_probability : float
        That dura looks like the fluid or the bone beside it.
    diffusion_probability : float
        That EPI is diffusion-weighted, so that fluid is dark.
    blooming_probability : float
        That bone of CT lies far above the display window, so that it appears wider than it is.
    slow_flow_probability : float
        That blood in veins is about as bright as grey matter, white matter or fluid, where it flows too slowly for a
        void (MRI). One transverse sinus in three shows no flow in venograms (Ayanzen et al., AJNR 2000).
    bright_dura_probability : float
        That dura is about as bright as grey or white matter (MRI): with the veins in it, and in thick slices.
    bright_fluid_probability : float
        That fluid is far brighter than tissue in T2w and EPI, as in b0 and heavily T2-weighted scans.

    Raises
    ------
    UsageError
        If a family is unknown, or no family can be drawn.
    """

    family_weights: Mapping[str, float] = field(default_factory=FAMILY_WEIGHTS.copy)
    class_jitter: float = 0.07
    tissue_jitter: float = 0.03
    texture: float = 0.05
    bright_fat_probability: float = 0.4
    dark_fat_probability: float = 0.3
    inflow_probability: float = 0.3
    hidden_dura_probability: float = 0.4
    diffusion_probability: float = 0.25
    blooming_probability: float = 0.5
    slow_flow_probability: float = 0.0
    bright_dura_probability: float = 0.0
    bright_fluid_probability: float = 0.0

    def __post_init__(self) -> None:
        known = ", ".join(FAMILY_WEIGHTS)
        weights = self.family_weights
        numbers = isinstance(weights, Mapping) and all(isinstance(weight, int | float) for weight in weights.values())
        if not numbers or set(weights) - set(FAMILY_WEIGHTS):
            raise UsageError(f"contrast: family_weights: {weights}: must map families to numbers; they are {known}.")
        if min(weights.values(), default=0) < 0 or not sum(weights.values()) > 0:
            raise UsageError("contrast: family_weights must not be negative, and one must be more than 0.")


def draw_family(rng: Rng, config: ContrastConfig) -> str:
    """Draw the name of a contrast family by the weights of the configuration."""
    pick = rng.uniform(0, sum(config.family_weights.values()))
    for name, weight in config.family_weights.items():
        pick -= weight
        if pick < 0:
            return name
    return name


def draw_means(rng: Rng, family: str, config: ContrastConfig) -> Tensor:
    """Draw the mean intensity of each tissue.

    The family ``random`` draws class means uniformly, half the time every tissue for itself; the others jitter their
    table.

    Returns
    -------
    Tensor, shape (number of tissues,)
        Indexed by `Tissue`; 0 to about 1.
    """
    means = torch.zeros(len(Tissue))
    separate = family == RANDOM and rng.chance(0.5)
    factor = JITTER_FACTORS.get(family, 1.0)
    for name, members in CLASSES.items():
        air = name == "air"
        if family == RANDOM:
            mean = rng.uniform(0, 1) if not air or rng.chance(_RANDOM_AIR_PROBABILITY) else _AIR
        else:
            mean = mean_intensity(name, family) + factor * rng.normal(_AIR_JITTER if air else config.class_jitter)
        for member in members:
            own = rng.uniform(0, 1) if separate and not air else mean
            means[member] = own + factor * rng.normal(0.0 if air else config.tissue_jitter)
    _vary_fat(means, rng, family, config)
    _vary_family(means, rng, family, config)
    if rng.chance(config.hidden_dura_probability):
        means[T.DURA] = means[T.CSF] if rng.chance(0.5) else means[T.BONE]
    if family != "CT":
        _imitate_brain(means, rng, config)
    return means.clamp_min_(0)


def _vary_fat(means: Tensor, rng: Rng, family: str, config: ContrastConfig) -> None:
    """Make fat much brighter or darker than jitter does."""
    if family != "CT" and rng.chance(config.bright_fat_probability):
        means[_FAT] *= rng.uniform(*_BRIGHT_FAT)
    elif family != "CT" and rng.chance(config.dark_fat_probability):
        means[_FAT] *= rng.uniform(*_DARK_FAT)


def _vary_family(means: Tensor, rng: Rng, family: str, config: ContrastConfig) -> None:
    """Change what differs between scans of one family by more than jitter."""
    if family == "T1w" and rng.chance(config.inflow_probability):
        means[T.ARTERY] = rng.uniform(*_INFLOW)
    if family == "PD":
        means[_FLUID] = rng.uniform(*_PD_FLUID)
    if family == "EPI" and rng.chance(config.diffusion_probability):
        means[[*_FLUID, T.EYE]] = rng.uniform(*_DIFFUSION_FLUID)
    if family == "CT" and rng.chance(config.blooming_probability):
        means[[T.BONE, T.MARROW]] *= torch.tensor([rng.uniform(*_BLOOMING_BONE), rng.uniform(*_BLOOMING_MARROW)])
    if family == "T1c":
        means[T.DURA] = rng.uniform(*_ENHANCED_DURA)
    if family in ("T2w", "EPI") and config.bright_fluid_probability and rng.chance(config.bright_fluid_probability):
        bright = means[[*_FLUID, T.EYE]].clone()
        means *= rng.uniform(*_BESIDE_BRIGHT_FLUID)
        means[[*_FLUID, T.EYE]] = bright


def _imitate_brain(means: Tensor, rng: Rng, config: ContrastConfig) -> None:
    """Make veins and dura about as bright as what lies on the other side of the brain's surface."""
    if config.slow_flow_probability and rng.chance(config.slow_flow_probability):
        means[T.VEIN] = means[_LOOK_ALIKES[rng.integer(0, 2)]] * rng.uniform(*_LIKENESS)
    if config.bright_dura_probability and rng.chance(config.bright_dura_probability):
        means[T.DURA] = means[_LOOK_ALIKES[rng.integer(0, 1)]] * rng.uniform(*_LIKENESS)


def paint(tissues: Tensor, means: Tensor, deviations: Tensor, rng: Rng) -> Tensor:
    """Paint a tissue image.

    Parameters
    ----------
    tissues : Tensor of uint8
        `Tissue` numbers.
    means, deviations : Tensor, shape (number of tissues,)
        Mean and standard deviation of the intensity of each tissue.
    rng : Rng

    Returns
    -------
    Tensor of float32, shape of `tissues`
    """
    flat = tissues.reshape(-1).to(torch.int32)
    image = means.to(rng.device).index_select(0, flat)
    image.addcmul_(deviations.to(rng.device).index_select(0, flat), rng.bytes_noise(flat.numel()))
    return image.reshape(tissues.shape)
