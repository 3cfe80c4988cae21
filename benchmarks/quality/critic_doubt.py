"""The critic itself: runs its network on a window around a mask, and sums up what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from critic_cells import CELL, Window, window_of

from deskull.models.runtime import import_onnxruntime
from deskull.quality.evidence import Evidence
from deskull.volume import FloatArray


@dataclass(frozen=True, eq=False)
class Doubt:
    """What the critic says of a mask.

    Attributes
    ----------
    extra, missing : ndarray of float32, shape (u, v, w)
        Fraction of each cell that it takes to be wrongly in the mask, and wrongly outside.
    dice : float
        The Dice coefficient that it expects.
    head : float
        Probability that the scan shows a human head.
    mask_cells : float
        Volume of the mask in cells.
    """

    extra: FloatArray
    missing: FloatArray
    dice: float
    head: float
    mask_cells: float


def doubt_measures(doubt: Doubt) -> dict[str, float]:
    """Sum up what the critic says.

    Parameters
    ----------
    doubt : Doubt

    Returns
    -------
    dict of str to float
        ``critic_dice`` (what it expects), ``critic_extra`` and ``critic_missing`` (volumes that it takes to be wrongly
        in the mask and wrongly outside, as a fraction of the mask's) and ``critic_head`` (probability that the scan
        shows a human head).
    """
    volume = max(doubt.mask_cells, 1.0)
    return {
        "critic_dice": doubt.dice,
        "critic_extra": float(doubt.extra.sum(dtype=np.float64)) / volume,
        "critic_missing": float(doubt.missing.sum(dtype=np.float64)) / volume,
        "critic_head": doubt.head,
    }


def criticise(evidence: Evidence, critic: Path, threads: int = 1) -> Doubt | None:
    """Ask the critic about a mask.

    Parameters
    ----------
    evidence : Evidence
    critic : Path
        File of its network, as `critic_train.py` writes it.
    threads : int
        Maximum number of threads.

    Returns
    -------
    Doubt or None
        None if the mask is empty.
    """
    window = window_of(evidence)
    if window is None:
        return None
    doubt, summary = _session(critic, threads).run(None, {"window": window.channels()})
    dice, head = (float(value) for value in summary[0])
    return Doubt(doubt[0, 0], doubt[0, 1], dice, head, _mask_cells(window, float(evidence.spacing.mean())))


def _mask_cells(window: Window, voxel_mm: float) -> float:
    """Return the volume of the mask in cells, with voxels at the edge counted in part."""
    inside = np.clip(0.5 - window.depth / voxel_mm, 0, 1)[window.seen]
    return float(inside.sum(dtype=np.float64)) / CELL**3


@cache
def _session(path: Path, threads: int) -> Any:
    """Load the network of a critic, once for each number of threads."""
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
