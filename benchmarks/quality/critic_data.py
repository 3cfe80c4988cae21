"""Training data of the critic: windows of cases, some with a mask that was moved, cut or added to on purpose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from critic_cases import FIELDS, IMAGE_STEPS
from critic_network import VOXEL_MM
from predictions import TRUTH_STEPS
from torch import Tensor

from deskull.quality.critic.cells import BRIGHTEST, CELL, FAR_MM, Window

#: Probability that a mask is spoiled, beyond what the network did wrong.
_SPOILED_PROBABILITY = 0.3
#: Probability that the image gets another gamma, and the standard deviation of its logarithm.
_GAMMA_PROBABILITY, _LOG_GAMMA = 0.5, 0.25
#: A spoiled edge moves by a smooth field of this many mm (standard deviation), with so many control points a side.
_MOVED_MM, _CONTROL_POINTS = (0.3, 4.0), (2, 7)


@dataclass(frozen=True)
class Sample:
    """A window, what is wrong in it, and what is known of the case."""

    window: Tensor
    wrong: Tensor
    inside: Tensor
    facts: dict[str, Any]


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the fields of a case as floats, distances in mm, and its facts."""
    with np.load(path) as arrays:
        fields = torch.from_numpy(arrays["fields"]).float()
        facts = json.loads(str(arrays["facts"]))
    scale = torch.tensor([IMAGE_STEPS, TRUTH_STEPS, TRUTH_STEPS, TRUTH_STEPS, 1.0]).view(-1, 1, 1, 1)
    return dict(zip(FIELDS, fields / scale, strict=True)), facts


def sample_of(path: Path, rng: np.random.Generator | None = None) -> Sample:
    """Return a case; with random numbers, mirrored, with another gamma and its mask spoiled by chance."""
    fields, facts = load(path)
    if rng is not None:
        if rng.random() < 0.5:
            fields = {name: field.flip(0) for name, field in fields.items()}
        if rng.random() < _GAMMA_PROBABILITY:
            gamma = float(np.exp(rng.normal(0, _LOG_GAMMA)))
            fields["image"] = (fields["image"].clamp_min(0) ** gamma).clamp_max(BRIGHTEST)
        if rng.random() < _SPOILED_PROBABILITY:
            fields["depth"] = spoiled(fields["depth"], rng)
            facts = facts | {"spoiled": True}
    mask, brain = (_partial(fields[name]) * fields["seen"] for name in ("depth", "truth"))
    wrong = [(one - other).clamp_min(0) for one, other in ((mask, brain), (brain, mask))]
    image, depth, wide, seen = (fields[name].numpy() for name in ("image", "depth", "wide", "seen"))
    window = torch.from_numpy(Window(image, depth, wide, seen > 0).channels())
    return Sample(window, torch.stack([_means(part) for part in wrong])[None], _means(mask)[None], facts)


def _means(values: Tensor) -> Tensor:
    """Return the mean of each cell."""
    return functional.avg_pool3d(values[None, None], CELL)[0, 0]


def spoiled(depth: Tensor, rng: np.random.Generator) -> Tensor:
    """Move the edge of a mask smoothly, cut off a part, or add one."""
    kind = rng.choice(["move", "cut", "add"], p=[0.6, 0.2, 0.2])
    if kind == "move":
        size = int(rng.integers(*_CONTROL_POINTS))
        field = torch.from_numpy(rng.normal(rng.normal(0, 0.5), 1, (1, 1, size, size, size)).astype(np.float32))
        moved = functional.interpolate(field, tuple(depth.shape), mode="trilinear", align_corners=True)[0, 0]
        changed = depth + float(rng.uniform(*_MOVED_MM)) * moved
    else:
        points = torch.stack(torch.meshgrid(*(torch.arange(n) * VOXEL_MM for n in depth.shape), indexing="ij"))
        edge = torch.nonzero(depth.abs() < VOXEL_MM)
        place = edge[int(rng.integers(len(edge)))] * VOXEL_MM
        if kind == "cut":
            direction = torch.from_numpy(rng.normal(size=3).astype(np.float32))
            direction = direction / direction.norm()
            middle = torch.nonzero(depth < 0).float().mean(0) * VOXEL_MM
            direction = direction * torch.sign((direction * (place - middle)).sum())
            start = place - direction * float(rng.uniform(2, 25))
            changed = torch.maximum(depth, torch.einsum("c,cxyz->xyz", direction, points - start.view(3, 1, 1, 1)))
        else:
            ball = (points - place.view(3, 1, 1, 1)).norm(dim=0) - float(rng.uniform(5, 25))
            changed = torch.minimum(depth, ball)
    return changed.clamp(-FAR_MM, FAR_MM)


def _partial(depth: Tensor) -> Tensor:
    """Return the fraction of each voxel that lies inside."""
    return (0.5 - depth / VOXEL_MM).clamp(0, 1)
