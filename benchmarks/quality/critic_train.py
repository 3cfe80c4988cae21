"""Train the critic, and export it.

    python benchmarks/quality/critic_train.py WINDOWS OUT.onnx [--steps N] [--predictions FILE.jsonl]

WINDOWS is what `critic_cases.py` wrote. The label maps and scans of the training split are halved: one half trains the
critic, and its predictions for the other half are what the calibration is fitted on (`fit.py`), as it must learn how
far the critic can be trusted on heads that it has not seen. `--predictions` gets a line for every case.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from critic_cells import CELL
from critic_data import Sample, sample_of
from critic_network import VOXEL_MM, CriticNetwork
from torch import Tensor

from deskull.quality.calibration import OFFSET

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
    parser.add_argument("--predictions", type=Path)
    options = parser.parse_args()
    paths = sorted(options.windows.glob("*.npz"))
    training = [path for path in paths if trains(path.stem)]
    network = train(training, options.steps, options.seed)
    torch.save(network.state_dict(), options.out.with_suffix(".pt"))
    if options.predictions:
        predict(network, paths, options.predictions)
    export(network, options.out)


def source_of(name: str) -> str:
    """Return the label map or scan of a case."""
    return name.split("_", 1)[1]


def trains(name: str) -> bool:
    """Whether a case is of the half of the training split that trains the critic."""
    if not name.startswith("train"):
        return False
    parts = name.split("_")
    source = "_".join(parts[1:3])
    return zlib.crc32(source.encode()) % 2 == 0


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
    parts = {"cells": float(cells) if has_head else math.nan, "whole": float(whole) if has_head else math.nan}
    return loss, parts | {"odds": float(odds)}


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


@torch.no_grad()
def predict(network: CriticNetwork, paths: list[Path], out: Path) -> None:
    """Write what the critic says of each case."""
    with out.open("w") as file:
        for path in paths:
            sample = sample_of(path)
            with torch.autocast("cpu", torch.bfloat16):
                logits, summary = network(sample.window.to(memory_format=torch.channels_last_3d))
            extra, missing = (float(part) for part in logits.sigmoid()[0].sum((1, 2, 3)))
            volume = max(float(sample.inside.sum()), 1.0)
            row: dict[str, Any] = {
                "name": sample.facts["name"], "critic_error": float(summary[0, 0]), "critic_extra": extra / volume,
                "critic_missing": missing / volume, "critic_head": float(summary[0, 1]), "trained": trains(path.stem),
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")


class _Exported(torch.nn.Module):
    """The network with fractions in place of logits."""

    def __init__(self, network: CriticNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        logits, summary = self.network(window)
        return logits.sigmoid(), summary


def export(network: CriticNetwork, out: Path) -> None:
    """Write the network as ONNX."""
    multiple = 4
    sizes = {axis: multiple * torch.export.Dim(name, min=1) for axis, name in ((2, "x"), (3, "y"), (4, "z"))}
    window = torch.zeros(1, network.fine[0].in_channels, 2 * multiple, 3 * multiple, 4 * multiple)
    torch.onnx.export(
        _Exported(network).eval(), (window,), str(out), input_names=["window"], output_names=["doubt", "summary"],
        dynamic_shapes=(sizes,), dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip


assert VOXEL_MM == 2.0

if __name__ == "__main__":
    main()
