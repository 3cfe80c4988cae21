"""Train the critic, and export it.

    python benchmarks/quality/critic_train.py WINDOWS OUT.onnx [--steps N]

WINDOWS is what `critic_cases.py` wrote.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from critic_data import Sample, sample_of
from critic_network import VOXEL_MM, CriticNetwork
from torch import Tensor

from deskull.quality.calibration import OFFSET
from deskull.quality.critic.cells import CELL
from deskull.train.network.onnx_file import compact

#: Real training scans have no reference but the mask of the clean scan, whose own Dice is about this.
_CLEAN_DICE = 0.97
_LEARNING_RATE, _WARM_UP, _BATCH, _DECAY = 3e-3, 100, 4, 0.998
#: Weights of the parts of the loss: error of the whole, and whether there is a head.
_WHOLE, _HEAD = 1.0, 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("windows", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=4000, help="each of four windows")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    network = train(sorted(options.windows.glob("*.npz")), options.steps, options.seed)
    torch.save(network.state_dict(), options.out.with_suffix(".pt"))
    export(network, options.out)


def train(paths: list[Path], steps: int, seed: int) -> CriticNetwork:
    """Train on cases; return the network with averaged weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = CriticNetwork().to(memory_format=torch.channels_last_3d)
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(_DECAY)
    )
    optimiser = torch.optim.AdamW(network.parameters(), _LEARNING_RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    order: list[Path] = []
    recent: list[dict[str, float]] = []
    started = time.perf_counter()
    for step in range(steps):
        for _ in range(_BATCH):
            if not order:
                order = [paths[index] for index in rng.permutation(len(paths))]
            loss, parts = loss_of(network, sample_of(order.pop(), rng))
            (loss / _BATCH).backward()
            recent.append(parts)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        schedule.step()
        averaged.update_parameters(network)
        if step % 50 == 49:
            means = {name: round(float(np.nanmean([part[name] for part in recent])), 4) for name in recent[0]}
            print(f"step {step + 1}, {time.perf_counter() - started:.0f} s: {means}", flush=True)
            recent = []
    return averaged.module.eval()


def _rate(step: int, steps: int) -> float:
    """Return the factor of the learning rate."""
    return min((step + 1) / _WARM_UP, 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.002)


def loss_of(network: CriticNetwork, sample: Sample) -> tuple[Tensor, dict[str, float]]:
    """Return the loss of a sample, and its parts."""
    with torch.autocast("cpu", torch.bfloat16):
        logits, summary = network(sample.window.to(memory_format=torch.channels_last_3d))
    facts = sample.facts
    has_head = facts["has_brain"]
    odds = functional.binary_cross_entropy_with_logits(summary[0, 1], torch.tensor(float(has_head)))
    nothing = summary.new_zeros(())
    cells, whole = nothing, nothing
    if has_head:
        # As many cells hold an edge as there are square units of it, so that small and large heads count alike.
        edges = ((sample.inside > 0) & (sample.inside < 1)).sum().clamp_min(100)
        cells = functional.binary_cross_entropy_with_logits(logits, sample.wrong, reduction="sum") / edges
        whole = (summary[0, 0] - math.log(true_error(sample) + OFFSET)).abs()
    loss = cells + _WHOLE * whole + _HEAD * odds
    parts = {
        "cells": float(cells.detach()) if has_head else math.nan,
        "whole": float(whole.detach()) if has_head else math.nan,
    }
    return loss, parts | {"odds": float(odds.detach())}


def true_error(sample: Sample) -> float:
    """Return 1 - Dice of the mask of a sample."""
    facts = sample.facts
    unsure = facts["real"] and facts["split"] == "train"
    if "spoiled" in facts:
        extra, missing = (float(part) * CELL**3 for part in sample.wrong[0].sum((1, 2, 3)))
        inside = float(sample.inside.sum()) * CELL**3
        true = max(facts["brain_voxels"], 1.0)
        dice = 2 * max(inside - extra, 0.0) / max(inside + max(true, inside - extra + missing), 1.0)
    else:
        dice = facts["dice"]
    return 1 - dice * (_CLEAN_DICE if unsure else 1.0)


class _Exported(torch.nn.Module):
    """The network with fractions in place of logits, and Dice and probability as its summary."""

    def __init__(self, network: CriticNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        logits, summary = self.network(window)
        dice = (1 + OFFSET - summary[:, :1].exp()).clamp(0, 1)
        return logits.sigmoid(), torch.cat([dice, summary[:, 1:].sigmoid()], 1)


def export(network: CriticNetwork, out: Path) -> None:
    """Write the network as ONNX."""
    multiple = 4
    sizes = {axis: multiple * torch.export.Dim(name, min=1) for axis, name in ((2, "x"), (3, "y"), (4, "z"))}
    window = torch.zeros(1, network.fine[0].in_channels, 2 * multiple, 3 * multiple, 4 * multiple)
    program = torch.onnx.export(
        _Exported(network).eval(), (window,), input_names=["window"], output_names=["doubt", "summary"],
        dynamic_shapes=(sizes,), dynamo=True, verbose=False,
    )  # fmt: skip
    assert program is not None
    out.write_bytes(compact(program.model_proto))


assert VOXEL_MM == 2.0

if __name__ == "__main__":
    main()
