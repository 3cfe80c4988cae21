"""Checkpoints: written whole or not at all, and read without running any code that they may carry."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from deskull.errors import InputError
from deskull.system.atomic import atomic_path

#: Parts of a checkpoint without which it is of no use.
_NEEDED = ("state_dict", "global_step")


def load_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Read a checkpoint as tensors, numbers and text; nothing else is ever unpickled.

    A checkpoint is a pickle, and a pickle can run any program when it is loaded. PyTorch's restricted unpickler
    (``weights_only=True``) refuses all that is not a tensor or a plain Python value before anything runs.

    Parameters
    ----------
    path : Path
    map_location : callable, device or str
        Where tensors go, as `torch.load` takes it.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If the file is missing, damaged, not a checkpoint, or holds objects other than tensors and plain values.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such checkpoint; train first.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on the pickle's protocol, meant for developers
            checkpoint = torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"{path}: is not a checkpoint of 'deskull train', or holds objects that could run code; it was not loaded; "
            "use a checkpoint of your own run."
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise InputError(f"{path}: is a damaged checkpoint; delete it or train again.") from error
    if not isinstance(checkpoint, dict) or any(part not in checkpoint for part in _NEEDED):
        raise InputError(f"{path}: is not a checkpoint of 'deskull train'; use a checkpoint of your own run.")
    return checkpoint


class SafeCheckpointIO(TorchCheckpointIO):
    """How Lightning writes and reads checkpoints: atomically, and by `load_checkpoint`."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write a checkpoint through a temporary file beside `path`, so that no partial one is left."""
        with atomic_path(Path(path), overwrite=True) as partial:
            torch.save(checkpoint, partial)

    def load_checkpoint(  # the restricted unpickler is used whatever `weights_only` says
        self, path: str | os.PathLike[str], map_location: Any = "cpu", weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint; see the function of the same name."""
        return load_checkpoint(Path(path), map_location)
