"""Generate ``src/deskull/samples/head.nii.gz``: a synthetic T1w image without noise.

python benchmarks/make_sample.py DATA/labelmaps/synthseg_07.nii.gz
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional

from deskull import Volume, formats
from deskull.train.synthesis import artefacts
from deskull.train.synthesis.contrast import ContrastConfig, draw_means, paint
from deskull.train.synthesis.label_map import read_label_map
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import PoseConfig, grid_points, random_affine, random_warp, sample_tissues

VOXEL, SHAPE, SEED = 1.5, (120, 156, 160), 20_260


def main() -> None:
    label_map = read_label_map(Path(sys.argv[1]))
    rng = Rng(SEED)
    pose = PoseConfig(rotation=2, large_rotation_probability=0, shift=0, scale=0, stretch=0)
    warp = random_warp(rng, replace(pose, warp_mm=(6.0, 3.0)), SHAPE, VOXEL)
    fine = functional.interpolate(warp, scale_factor=2, mode="trilinear", align_corners=False)
    points = grid_points(random_affine(rng, pose), fine, VOXEL / 2)
    tissues = sample_tissues(torch.from_numpy(label_map.tissues), points, label_map.voxel_size, extend_neck=True)
    means = draw_means(rng, "T1w", ContrastConfig(bright_fat_probability=0))
    image = functional.avg_pool3d(paint(tissues, means, torch.zeros_like(means), rng), 2)
    image = artefacts.texture(image, rng, 0.04)
    affine = np.diag([VOXEL, VOXEL, VOXEL, 1.0])
    affine[:3, 3] = -(np.array(SHAPE) - 1) / 2 * VOXEL
    stored = np.round(image[0, 0].clamp(0, 1).numpy() * 255).astype(np.uint8)
    formats.write(Volume(stored, affine), "src/deskull/samples/head.nii.gz", overwrite=True)


if __name__ == "__main__":
    main()
