"""Measure the known faults of networks, each on synthetic images that provoke it.

    python benchmarks/faults.py DATA --cache FOLDER [--model NAME ...] [--count 12]

Faults by which brain is lost are measured on anatomies that no training has used (scatterBrains 13 to 16). Only the
SynthSeg label maps have veins, arteries and a brainstem, and all of them are used in training: those faults are
measured on training anatomies, in images that no training has seen. Masks end at the default border on the network's
card.

lost
    Brain tissue outside the mask within the region, in ml, and how far inside the true surface the mask ends there, in
    mm.
leak
    Voxels of certain tissues in the mask that lie more than 1 mm outside the true surface, in ml, and how far outside
    it they lie, in mm.

Depths are the 95th percentile within an image.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch.nn.functional as functional
from synthetic import NO_DEGRADATION, without_later_effects
from synthetic_tissue import PARENCHYMA, tissue_fraction

from deskull import Stripper, Volume
from deskull.masking import Mask, distance_to
from deskull.train.data.synthetic import synthesis_config
from deskull.train.recipe_files import load_recipe
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import LabelMap, load_label_map
from deskull.train.synthesis.meninges import MeningesConfig
from deskull.train.synthesis.sample import Sample
from deskull.train.synthesis.susceptibility import EpiConfig
from deskull.train.synthesis.tissues import Tissue
from deskull.volume import FloatArray

FIRST_SEED = 950_000
HELD_OUT = ("scatterbrains_13", "scatterbrains_14", "scatterbrains_15", "scatterbrains_16")
WITH_VEINS = ("synthseg_01", "synthseg_06", "synthseg_11", "synthseg_16")
#: A leak begins this far outside the true surface, in mm: the default border moves masks outwards.
LEAK_MM = 1.0
#: A region around a direction: cosine of the largest angle to it, seen from the middle of the brain.
COSINE = 0.85
#: Cisterns are the fluid within this distance of brainstem and cerebellum, in mm.
CISTERN_MM = 15.0
#: EPI that is distorted and shaded, with ghosts and voids.
POOR_EPI: dict[str, Any] = {"distortion": 5.0, "coil_probability": 1.0}
VOIDS = EpiConfig(loss_mm=(12.0, 20.0), loss_fraction=(0.9, 1.0), nyquist_ghost_probability=1.0)
NO_FRONT: dict[str, Any] = POOR_EPI | {"epi": replace(VOIDS, frontal_loss_probability=1.0)}
NO_VERTEX: dict[str, Any] = POOR_EPI | {"epi": replace(VOIDS, vertex_loss_probability=1.0)}
GREY_SINUSES: dict[str, Any] = {"contrast": {"slow_flow_probability": 1.0}}
MOVING_FLUID: dict[str, Any] = {"meninges": MeningesConfig(flow_probability=1.0)}
BRIGHT_DURA: dict[str, Any] = {"meninges": MeningesConfig(thick_dura_probability=1.0)}
BRIGHT_DURA |= {"contrast": {"bright_dura_probability": 1.0}}
THICK: dict[str, Any] = {"thick_slices_probability": 1.0, "axial_slices_probability": 1.0, "slice_mm": (4.0, 7.0)}
B0: dict[str, Any] = {"oblique_cut_probability": 1.0, "contrast": {"bright_fluid_probability": 1.0}, "distortion": 5.0}
Region = Callable[[Sample], Mask]


@dataclass(frozen=True)
class Fault:
    """Images that provoke a fault, and where it is measured.

    Attributes
    ----------
    family : str
        Contrast family of the images.
    changes : dict
        Settings of synthesis beside those of images without degradation.
    label_maps : tuple of str
    region : callable
        Where it is measured, given the sample.
    leaked : tuple of Tissue
        Tissues that leak into the mask; empty where brain is lost instead.
    """

    family: str
    changes: dict[str, Any]
    label_maps: tuple[str, ...]
    region: Region
    leaked: tuple[Tissue, ...] = ()


def around(direction: tuple[float, float, float], sample: Sample) -> Mask:
    """Region around a direction (right, anterior, superior) from the middle of the true brain."""
    truth = true_distance(sample)
    middle = np.argwhere(truth < 0).mean(axis=0)
    outwards = np.moveaxis(np.indices(truth.shape), 0, -1) - middle
    along = outwards @ (np.array(direction) / np.linalg.norm(direction))
    region: Mask = along > COSINE * np.linalg.norm(outwards, axis=-1)
    return region


def everywhere(sample: Sample) -> Mask:
    """Region without limits."""
    return np.ones(sample.image.shape[2:], bool)


def cisterns(sample: Sample) -> Mask:
    """Region around brainstem and cerebellum."""
    below = (Tissue.BRAINSTEM, Tissue.CEREBELLUM_CORTEX, Tissue.CEREBELLUM_WHITE)
    region: Mask = distance_to(tissue_fraction(sample, below) > 0) < CISTERN_MM
    return region


FRONTAL, VERTEX = partial(around, (0.0, 1.0, -0.3)), partial(around, (0.0, -0.3, 1.0))
FAULTS = {
    "EPI, frontal pole": Fault("EPI", NO_FRONT, HELD_OUT, FRONTAL),
    "EPI, vertex": Fault("EPI", NO_VERTEX, HELD_OUT, VERTEX),
    "FLAIR of 4 to 7 mm, vertex": Fault("FLAIR", THICK | BRIGHT_DURA, HELD_OUT, VERTEX, (Tissue.DURA,)),
    "b0, beyond an oblique cut": Fault("EPI", B0, HELD_OUT, everywhere, (Tissue.AIR,)),
    "FLAIR of 4 to 7 mm, sinuses": Fault("FLAIR", THICK | GREY_SINUSES, WITH_VEINS, everywhere, (Tissue.VEIN,)),
    "T2w, sinuses": Fault("T2w", GREY_SINUSES, WITH_VEINS, everywhere, (Tissue.VEIN,)),
    "T1w, sinuses": Fault("T1w", GREY_SINUSES, WITH_VEINS, everywhere, (Tissue.VEIN,)),
    "T2w, cisterns": Fault("T2w", MOVING_FLUID, WITH_VEINS, cisterns, (Tissue.CSF, Tissue.ARTERY)),
    "FLAIR, cisterns": Fault("FLAIR", MOVING_FLUID, WITH_VEINS, cisterns, (Tissue.CSF, Tissue.ARTERY)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--model", action="append", help="by default default and small")
    parser.add_argument("--count", type=int, default=12, help="images of each fault")
    options = parser.parse_args()
    strippers = {model: Stripper(model) for model in options.model or ["default", "small"]}
    names = sorted({name for fault in FAULTS.values() for name in fault.label_maps})
    paths = {name: options.data / "labelmaps" / f"{name}.nii.gz" for name in names}
    label_maps = {name: load_label_map(path, options.cache) for name, path in paths.items()}
    print(
        "| fault | network | ml: mean | median | worst | mm: mean | median | worst |\n|---|---|---|---|---|---|---|---|"
    )
    for name, fault in FAULTS.items():
        samples = images(fault, label_maps, options.count)
        for model, stripper in strippers.items():
            measured = np.array([measure(stripper, sample, fault) for sample in samples])
            cells = [f"{f(column):.1f}" for column in measured.T for f in (np.mean, np.median, np.max)]
            print(f"| {name}{' (leak)' if fault.leaked else ' (lost)'} | {model} | {' | '.join(cells)} |", flush=True)


def settings(fault: Fault) -> SynthesisConfig:
    """Settings of images in ordinary pose, with little noise and shading and what the fault needs."""
    config = without_later_effects(synthesis_config(load_recipe("synthesis").curriculum[-1]))
    pose = replace(config.pose, axis_permutation_probability=0.0, large_rotation_probability=0.0)
    plain: dict[str, Any] = NO_DEGRADATION | {"noise": 0.05, "bias_field": 0.3, "distortion": 3.0, "pose": pose}
    contrast = {"family_weights": {fault.family: 1.0}} | fault.changes.get("contrast", {})
    return replace(config, **plain | fault.changes | {"contrast": replace(config.contrast, **contrast)})


def images(fault: Fault, label_maps: dict[str, LabelMap], count: int) -> list[Sample]:
    """Images that provoke a fault, in turn from each of its label maps."""
    config, names = settings(fault), fault.label_maps
    return [
        synthesise(label_maps[names[number % len(names)]], FIRST_SEED + number, (96, 112, 96), config)
        for number in range(count)
    ]


def measure(stripper: Stripper, sample: Sample, fault: Fault) -> tuple[float, float]:
    """Return the volume in ml and the depth in mm of a fault in one image of voxels of 1 mm."""
    border = stripper.model.default_border("brain")
    predicted = stripper.strip(
        Volume(sample.image[0, 0].numpy(), np.eye(4)), border=border, quality="none"
    ).distance.data
    truth, region = true_distance(sample), fault.region(sample)
    if fault.leaked:
        leaked = region & (predicted < border) & (truth > LEAK_MM) & (tissue_fraction(sample, fault.leaked) > 0.5)
        return leaked.sum() / 1000, _percentile(truth[leaked])
    lost = region & (predicted >= border)
    edge = region & (abs(truth) < 1)
    depth = np.clip(predicted - border, 0, None)
    return float(tissue_fraction(sample, PARENCHYMA)[lost].sum() / 1000), _percentile(depth[edge])


def _percentile(values: FloatArray) -> float:
    """95th percentile, 0 without values."""
    return float(np.percentile(values, 95)) if values.size else 0.0


def true_distance(sample: Sample) -> FloatArray:
    """Signed distance in mm to the true brain surface on the voxels of the image."""
    fine = functional.interpolate(sample.distance[:, :1], size=sample.image.shape[2:], mode="trilinear")
    distance: FloatArray = fine[0, 0].numpy()
    return distance


if __name__ == "__main__":
    main()
