"""Score the pipeline on synthetic images of validation label maps, by contrast family or by degradation.

    python benchmarks/synthetic.py DATA --cache FOLDER [--model default] [--border MM] [--count 208]
        [--figures FILE.json] [--alone] [--harder] [--borders]

With --alone, one degradation at a time is applied to images of ordinary pose and contrast, as strongly as in training,
to find out which costs most. With --harder, the images have everything that the recipe now trains on: thick and bright
dura, sinuses with slow flow, moving fluid, signal lost at known places, oblique cuts. Without it they are those by
which all networks so far were measured. With --borders, the tissue that masks lose is measured at a range of borders.

The slope is the error of the mask's edge per mm of fluid between brain and skull: with a slope of 0 the edge follows
the brain, and with 1 the skull.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from synthetic_tissue import report_tissue, tissue_fraction, tissue_lost

from deskull import InputError, Stripper, Volume
from deskull.evaluation.metrics import Scores, score
from deskull.preprocessing.resampling import downsample
from deskull.train.data.synthetic import synthesis_config
from deskull.train.recipe_files import load_recipe
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.intensities import FAMILIES
from deskull.train.synthesis.label_map import load_label_map
from deskull.train.synthesis.meninges import MeningesConfig
from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.susceptibility import EpiConfig
from deskull.volume import FloatArray

FIRST_SEED = 900_000
#: Degradations that are applied to some images, all turned off.
NO_DEGRADATION = dict.fromkeys(
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
    parser.add_argument("--harder", action="store_true", help="with all that the recipe now trains on")
    parser.add_argument("--borders", action="store_true", help="also print the tissue lost at a range of borders")
    options = parser.parse_args()
    recipe = load_recipe("synthesis").curriculum[-1]
    paths = [options.data / "labelmaps" / f"{name}.nii.gz" for name in recipe.validation_label_maps]
    label_maps = [load_label_map(path, options.cache) for path in paths]
    config, stripper = synthesis_config(recipe), Stripper(options.model)
    config = config if options.harder else without_later_effects(config)
    names = [*FAMILIES, "random"]
    dice, slopes, lost, far_false_positives = defaultdict(list), defaultdict(list), defaultdict(list), []
    configs = one_degradation_each(config) if options.alone else {"": config}
    for (name, changed), item in product(configs.items(), range(options.count)):
        family = names[item % len(names)]
        only = replace(changed, contrast=replace(changed.contrast, family_weights={family: 1.0}))
        sample = synthesise(label_maps[item // len(names) % len(label_maps)], FIRST_SEED + item, (96, 112, 96), only)
        scores, slope, distance = strip(stripper, sample, config.voxel_size, options.border)
        dice[name or family].append(scores.dice if scores else 0.0)
        slopes[name or family].append(slope)
        lost[name or family].append(tissue_lost(distance, tissue_fraction(sample)))
        far_false_positives.append(scores.far_false_positives if scores else 0.0)
    report(dice, slopes, far_false_positives, options.figures)
    if options.borders:
        report_tissue(lost)


def without_later_effects(config: SynthesisConfig) -> SynthesisConfig:
    """Return settings without the effects that were added after the shipped networks had been trained."""
    usual = SynthesisConfig()
    return replace(
        config,
        meninges=MeningesConfig(),
        epi=EpiConfig(),
        contrast=ContrastConfig(),
        oblique_cut_probability=0.0,
        wide_cistern_probability=0.0,
        thick_slices_probability=usual.thick_slices_probability,
    )


def one_degradation_each(config: SynthesisConfig) -> dict[str, SynthesisConfig]:
    """Return settings without any degradation, with each one alone, with permuted axes, and with a large rotation."""
    pose = replace(config.pose, axis_permutation_probability=0.0, large_rotation_probability=0.0)
    clean = replace(config, pose=pose, **NO_DEGRADATION)
    configs = {"none": clean} | {
        name.removesuffix("_probability"): replace(
            clean, **{name: 1.0 if name.endswith("_probability") else getattr(config, name)}
        )
        for name in NO_DEGRADATION
    }
    configs["axes permuted"] = replace(clean, pose=replace(pose, axis_permutation_probability=1.0))
    configs["large rotation"] = replace(clean, pose=replace(pose, large_rotation_probability=1.0))
    return configs


def strip(
    stripper: Stripper, sample: Sample, voxel: float, border: float
) -> tuple[Scores | None, float, FloatArray | None]:
    """Strip a sample; return its scores in the field of view, the slope, and the distance on the voxels of the image.

    Where no brain was found, there are no scores and no distance. If the image is finer than the reference, the
    distance is averaged for the scores.
    """
    brain, skull = sample.distance[0].numpy()
    image, field_of_view = sample.image[0, 0].numpy(), sample.weight[0, 0].numpy() > 0
    stride = image.shape[0] // brain.shape[0]
    try:
        result = stripper.strip(Volume(image, np.diag([*(voxel / stride,) * 3, 1.0])), border=border, quality="none")
    except InputError:
        return None, np.nan, None
    predicted, _ = downsample(result.distance.data, result.distance.affine, voxel)
    scores = score(predicted < border, brain < 0, (voxel,) * 3, field_of_view)
    return scores, slope_on_gap(predicted, brain, skull, field_of_view), result.distance.data


def slope_on_gap(predicted, brain, skull, field_of_view) -> float:
    """Regress the error of the predicted surface on the gap between brain and skull, both in mm; return the slope."""
    edge = field_of_view & (abs(brain) < 1.2)
    gap = np.clip(brain - skull, 0, 8)[edge]
    return float(np.polyfit(gap, (brain - predicted)[edge], 1)[0]) if gap.std() > 0.1 else np.nan


def report(
    dice: dict[str, list[float]], slopes: dict[str, list[float]], far_false_positives: list[float], target: Path | None
) -> None:
    """Print the medians and the worst scores, and write them for the model's card."""
    print("| kind | images | median Dice | worst | slope |\n|---|---|---|---|---|")
    for family, values in dice.items():
        slope = np.nanmedian(slopes[family])
        print(f"| {family} | {len(values)} | {np.median(values):.4f} | {min(values):.4f} | {slope:+.2f} |")
    together = np.concatenate(list(dice.values()))
    low = np.percentile(together, 1)
    print(f"\nall: {len(together)} images, median {np.median(together):.4f}, 1st percentile {low:.4f}", end=", ")
    print(f"worst {together.min():.4f}; median false positives beyond 5 mm {np.median(far_false_positives):.4f}")
    if target:
        summary = {"images": len(together), "median_dice": round(float(np.median(together)), 4)}
        summary |= {"percentile_1": round(float(low), 4), "worst_dice": round(float(together.min()), 4)}
        summary |= {"median_by_contrast": {k: round(float(np.median(v)), 4) for k, v in dice.items()}}
        target.write_text(json.dumps({"held_out_synthetic": summary}, indent=2) + "\n")


if __name__ == "__main__":
    main()
