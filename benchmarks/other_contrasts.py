"""Measure how well models that were trained on one contrast and scanner strip others.

    python benchmarks/other_contrasts.py DATA --cache FOLDER --model NAME=FILE.onnx [--model ...]

Synthetic images are generated from the label maps that no model was trained on, with one property at a time changed
from those of the NFBS-like data set: the contrast, or a property in which scanners differ. Prints the median Dice of
each model for each change as a Markdown table.
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
AT_2_MM = replace(CONFIG, voxel_size=2.0, oversampling=2)


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
    "bias field x 3": changed(bias_field=3 * CONFIG.bias_field),
    "surface coil": changed(coil_probability=1.0),
    "noise x 3": changed(noise=3 * CONFIG.noise),
    "thick slices": changed(thick_slices_probability=1.0),
    "large rotation": changed(pose=replace(CONFIG.pose, large_rotation_probability=1.0)),
    "cropped field of view": changed(cropping_probability=1.0),
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
    print("| change | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for change, config in CHANGES.items():
        dice = [[measure(s, label_map, n, config) for n, label_map in enumerate(label_maps)] for s in strippers]
        print(f"| {change} | " + " | ".join(f"{np.median(row):.3f}" for row in dice) + " |", flush=True)


def measure(stripper: Stripper, label_map, number: int, config: SynthesisConfig) -> float:
    """Return the Dice of one image within its field of view; 0 if no brain was found."""
    sample = synthesise(label_map, FIRST_SEED + number, SHAPE, config)
    field_of_view = sample.weight[0, 0].numpy() > 0
    affine = np.diag([config.voxel_size] * 3 + [1.0])
    try:
        mask = stripper.strip(Volume(sample.image[0, 0].numpy(), affine), border=0.0, quality="none").mask.data
    except DeskullError:
        return 0.0
    return score(mask, sample.distance[0, 0].numpy() < 0, [config.voxel_size] * 3, field_of_view).dice


if __name__ == "__main__":
    main()
