"""Train the network that looks a second time on the samples of `second_samples.py`.

    python benchmarks/quality/second_train.py SAMPLES OUT [--start NETWORK.onnx] [--steps N] [--threads N] [--seed N]

It starts from the weights of `small`, or of an earlier second network.

SAMPLES may grow meanwhile. OUT gets `last.pt`, from which an interrupted training goes on, and at the end
`second.onnx` with its card: it takes voxels of 2 mm and gives, in voxels of 4 mm, the distance to the edge of the mask
that the first network should have made, and the logarithm of the error in mm that it expects of this distance.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from second_augmentation import BAND_MM, Samples
from second_samples import STRIDE
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from deskull.models import load_model
from deskull.train.export import current_commit
from deskull.train.network.losses import DistanceLoss
from deskull.train.network.onnx_file import to_onnx
from deskull.train.network.pretrained import adapted_weights, model_weights
from deskull.train.network.unet import UNet
from deskull.train.recipe import Recipe

RECIPE = Recipe("second", data="synthesis", channels=[16, 32, 64, 96, 128], voxel_size=2.0, stride=STRIDE, band=BAND_MM)
LEARNING_RATE, WARM_UP, AVERAGING, BATCH = 1e-3, 100, 0.998, 2
_STEPS_PER_LINE, _STEPS_PER_CHECKPOINT = 100, 500
#: Bounds of the logarithm of the expected error.
_LOG_ERRORS = (-4.0, 4.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, help="an earlier second network to train on")
    parser.add_argument("--steps", type=int, default=7_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=41)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    training = Training(options.out / "last.pt", options.steps, options.start)
    training.run(Samples(options.samples, options.seed + training.step))
    network = training.averaged.module.eval()
    content = to_onnx(network)
    card = card_of(network, content, options.steps, len(list(options.samples.glob("*.npz"))))
    (options.out / "second.onnx").write_bytes(content)
    (options.out / "second.json").write_text(json.dumps(card, indent=2) + "\n")


class Training:
    """A training that goes on from its last checkpoint.

    Parameters
    ----------
    checkpoint : Path
    steps : int
        Number of steps in all.
    start : Path, optional
        Network whose weights the first step starts from.
    """

    def __init__(self, checkpoint: Path, steps: int, start: Path | None) -> None:
        self._checkpoint, self._steps, self.step = checkpoint, steps, 0
        self.network = initial_network(start).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self.averaged = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))
        self.optimiser = torch.optim.AdamW(self.network.parameters(), LEARNING_RATE, weight_decay=0.01)
        self._loss = DistanceLoss(BAND_MM, surface_weight=3.0, offset_weight=0.5)
        if checkpoint.exists():
            saved = torch.load(checkpoint)
            self.step = saved["step"]
            for name, part in self._parts.items():
                part.load_state_dict(saved[name])

    @property
    def _parts(self) -> dict[str, Any]:
        """What has a state."""
        return {"network": self.network, "averaged": self.averaged, "optimiser": self.optimiser}

    def run(self, samples: Samples) -> None:
        """Train to the last step."""
        sums, start = torch.zeros(2), time.time()
        while self.step < self._steps:
            sums += self._learn(*samples.batch(BATCH))
            self.step += 1
            if self.step % _STEPS_PER_LINE == 0:
                losses = " ".join(f"{total / _STEPS_PER_LINE:.3f}" for total in sums.tolist())
                print(self.step, losses, f"{time.time() - start:.0f} s", flush=True)
                sums.zero_()
            if self.step % _STEPS_PER_CHECKPOINT == 0:
                self._save()

    def _learn(self, image: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
        """Take one step; return the parts of its loss."""
        cosine = 0.5 + 0.5 * math.cos(math.pi * self.step / self._steps)
        for group in self.optimiser.param_groups:
            group["lr"] = LEARNING_RATE * min((self.step + 1) / WARM_UP, cosine)
        with torch.autocast("cpu", torch.bfloat16):
            output = self.network(image.to(memory_format=torch.channels_last_3d)).float()
        losses = torch.stack([self._loss(output[:, :1], truth, counts), error_loss(output, truth, counts)])
        self.optimiser.zero_grad()
        losses.sum().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.averaged.update_parameters(self.network)
        return losses.detach()

    def _save(self) -> None:
        """Write a checkpoint."""
        partial = self._checkpoint.with_suffix(".part")
        torch.save({"step": self.step, **{name: part.state_dict() for name, part in self._parts.items()}}, partial)
        partial.rename(self._checkpoint)


def error_loss(output: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    """Return how unlikely the errors of the distance are, given those that are expected (Laplace's distribution).

    It teaches the distance nothing; in Kendall and Gal (NeurIPS 2017), where the idea is from, it does.
    """
    distance, log_error = output[:, :1].detach().clamp(-BAND_MM, BAND_MM), output[:, 1:].clamp(*_LOG_ERRORS)
    near = counts * ((truth.abs() < BAND_MM) | (distance.abs() < BAND_MM))
    unlikely = (distance - truth).abs() * torch.exp(-log_error) + log_error
    return (unlikely * near).sum() / near.sum().clamp_min(1)


def initial_network(start: Path | None) -> UNet:
    """Return an earlier network, or `small` on voxels of 4 mm: what it takes for voxels of 3 mm are these."""
    model = load_model(start or "small")
    weights = adapted_weights(model_weights(model), RECIPE, model.path.name)
    if start is None:
        scale = RECIPE.preprocessing.output_voxel_size / model.voxel_size
        for name in ("head.weight", "head.bias"):
            weights[name] = torch.stack([scale * weights[name][0], torch.zeros_like(weights[name][0])])
    network = UNet(RECIPE.channels, BAND_MM, 2, stride=STRIDE)
    network.load_state_dict(weights)
    return network


def card_of(network: UNet, content: bytes, steps: int, n_samples: int) -> dict[str, Any]:
    """Return the card of the network."""
    preprocess = RECIPE.preprocessing.as_dict()
    return {
        "name": "second",
        "sha256": hashlib.sha256(content).hexdigest(),
        "voxel_size_mm": preprocess.pop("voxel_size"),
        "band_mm": BAND_MM,
        "size_multiple": preprocess.pop("size_multiple"),
        "surfaces": ["brain", "log_error"],
        "preprocess": preprocess,
        "parameters": sum(part.numel() for part in network.parameters()),
        "steps": steps,
        "samples": n_samples,
        "commit": current_commit(),
        "description": "A second look at scans, in voxels of 4 mm, by which masks of the default network are judged: "
        "distance to the edge that the mask should have, and the logarithm of the error expected of it in mm.",
        "licence": "Apache-2.0",
        "train_again": "benchmarks/quality/second_samples.py, then second_train.py; figures by second_score.py",
        "data": [
            {
                "name": "the label maps of the default network (see its card)",
                "licence": "as stated there",
                "use": "synthetic images of those that it was trained on, clean and spoiled by the kinds of fault that "
                "the judgement may be trained on; and volumes without a head",
            }
        ],
        "known_failures": ["It is no network to strip with: its masks are coarse."],
    }  # fmt: skip


if __name__ == "__main__":
    main()
