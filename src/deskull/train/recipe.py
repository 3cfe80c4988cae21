"""Recipes: one small YAML file says everything about how a model is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from deskull.errors import UsageError
from deskull.preprocessing.settings import Preprocessing

#: What the settings that are words may say.
CHOICES = {
    "data": ("synthesis", "pairs"),
    "network": ("unet", "residual", "residual_verbatim"),
    "loss": ("distance", "dice", "focal", "dice_focal"),
    "optimiser": ("adamw", "adam"),
    "schedule": ("cosine", "constant"),
    "augment": ("none", "pose", "full"),
    "validation": ("all", "drawn"),
}


@dataclass(frozen=True)
class Recipe:
    """How to train one model.

    Attributes
    ----------
    name, description : str
    data : {"synthesis", "pairs"}
        Heads made from label maps on the fly, or scans with masks.
    network : {"unet", "residual", "residual_verbatim"}
    channels : list of int
        Features of the U-Net at each level, finest first.
    dropout : float
        Of the residual networks.
    start : str
        Model to start from: a shipped one's name or an ONNX file; '' for random weights.
    align : bool
        With `start`: whether the distances of each sample are shifted to where the starting network sees its surface
        (by the median distance between the two), so that training mends shapes and leaves the model's definition of
        brain where it is.
    anchor : float
        Weight of the squared distance from the weights of `start` (L2-SP, Li et al., ICML 2018).
    voxel, band : float
        Edge of the voxels that the network sees and clip of its distances, in mm.
    stride : int
        How many of those voxels make one of its answer along each edge (network unet).
    preprocess : dict
        Further settings of `deskull.preprocessing.settings.Preprocessing`.
    loss : {"distance", "dice", "focal", "dice_focal"}
    edge : float
        How much more errors at the surface weigh than those far from it (loss distance).
    offset : float
        Weight of how far an image's surface lies off as a whole (loss distance).
    optimiser : {"adamw", "adam"}
    schedule : {"cosine", "constant"}
    rate, weight_decay, warmup : float
        Peak learning rate, weight decay, and the steps of linear warm-up.
    clip, ema : float
        Gradient norm limit and decay of the weights' moving average; 0 turns them off.
    batch : int
        Images a step.
    epochs : int
        How often each scan is seen (pairs).
    steps, epoch_steps : int
        Optimiser steps in all, and between two validations (synthesis).
    patience : int
        Epochs without a better validation loss after which training stops; 0 never.
    augment : {"none", "pose", "full"}
        Of pairs: as prepared; moved and bent; also degraded and cut.
    validation : {"all", "drawn"}
        Of pairs: every validation scan each epoch, or as many drawn at random with replacement.
    sizes : list of list of int
        Grid sizes to draw from along x, y and z, in voxels of the answer.
    hold_out : list of str
        Names of label maps kept for validation (synthesis).
    real_share, slack : float
        Share of samples that are real scans (synthesis), and error in mm that costs nothing on real scans, whose
        references differ in what they call brain.
    validation_images : int
        Synthetic images of held-out anatomies scored after each epoch.
    synthesis : dict
        Overrides of `deskull.train.synthesis.generator.SynthesisConfig`.
    workers : int
        Processes that make samples beside training.
    precision : str
        As Lightning names it.
    seed : int
    """

    name: str
    description: str = ""
    data: str = "pairs"
    network: str = "unet"
    channels: list[int] = field(default_factory=lambda: [8, 32, 64, 96, 128])
    dropout: float = 0.1
    start: str = ""
    align: bool = False
    anchor: float = 0.0
    voxel: float = 2.0
    stride: int = 1
    band: float = 10.0
    preprocess: dict[str, Any] = field(default_factory=dict)
    loss: str = "distance"
    edge: float = 0.0
    offset: float = 0.0
    optimiser: str = "adamw"
    schedule: str = "cosine"
    rate: float = 0.001
    weight_decay: float = 0.01
    warmup: int = 0
    clip: float = 1.0
    ema: float = 0.0
    batch: int = 1
    epochs: int = 60
    steps: int = 6000
    epoch_steps: int = 200
    patience: int = 0
    augment: str = "full"
    validation: str = "all"
    sizes: list[list[int]] = field(default_factory=lambda: [[80, 96, 112], [96, 112, 128], [80, 96, 112]])
    hold_out: list[str] = field(default_factory=list)
    real_share: float = 0.0
    slack: float = 0.0
    validation_images: int = 12
    synthesis: dict[str, Any] = field(default_factory=dict)
    workers: int = 1
    precision: str = "bf16-mixed"
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        UsageError
        """
        for setting, known in CHOICES.items():
            if getattr(self, setting) not in known:
                raise UsageError(f"{self.name}: {setting}: {getattr(self, setting)}: unknown; {' or '.join(known)}.")
        for setting in ("voxel", "stride", "band", "rate", "batch", "epochs", "steps", "epoch_steps"):
            if not getattr(self, setting) > 0:
                raise UsageError(f"{self.name}: {setting} must be more than 0.")
        if self.network != "unet" and (self.loss == "distance" or self.start or self.stride > 1):
            raise UsageError(f"{self.name}: the residual networks answer yes or no: no loss distance, start or stride.")
        intensity = self.preprocessing.intensity
        if self.data == "pairs" and self.augment == "full" and intensity != "rescale":
            raise UsageError(f"{self.name}: augment full needs intensity rescale; use pose.")
        if self.align and not self.start:
            raise UsageError(f"{self.name}: align needs a model to start from (start).")

    @property
    def distances(self) -> bool:
        """Whether the network answers with distances in mm."""
        return self.loss == "distance"

    @property
    def surfaces(self) -> tuple[str, ...]:
        """What the network answers about: masks show one surface, label maps two."""
        return ("brain", "intracranial") if self.data == "synthesis" else ("brain",)

    @property
    def preprocessing(self) -> Preprocessing:
        """How scans are brought to the network."""
        factor = self.stride * 2 ** (len(self.channels) - 1)
        return Preprocessing.of(
            {"voxel_size": self.voxel, "size_multiple": factor, "stride": self.stride} | self.preprocess
        )

    def as_dict(self) -> dict[str, Any]:
        """Return every setting by name."""
        return asdict(self)


def shipped_recipes() -> list[str]:
    """Names of the recipes that travel with deskull."""
    folder = resources.files("deskull.train") / "recipes"
    names = (Path(entry.name) for entry in folder.iterdir())
    return sorted(p.stem for p in names if p.suffix == ".yaml" and not p.stem.endswith(".card"))


def load_recipe(name: str) -> Recipe:
    """Read a recipe by the name of a shipped one or the path of a YAML file.

    Raises
    ------
    UsageError
        If there is no such recipe, or it has an unknown setting.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise UsageError(f"{path}: no such recipe file; check the path.")
        text = path.read_text()
    else:
        if name not in shipped_recipes():
            raise UsageError(f"{name}: no such recipe; there are {', '.join(shipped_recipes())}; or give a YAML file.")
        text = (resources.files("deskull.train") / "recipes" / f"{name}.yaml").read_text()
    try:
        settings = {"name": path.stem, **(yaml.safe_load(text) or {})}
        return Recipe(**settings)
    except (TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{name}: {reason}; see deskull.train.recipe.Recipe for the settings there are.") from None
