"""Recipes: everything that determines how a model is made, in one small YAML file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from deskull.errors import UsageError
from deskull.preprocessing.settings import Preprocessing
from deskull.train.recipe_checks import check_recipe, check_stage

#: `Recipe.initial_model` of every stage of a curriculum but the first.
PREVIOUS_STAGE = "the stage before"


@dataclass(frozen=True)
class Recipe:
    """How to train one model.

    The default values are those of a small network on scans with masks. Values without a source were chosen by short
    trial runs; docs/notebook/recipes.md tells which.

    Attributes
    ----------
    name, description : str
    data : {"synthesis", "pairs"}
        Synthetic images of label maps, or scans with masks.
    network : {"unet", "residual", "residual_verbatim"}
    channels : list of int
        Number of features at each level of the U-Net, finest first.
    dropout : float
        Fraction of features dropped by the residual networks (Tompson et al., CVPR 2015).
    initial_model : str
        Model whose weights training starts from: the name of a shipped one or an ONNX file; '' for random weights.
    align_to_initial_model : bool
        Whether the distances of each sample are shifted, by their median difference, to the surface that the initial
        model predicts. Training then corrects shapes and keeps the model's definition of brain.
    l2_sp_weight : float
        Weight of the squared distance from the initial weights (L2-SP, Li et al., ICML 2018).
    voxel_size : float
        Edge of the voxels that the network takes, in mm.
    stride : int
        Number of those voxels along each edge of a voxel of its output (network unet).
    band : float
        Distances are clipped to plus or minus this, in mm.
    preprocess : dict
        Further settings of `deskull.preprocessing.settings.Preprocessing`.
    loss : {"distance", "dice", "focal", "dice_focal"}
    surface_weight : float
        By how much errors at the surface weigh more than those at the end of the band, as a factor less 1 (loss
        distance).
    offset_weight : float
        Weight of the mean offset of a surface in mm (loss distance).
    optimiser : {"adamw", "adam"}
        AdamW (Loshchilov and Hutter, ICLR 2019) or Adam (Kingma and Ba, ICLR 2015).
    schedule : {"cosine", "constant"}
        Of the learning rate (cosine: Loshchilov and Hutter, ICLR 2017).
    learning_rate, weight_decay : float
        The highest learning rate of the schedule, and the weight decay.
    warmup_steps : int
        Steps during which the learning rate rises linearly.
    gradient_clip : float
        Largest norm of the gradient; 0 for no limit.
    ema_decay : float
        Decay of the exponential moving average of the weights; 0 for none.
    batch_size : int
        Images per step.
    epochs : int
        Passes over the scans (data pairs).
    steps, steps_per_epoch : int
        Optimiser steps in all, and between two validations (data synthesis).
    patience : int
        Number of epochs without a lower validation loss after which training stops; 0 for never.
    augmentation : {"none", "pose", "full"}
        Of pairs: none; random pose and warp; random contrast, artefacts and field of view as well.
    validation_sampling : {"all", "bootstrap"}
        Of pairs: every validation scan in each epoch, or as many drawn with replacement.
    grid_sizes : list of list of int
        Grid sizes to draw from along x, y and z, in voxels of the output.
    validation_label_maps : list of str
        Names of the label maps kept for validation (data synthesis).
    real_scan_probability : float
        Fraction of samples that are real scans (data synthesis).
    tolerance : float
        Error in mm that costs nothing on real scans: references differ in their definition of brain.
    validation_images : int
        Number of synthetic images of the validation label maps that are scored after each epoch.
    synthesis : dict
        Settings of `deskull.train.synthesis.config.SynthesisConfig` that differ from its defaults.
    workers : int
        Processes that make samples beside training.
    precision : {"32-true", "bf16-mixed", "16-mixed"}
        Of the computation, as Lightning names it.
    seed : int
        Of weights and samples.
    stages : list of dict
        A curriculum: trainings one after the other. Each stage states the settings in which it differs from the recipe;
        its `synthesis` settings are merged with the recipe's. A stage starts from the weights of the stage before, also
        where it has more features (`channels`), other voxels (`voxel_size`) or another `stride`. Its seed is the
        recipe's plus its position (0 for the first) unless it states one.

    Raises
    ------
    UsageError
        If a setting has a value that cannot be used, or two contradict each other.
    """

    name: str
    description: str = ""
    data: str = "pairs"
    network: str = "unet"
    channels: list[int] = field(default_factory=lambda: [8, 32, 64, 96, 128])
    dropout: float = 0.1
    initial_model: str = ""
    align_to_initial_model: bool = False
    l2_sp_weight: float = 0.0
    voxel_size: float = 2.0
    stride: int = 1
    band: float = 10.0
    preprocess: dict[str, Any] = field(default_factory=dict)
    loss: str = "distance"
    surface_weight: float = 0.0
    offset_weight: float = 0.0
    optimiser: str = "adamw"
    schedule: str = "cosine"
    learning_rate: float = 0.001
    weight_decay: float = 0.01
    warmup_steps: int = 0
    gradient_clip: float = 1.0
    ema_decay: float = 0.0
    batch_size: int = 1
    epochs: int = 60
    steps: int = 6000
    steps_per_epoch: int = 200
    patience: int = 0
    augmentation: str = "full"
    validation_sampling: str = "all"
    grid_sizes: list[list[int]] = field(default_factory=lambda: [[80, 96, 112], [96, 112, 128], [80, 96, 112]])
    validation_label_maps: list[str] = field(default_factory=list)
    real_scan_probability: float = 0.0
    tolerance: float = 0.0
    validation_images: int = 12
    synthesis: dict[str, Any] = field(default_factory=dict)
    workers: int = 1
    precision: str = "bf16-mixed"
    seed: int = 1
    stages: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_recipe(self, self.name)
        _ = self.preprocessing
        if self.augmentation == "full" and not self.synthetic and self.preprocessing.intensity != "rescale":
            raise UsageError(f"{self.name}: augmentation full needs intensity rescale; use augmentation pose.")
        _ = self.curriculum

    @property
    def synthetic(self) -> bool:
        """Whether the network learns from synthetic images, of which there are as many as it takes."""
        return self.data == "synthesis"

    @property
    def distances(self) -> bool:
        """Whether the network predicts distances in mm."""
        return self.loss == "distance"

    @property
    def surfaces(self) -> tuple[str, ...]:
        """Surfaces that the network predicts: masks show one, label maps two."""
        return ("brain", "intracranial") if self.synthetic else ("brain",)

    @property
    def preprocessing(self) -> Preprocessing:
        """How scans are brought to the network."""
        size_multiple = self.stride * 2 ** (len(self.channels) - 1)
        grid = {"voxel_size": self.voxel_size, "size_multiple": size_multiple, "stride": self.stride}
        try:
            return Preprocessing.of(grid | self.preprocess)
        except UsageError as error:
            raise UsageError(f"{self.name}: {error}") from None

    @property
    def curriculum(self) -> list[Recipe]:
        """One recipe for each stage; the recipe itself if it has no stages."""
        return [self._stage(number) for number in range(len(self.stages))] or [self]

    def _stage(self, number: int) -> Recipe:
        """The recipe of a stage, counted from 0."""
        name = f"{self.name}, stage {number + 1}"
        settings = self.stages[number]
        check_stage(settings, name)
        settings = {"seed": self.seed + number} | settings
        if "synthesis" in settings:
            settings |= {"synthesis": _merged(self.synthesis, settings["synthesis"])}
        if number:
            settings |= {"initial_model": PREVIOUS_STAGE}
        return replace(self, name=name, stages=[], **settings)

    def with_settings(self, settings: dict[str, Any]) -> Recipe:
        """Return the recipe with other values for settings that are not None, in every stage."""
        chosen = {name: value for name, value in settings.items() if value is not None}
        stages = [{name: value for name, value in stage.items() if name not in chosen} for stage in self.stages]
        return replace(self, **chosen, stages=stages)

    def as_dict(self) -> dict[str, Any]:
        """Return every setting by name."""
        return asdict(self)


def _merged(outer: dict[str, Any], inner: Any) -> Any:
    """Settings with those of a stage on top, to any depth."""
    if not isinstance(inner, dict):
        return inner  # refused when the stage's recipe is made
    deeper = {name: _merged(outer[name], value) for name, value in inner.items() if isinstance(outer.get(name), dict)}
    return outer | inner | deeper
