"""Models: the networks that ship with deskull or that users export or fetch, each an ONNX file with a card in JSON."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from deskull.errors import DeskullWarning, InputError, UsageError
from deskull.models.card_files import read_card
from deskull.preprocessing.settings import Preprocessing
from deskull.provenance import Provenance
from deskull.system.model_folder import fetched_names, fetched_path


@dataclass(frozen=True)
class Model:
    """A network on disk. Its card has been checked by `load_model`.

    Attributes
    ----------
    path : Path
        ONNX file: one image (1, 1, k x, k y, k z) in, signed distances in mm (1, surfaces, x, y, z) out, `k` being the
        stride of its preprocessing.
    card : dict
        How it was made and how it is used: data, licences, recipe, figures, known failures, ``sha256``, and the
        settings that the properties below return.
    """

    path: Path
    card: dict[str, Any]

    @property
    def is_fetched(self) -> bool:
        """Whether it lies in the user's folder of models."""
        return self.path == fetched_path(self.path.stem)

    @property
    def reference(self) -> str:
        """What `load_model` finds it by: its name, or the path of a network that has none here."""
        return self.path.stem if self.is_fetched or self.path.parent == _folder() else str(self.path)

    @property
    def voxel_size(self) -> float:
        """Edge of the network's voxels in mm."""
        return float(self.card["voxel_size_mm"])

    @property
    def band(self) -> float:
        """Distances are clipped to plus or minus this, in mm."""
        return float(self.card["band_mm"])

    @property
    def size_multiple(self) -> int:
        """Every spatial size of an image is a multiple of this number of voxels."""
        return int(self.card["size_multiple"])

    @property
    def preprocessing(self) -> Preprocessing:
        """How a scan is brought to the network."""
        grid = {"voxel_size": self.voxel_size, "size_multiple": self.size_multiple}
        return Preprocessing.of(grid | self.card.get("preprocess", {}))

    @property
    def distances(self) -> bool:
        """Whether the output is in mm; otherwise only its sign has a meaning: negative inside."""
        return bool(self.card.get("distances", True))

    @property
    def surfaces(self) -> list[str]:
        """Names of the output channels."""
        return list(self.card["surfaces"])

    def default_border(self, surface: str) -> float:
        """Return the distance from a surface in mm at which a mask ends where nothing else is chosen.

        The card states it for each surface (``default_border_mm``); it is 0 where the card states none.
        """
        return float(self.card.get("default_border_mm", {}).get(surface, 0.0))

    def provenance(self, border: float | None, surface: str, frame: str = "") -> Provenance:
        """Return what masks are made with that this network gives at a border, of a surface; see `Provenance`.

        A border of None is the default one.
        """
        border = self.default_border(surface) if border is None else float(border)
        return Provenance(str(self.card.get("name") or self.path.stem), self.card["sha256"], surface, border, frame)

    def content(self) -> bytes:
        """Return the bytes of the ONNX file, checked against the card.

        Raises
        ------
        InputError
            If they are not those for which the card was written.
        """
        content = self.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.card["sha256"]:
            raise InputError(
                f"{self.path}: does not match the sha256 of its card; install deskull again, or export the model again."
            )
        return content


def fetched_models() -> list[Model]:
    """Return the models that the user has fetched, by name; those whose files are damaged are left out with a warning.

    Warns
    -----
    DeskullWarning
    """
    models = []
    for name in fetched_names():
        try:
            models.append(load_model(name))
        except UsageError as error:
            warnings.warn(DeskullWarning(f"{str(error).rstrip('.')}; or remove the model."), stacklevel=2)
    return [model for model in models if model.is_fetched]


def shipped_models() -> list[Model]:
    """Return the models that ship with deskull: the default one first, then by name."""
    return [load_model(name) for name in sorted(shipped_names(), key=lambda name: (name != "default", name))]


def _folder() -> Path:
    """Folder of the shipped models."""
    return Path(str(resources.files("deskull.models")))


def shipped_names() -> list[str]:
    """Names of the shipped models."""
    return sorted(path.stem for path in _folder().glob("*.onnx"))


def load_model(name: str | Path = "default") -> Model:
    """Load the card of a model, and check it.

    Parameters
    ----------
    name : str or Path
        Name of a shipped or fetched model, or path of an ONNX file with its card beside it (the same name with
        ``.json``).

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        If there is no such model, or its card is missing or cannot be used.

    Examples
    --------
    >>> load_model("small").voxel_size
    3.0
    """
    if str(name).endswith(".onnx"):
        path = Path(name)
    elif str(name) in (shipped := shipped_names()):
        path = _folder() / f"{name}.onnx"
    elif str(name) in (fetched := fetched_names()):
        path = fetched_path(str(name))
    else:
        known = " or ".join((*shipped, *fetched))
        raise UsageError(f"{name}: there is no such model; choose {known}, or give an .onnx file.")
    if not path.is_file():
        raise UsageError(f"{name}: there is no such file; check the path.")
    card = path.with_suffix(".json")
    if not card.is_file():
        raise UsageError(f"{path}: its card {card.name} is missing; keep the two files together.")
    content = read_card(card)
    # A fetched model goes by the name that the user gave it, so that its masks are not taken for those of another.
    return Model(path, content if str(name).endswith(".onnx") else content | {"name": str(name)})
