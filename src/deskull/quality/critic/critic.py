"""The critic: predicts the errors of a mask from the scan and the mask together.

Such networks find errors that the segmenting network does not know of (DeVries and Taylor 2018, arXiv 1807.00502;
QCResUNet, Qiu et al., MICCAI 2023). Ours is a U-Net of 0.7 million weights on cells of two voxels along each axis.
"""

from __future__ import annotations

import threading
from importlib import resources
from pathlib import Path

import numpy as np

from deskull.models.runtime import import_onnxruntime
from deskull.quality.critic.cells import CELL, Window, window_of
from deskull.quality.evidence import Doubt, Evidence


class Critic:
    """Asks the shipped critic about masks.

    Parameters
    ----------
    threads : int
        Maximum number of threads.
    path : Path, optional
        File of another critic, as ``benchmarks/quality/critic_train.py`` writes it.
    """

    def __init__(self, threads: int, path: Path | None = None) -> None:
        onnxruntime = import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.enable_mem_pattern = False  # as for the networks that find the brain
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        content = (path or _shipped_path()).read_bytes()
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._run_options = onnxruntime.RunOptions()
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._lock = threading.Lock()

    def __call__(self, evidence: Evidence) -> Doubt | None:
        """Predict what is wrong with a mask.

        Parameters
        ----------
        evidence : Evidence

        Returns
        -------
        Doubt or None
            None if the mask is empty.
        """
        window = window_of(evidence)
        if window is None:
            return None
        with self._lock:
            doubt, summary = self._session.run(None, {"window": window.channels()}, self._run_options)
        dice, head = (float(value) for value in summary[0])
        return Doubt(doubt[0, 0], doubt[0, 1], dice, head, _mask_cells(window, float(evidence.spacing.mean())))


def _shipped_path() -> Path:
    """Return the file of the critic that ships."""
    return Path(str(resources.files("deskull.quality") / "calibrations" / "critic.onnx"))


def _mask_cells(window: Window, voxel_mm: float) -> float:
    """Return the volume of the mask in cells, with voxels at the edge counted in part."""
    inside = np.clip(0.5 - window.depth / voxel_mm, 0, 1)[window.seen]
    return float(inside.sum(dtype=np.float64)) / CELL**3
