"""How models trained on one contrast and scanner do on others.

    python benchmarks/drift.py DATA --cache FOLDER --model NAME=FILE.onnx [--model ...]

The heads of the label_maps that no model has seen are imaged again and again, with one thing changed at a time from
what the NFBS-like data set holds: the contrast, or what scanners differ in. Prints the median Dice of each model under
each change as a Markdown table.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from deskull import Stripper, Volume
from deskull.errors import DeskullError
from deskull.evaluation.metrics import score
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import load_label_map
from deskull.train.synthesis.nfbs import CONFIG, VALIDATION

SHAPE, FIRST_SEED = (96, 128, 128), 500_000
AT_2_MM = replace(CONFIG, voxel=2.0, oversampling=2)


def changed(**settings) -> SynthesisConfig:
    return replace(AT_2_MM, **settings)


def contrast(family: str) -> SynthesisConfig:
    return changed(contrast=replace(CONFIG.contrast, family_weights={family: 1.0}))


CHANGES = {
    "none": AT_2_MM,
    "T1w with contrast": contrast("T1c"),
    "T2w": contrast("T2w"),
    "FLAIR": contrast("FLAIR"),
    "PD": contrast("PD"),
    "EPI": contrast("EPI"),
    "bias field x 3": changed(bias=3 * CONFIG.bias),
    "surface coil": changed(coil_probability=1.0),
    "noise x 3": changed(noise=3 * CONFIG.noise),
    "thick slices": changed(thick_slices_probability=1.0),
    "tilted head": changed(pose=replace(CONFIG.pose, large_rotation_probability=1.0)),
    "cut field of view": changed(cropping_probability=1.0),
    "face and neck kept": changed(defacing_probability=0.0, neck_probability=1.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True, help="NAME=FILE.onnx")
    options = parser.parse_args()
    names, files = zip(*(model.split("=", 1) for model in options.model), strict=True)
    strippers = [Stripper(file) for file in files]
    label_maps = [load_label_map(options.data / "labelmaps" / f"{name}.nii.gz", options.cache) for name in VALIDATION]
    print("| what is changed | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for change, config in CHANGES.items():
        dice = [[measure(s, label_map, n, config) for n, label_map in enumerate(label_maps)] for s in strippers]
        print(f"| {change} | " + " | ".join(f"{np.median(row):.3f}" for row in dice) + " |", flush=True)


def measure(stripper: Stripper, label_map, number: int, config: SynthesisConfig) -> float:
    """Dice on one head, where its field of view lies; 0 where no brain was found."""
    sample = synthesise(label_map, FIRST_SEED + number, SHAPE, config)
    seen = sample.weight[0, 0].numpy() > 0
    affine = np.diag([config.voxel] * 3 + [1.0])
    try:
        mask = stripper.strip(Volume(sample.image[0, 0].numpy(), affine)).mask.data
    except DeskullError:
        return 0.0
    return score(mask, sample.distance[0, 0].numpy() < 0, [config.voxel] * 3, seen).dice


main()
