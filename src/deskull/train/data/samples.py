"""Samples as batches of tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis.generator import Sample

Batch = dict[str, Tensor]


def as_batch(sample: Sample, surfaces: int) -> Batch:
    """Tensors of one sample without the batch axis, for a data loader.

    Parameters
    ----------
    sample : Sample
    surfaces : int
        How many distances the network answers with; of those that the sample lacks nothing is known.
    """
    missing = (0, 0) * 3 + (0, surfaces - sample.distance.shape[1])
    return {
        "image": sample.image[0],
        "distance": functional.pad(sample.distance, missing)[0],
        "weight": functional.pad(sample.weight.to(sample.distance.dtype), missing)[0].contiguous(),
        "slack": torch.full((1, 1, 1, 1), sample.slack, device=sample.image.device),
    }
