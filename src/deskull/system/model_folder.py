"""Folder of the models that a user has fetched: who looks for their names loads no library for it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import platformdirs

#: Environment variable that names another folder.
VARIABLE = "DESKULL_MODELS"


def model_folder() -> Path:
    """Return the folder of fetched models: `VARIABLE`, or the user's folder for data of deskull."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("deskull", appauthor=False)) / "models"


def fetched_names() -> list[str]:
    """Return the names of the fetched models; none if there is no folder."""
    with suppress(OSError):
        return sorted(path.stem for path in model_folder().glob("*.onnx") if not path.name.startswith("."))
    return []


def fetched_path(name: str) -> Path:
    """Return where the network of a fetched model lies, whether it exists or not."""
    return model_folder() / f"{name}.onnx"
