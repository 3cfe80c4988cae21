"""Score the pipeline on synthetic heads of held-out label_maps, by contrast family, or by degradation.

python benchmarks/synthetic.py DATA --cache FOLDER [--model default] [--border MM] [--count 208]
    [--figures FILE.json] [--alone]

With --alone, heads of ordinary pose and contrast go through one degradation at a time (as strong as training draws it),
so that what costs the most is seen. The slope says how much of each mm of fluid between brain and skull the mask takes
in beside what it should: at 1 its edge follows the skull, at 0 the brain.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from deskull import InputError, Stripper, Volume
from deskull.evaluation.metrics import score
from deskull.preprocessing.resampling import downsample
from deskull.train.data.synthetic import synthesis_config
from deskull.train.recipe_files import load_recipe
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.intensities import FAMILIES
from deskull.train.synthesis.label_map import load_label_map

FIRST_SEED = 900_000
#: Everything that happens to some images and not to others, and what turns it off.
NONE = dict.fromkeys(
    (
        *("lesion_probability", "defacing_probability", "skull_stripped_probability", "atrophy_probability"),
        *("ventricle_probability", "pad_probability", "metal_probability", "bias_field", "coil_probability"),
        *("thick_slices_probability", "coarse_voxels_probability", "ghosting_probability", "motion_probability"),
        *("spike_probability", "distortion", "cropping_probability", "noise", "cortical_erosion_probability"),
    ),
    0.0,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--model", default="default")
    parser.add_argument("--border", type=float, default=0.0, help="border in mm at which to strip")
    parser.add_argument("--count", type=int, default=208)
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--alone", action="store_true", help="one degradation at a time")
    options = parser.parse_args()
    recipe = load_recipe("synthesis").curriculum[-1]
    paths = [options.data / "labelmaps" / f"{name}.nii.gz" for name in recipe.validation_label_maps]
    label_maps = [load_label_map(path, options.cache) for path in paths]
    config, stripper = synthesis_config(recipe), Stripper(options.model)
    names = [*FAMILIES, "random"]
    dice, slopes, leaks = defaultdict(list), defaultdict(list), []
    ways = alone(config) if options.alone else {"": config}
    for (name, changed), item in product(ways.items(), range(options.count)):
        family = names[item % len(names)]
        only = replace(changed, contrast=ContrastConfig(family_weights={family: 1.0}))
        sample = synthesise(label_maps[item // len(names) % len(label_maps)], FIRST_SEED + item, (96, 112, 96), only)
        scores, slope = strip(stripper, sample, config.voxel_size, options.border)
        dice[name or family].append(scores.dice if scores else 0.0)
        slopes[name or family].append(slope)
        leaks.append(scores.far_false_positives if scores else 0.0)
    report(dice, slopes, leaks, options.figures)


def alone(config: SynthesisConfig) -> dict[str, SynthesisConfig]:
    """Settings of heads with no degradation, with each alone, with permuted axes and with a large rotation."""
    pose = replace(config.pose, axis_permutation_probability=0.0, large_rotation_probability=0.0)
    clean = replace(config, pose=pose, **NONE)
    ways = {"none": clean} | {
        name.removesuffix("_probability"): replace(
            clean, **{name: 1.0 if name.endswith("_probability") else getattr(config, name)}
        )
        for name in NONE
    }
    ways["axes permuted"] = replace(clean, pose=replace(pose, axis_permutation_probability=1.0))
    ways["large rotation"] = replace(clean, pose=replace(pose, large_rotation_probability=1.0))
    return ways


def strip(stripper: Stripper, sample, voxel: float, border: float):
    """Strip a sample as if it were a scan: scores in its field of view (None: no brain found), and the slope.

    The image may be finer than the truth: the answer is averaged there.
    """
    brain, skull = sample.distance[0].numpy()
    image, seen = sample.image[0, 0].numpy(), sample.weight[0, 0].numpy() > 0
    stride = image.shape[0] // brain.shape[0]
    try:
        result = stripper.strip(Volume(image, np.diag([*(voxel / stride,) * 3, 1.0])), border=border)
    except InputError:
        return None, np.nan
    found, _ = downsample(result.distance.data, result.distance.affine, voxel)
    scores = score(found < border, brain < 0, (voxel,) * 3, seen)
    return scores, slope_on_gap(found, brain, skull, seen)


def slope_on_gap(found, brain, skull, seen) -> float:
    """Slope of how far outside the brain's edge was found on how far the intracranial surface is, both in mm."""
    edge = seen & (abs(brain) < 1.2)
    gap = np.clip(brain - skull, 0, 8)[edge]
    return float(np.polyfit(gap, (brain - found)[edge], 1)[0]) if gap.std() > 0.1 else np.nan


def report(
    dice: dict[str, list[float]], slopes: dict[str, list[float]], leaks: list[float], target: Path | None
) -> None:
    """Print medians and the worst, and write them for the card."""
    print("| kind | images | median Dice | worst | slope |\n|---|---|---|---|---|")
    for family, found in dice.items():
        slope = np.nanmedian(slopes[family])
        print(f"| {family} | {len(found)} | {np.median(found):.4f} | {min(found):.4f} | {slope:+.2f} |")
    together = np.concatenate(list(dice.values()))
    low = np.percentile(together, 1)
    print(f"\nall: {len(together)} images, median {np.median(together):.4f}, 1st percentile {low:.4f}", end=", ")
    print(f"worst {together.min():.4f}; median leak {100 * np.median(leaks):.2f} %")
    if target:
        summary = {"images": len(together), "median_dice": round(float(np.median(together)), 4)}
        summary |= {"percentile_1": round(float(low), 4), "worst_dice": round(float(together.min()), 4)}
        summary |= {"median_by_contrast": {k: round(float(np.median(v)), 4) for k, v in dice.items()}}
        target.write_text(json.dumps({"held_out_synthetic": summary}, indent=2) + "\n")


main()
