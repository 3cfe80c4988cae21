"""Networks that travel with deskull: each an ONNX file with a card that says what it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from deskull.errors import InputError, UsageError
from deskull.preprocessing.settings import Preprocessing

#: What a card must say for its network to be run.
_NEEDED = ("sha256", "voxel_mm", "band_mm", "size_multiple_of", "surfaces")


@dataclass(frozen=True)
class Model:
    """A network on disk.

    Attributes
    ----------
    path : Path
        ONNX file: one image (1, 1, x, y, z) in, signed distances in mm (1, 2, x, y, z) out.
    card : dict
        What it is: data, licences, recipe, figures, ``sha256``, and the settings below.
    """

    path: Path
    card: dict[str, Any]

    @property
    def voxel(self) -> float:
        """Edge of the network's voxels in mm."""
        return float(self.card["voxel_mm"])

    @property
    def band(self) -> float:
        """Distances are clipped to plus or minus this many mm."""
        return float(self.card["band_mm"])

    @property
    def factor(self) -> int:
        """Spatial sizes are multiples of this."""
        return int(self.card["size_multiple_of"])

    @property
    def preprocessing(self) -> Preprocessing:
        """How a scan is brought to the network."""
        grid = {"voxel_size": self.voxel, "size_multiple": self.factor}
        return Preprocessing.of(grid | self.card.get("preprocess", {}))

    @property
    def distances(self) -> bool:
        """Whether the answer is in mm; else only its sign means something: negative inside."""
        return bool(self.card.get("distances", True))

    @property
    def surfaces(self) -> list[str]:
        """Names of the output channels."""
        return list(self.card["surfaces"])

    def content(self) -> bytes:
        """Return the ONNX file's bytes, checked against the card.

        Raises
        ------
        InputError
            If they are not the bytes the card was written for.
        """
        content = self.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.card["sha256"]:
            raise InputError(f"{self.path}: does not match its card's sha256; install deskull again.")
        return content


def shipped_models() -> list[Model]:
    """Return the models that travel with deskull: the default first, then by name."""
    names = sorted(path.stem for path in _folder().glob("*.onnx"))
    return [load_model(name) for name in sorted(names, key=lambda name: name != "default")]


def _folder() -> Path:
    """Where the shipped models lie."""
    return Path(str(resources.files("deskull.models")))


def load_model(name: str | Path = "default") -> Model:
    """Find a shipped model by name, or any by the path of its ONNX file (its card beside it as .json).

    Raises
    ------
    UsageError
        If there is no such model, or its card is missing or incomplete.
    """
    shipped = _folder() / f"{name}.onnx"
    path = Path(name) if str(name).endswith(".onnx") else shipped
    card = path.with_suffix(".json")
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in shipped.parent.glob("*.onnx")))
        raise UsageError(f"{name}: no such model; shipped are {names}; or give the path of an .onnx file.")
    if not card.is_file():
        raise UsageError(f"{path}: its card {card.name} is missing; keep the two together.")
    try:
        found = json.loads(card.read_text())
        missing = [name for name in _NEEDED if name not in found]
    except (ValueError, TypeError):
        raise UsageError(f"{card}: is no model card (not JSON); export the model again.") from None
    if missing:
        raise UsageError(f"{card}: lacks {', '.join(missing)}; export the model again.")
    return Model(path, found)
