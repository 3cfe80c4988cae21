"""The critic itself: runs its network on a window, and sums up what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from critic_cells import CELL, Window

from deskull.models.runtime import import_onnxruntime
from deskull.volume import FloatArray


@dataclass(frozen=True, eq=False)
class Doubt:
    """What the critic says of a mask.

    Attributes
    ----------
    extra, missing : ndarray of float32, shape (u, v, w)
        Fraction of each cell that it takes to be wrongly in the mask, and wrongly outside.
    error : float
        Its prediction of 1 - Dice, as a logarithm (with `deskull.quality.calibration.OFFSET`).
    head_odds : float
        Logarithm of the odds that the scan shows a human head.
    """

    extra: FloatArray
    missing: FloatArray
    error: float
    head_odds: float


def critic_measures(window: Window, doubt: Doubt, voxel_mm: float) -> dict[str, float]:
    """Sum up what the critic says of a mask.

    Parameters
    ----------
    window : Window
    doubt : Doubt
    voxel_mm : float
        Edge of the voxels.

    Returns
    -------
    dict of str to float
        ``critic_error`` (its prediction of the logarithm of 1 - Dice), ``critic_extra`` and ``critic_missing`` (volumes
        that it takes to be wrongly in the mask and wrongly outside, as a fraction of the mask's) and ``critic_head``
        (logarithm of the odds that there is a head).
    """
    inside = float(np.clip(0.5 - window.depth / voxel_mm, 0, 1)[window.seen].sum(dtype=np.float64)) / CELL**3
    volume = max(inside, 1.0)
    return {
        "critic_error": doubt.error,
        "critic_extra": float(doubt.extra.sum(dtype=np.float64)) / volume,
        "critic_missing": float(doubt.missing.sum(dtype=np.float64)) / volume,
        "critic_head": doubt.head_odds,
    }


def criticise(session: Any, window: Window) -> Doubt:
    """Run the critic's network.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        See `load_critic`.
    window : Window
    """
    doubt, summary = session.run(None, {"window": window.channels()})
    return Doubt(doubt[0, 0], doubt[0, 1], float(summary[0, 0]), float(summary[0, 1]))


@cache
def load_critic(path: Path, threads: int) -> Any:
    """Load the network of a critic, once for each number of threads."""
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
