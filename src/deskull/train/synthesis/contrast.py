"""Contrast: the mean and texture that each tissue takes in a synthetic image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from deskull.errors import UsageError
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.tissues import Tissue

T = Tissue
#: Tissues that share a class: their means move together.
CLASSES: dict[str, tuple[Tissue, ...]] = {
    "white": (T.WHITE, T.CEREBELLUM_WHITE, T.BRAINSTEM, T.OPTIC_NERVE),
    "grey": (T.CORTEX, T.DEEP_GREY, T.CEREBELLUM_CORTEX),
    "fluid": (T.CSF, T.VENTRICLE),
    "soft": (T.SOFT, T.EYE_MUSCLE),
    "fat": (T.SKIN, T.FAT),
    "bone": (T.BONE,),
    "marrow": (T.MARROW,),
    "vein": (T.VEIN,),
    "artery": (T.ARTERY,),
    "eye": (T.EYE,),
    "mucosa": (T.MUCOSA,),
    "cord": (T.CORD,),
    "dura": (T.DURA,),
    "lesion": (T.LESION,),
    "air": (T.AIR,),
}
#: Class means of each family, 0 to 1, in the order of `CLASSES`.
FAMILIES: dict[str, tuple[float, ...]] = {
    "T1w": (0.78, 0.55, 0.12, 0.45, 0.90, 0.10, 0.75, 0.30, 0.25, 0.20, 0.60, 0.70, 0.35, 0.50, 0.02),
    "T1c": (0.78, 0.55, 0.12, 0.45, 0.90, 0.10, 0.75, 0.95, 0.90, 0.20, 0.90, 0.70, 0.80, 0.80, 0.02),
    "T2w": (0.32, 0.48, 0.95, 0.25, 0.70, 0.08, 0.50, 0.20, 0.10, 0.95, 0.80, 0.35, 0.20, 0.75, 0.02),
    "FLAIR": (0.48, 0.62, 0.10, 0.40, 0.75, 0.08, 0.50, 0.20, 0.15, 0.15, 0.70, 0.50, 0.40, 0.90, 0.02),
    "PD": (0.60, 0.75, 0.70, 0.50, 0.80, 0.10, 0.50, 0.30, 0.20, 0.70, 0.70, 0.60, 0.40, 0.80, 0.02),
    "EPI": (0.50, 0.62, 0.95, 0.12, 0.10, 0.05, 0.08, 0.20, 0.20, 0.90, 0.30, 0.40, 0.15, 0.70, 0.02),
    "CT": (0.39, 0.44, 0.29, 0.50, 0.04, 1.00, 0.95, 0.50, 0.48, 0.33, 0.42, 0.39, 0.52, 0.34, 0.00),
}
#: How often each is drawn, if nothing else is asked for; ``random`` has no table.
SHARES = {"T1w": 0.20, "T1c": 0.08, "T2w": 0.20, "FLAIR": 0.10, "PD": 0.07, "EPI": 0.12, "CT": 0.10, "random": 0.13}
#: How much of the jitter a family takes: Hounsfield units are the same on every scanner.
STEADY = {"CT": 0.35}


@dataclass(frozen=True)
class ContrastConfig:
    """How images are coloured: the share of each family, the size of the jitter, and shares of what varies further.

    Those are fat that is brighter than brain or suppressed, arteries bright by inflow, dura that looks like the
    fluid or the bone beside it, diffusion weighting of EPI (fluid goes dark), and bone of CT so far above the window
    that it seems wider than it is.
    """

    shares: Mapping[str, float] = field(default_factory=SHARES.copy)
    class_jitter: float = 0.07
    tissue_jitter: float = 0.03
    texture: float = 0.05
    bright_fat_share: float = 0.4
    dark_fat_share: float = 0.3
    inflow_share: float = 0.3
    hidden_dura_share: float = 0.4
    diffusion_share: float = 0.25
    blooming_share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse families that there are not, and shares of which none can be drawn.

        Raises
        ------
        UsageError
        """
        known = ", ".join(SHARES)
        if not isinstance(self.shares, Mapping) or set(self.shares) - set(SHARES):
            raise UsageError(f"contrast: shares: {self.shares}: must tell the shares of families: {known}.")
        if min(self.shares.values(), default=0) < 0 or not sum(self.shares.values()) > 0:
            raise UsageError("contrast: shares must not be negative, and one must be more than 0.")


def draw_family(rng: Rng, config: ContrastConfig) -> str:
    """Draw the name of a contrast family by its share."""
    pick = rng.uniform(0, sum(config.shares.values()))
    for name, share in config.shares.items():
        pick -= share
        if pick < 0:
            return name
    return name


def draw_means(rng: Rng, family: str, config: ContrastConfig) -> Tensor:
    """Mean of each tissue, shape (n_tissues,), indexed by `Tissue`.

    ``random`` draws class means uniformly (half the time every tissue on its own); the others jitter
    their table.
    """
    means = torch.zeros(len(Tissue))
    alone = family == "random" and rng.chance(0.5)
    loose = STEADY.get(family, 1.0)
    for column, (name, members) in enumerate(CLASSES.items()):
        if family == "random":
            middle = rng.uniform(0, 1) if name != "air" or rng.chance(0.1) else 0.02
        else:
            middle = FAMILIES[family][column] + loose * rng.normal(config.class_jitter if name != "air" else 0.01)
        for member in members:
            own = rng.uniform(0, 1) if alone and name != "air" else middle
            means[member] = own + loose * rng.normal(config.tissue_jitter if name != "air" else 0.0)
    _vary(means, rng, family, config)
    return means.clamp_min_(0)


def _vary(means: Tensor, rng: Rng, family: str, config: ContrastConfig) -> None:
    """Change what differs between scans of one family more than jitter tells."""
    if family != "CT" and rng.chance(config.bright_fat_share):
        # Fat lies next to the coil and shines far brighter than any brain.
        means[[T.SKIN, T.FAT, T.MARROW]] *= rng.uniform(1.0, 2.2)
    elif family != "CT" and rng.chance(config.dark_fat_share):
        means[[T.SKIN, T.FAT, T.MARROW]] *= rng.uniform(0.1, 0.4)
    if family == "T1w" and rng.chance(config.inflow_share):
        means[T.ARTERY] = rng.uniform(0.3, 1.1)
    if family == "PD":
        means[[T.CSF, T.VENTRICLE]] = rng.uniform(0.4, 1.0)
    if family == "EPI" and rng.chance(config.diffusion_share):
        means[[T.CSF, T.VENTRICLE, T.EYE]] = rng.uniform(0.02, 0.2)
    if family == "CT" and rng.chance(config.blooming_share):
        means[[T.BONE, T.MARROW]] *= torch.tensor([rng.uniform(1, 5), rng.uniform(1, 2)])
    if family == "T1c":
        means[T.DURA] = rng.uniform(0.35, 0.85)
    if rng.chance(config.hidden_dura_share):
        means[T.DURA] = means[T.CSF] if rng.chance(0.5) else means[T.BONE]


def paint(tissues: Tensor, means: Tensor, deviations: Tensor, rng: Rng) -> Tensor:
    """Colour a tissue image: each voxel its tissue's mean plus texture; float32, same shape."""
    flat = tissues.reshape(-1).to(torch.int32)
    image = means.to(rng.device).index_select(0, flat)
    image.addcmul_(deviations.to(rng.device).index_select(0, flat), rng.bytes_noise(flat.numel()))
    return image.reshape(tissues.shape)
