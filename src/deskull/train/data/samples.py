"""Samples as dictionaries of tensors, as data loaders stack them."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from deskull.train.synthesis.sample import Sample

Batch = dict[str, Tensor]


def as_batch(sample: Sample, surfaces: int) -> Batch:
    """Tensors of one sample, without the batch axis.

    Parameters
    ----------
    sample : Sample
    surfaces : int
        Number of surfaces that the network predicts; those that the sample lacks get the weight 0.

    Returns
    -------
    dict of Tensor
        ``image`` (1, k x, k y, k z), ``distance`` and ``weight`` (surfaces, x, y, z), ``tolerance`` (1, 1, 1, 1).
    """
    missing = (0, 0) * 3 + (0, surfaces - sample.distance.shape[1])
    return {
        "image": sample.image[0],
        "distance": functional.pad(sample.distance, missing)[0],
        "weight": functional.pad(sample.weight.to(sample.distance.dtype), missing)[0].contiguous(),
        "tolerance": torch.full((1, 1, 1, 1), sample.tolerance, device=sample.image.device),
    }
