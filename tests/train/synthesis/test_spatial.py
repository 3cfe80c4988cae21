"""Pose and shape: tissues and distances follow the affine map and the warp."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")


from deskull.masking import signed_distance
from deskull.train.synthesis.label_map import LabelMap, surface_distances
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import (
    PoseConfig,
    correct_stretch,
    grid_points,
    random_affine,
    random_warp,
    sample_distances,
    sample_tissues,
)
from deskull.train.synthesis.surfaces import brain_mask
from deskull.train.synthesis.tissues import Tissue
from tests.train.synthesis.test_surfaces import head


@pytest.fixture(scope="module")
def label_map():
    tissues, _ = head(81)
    return LabelMap("ball", tissues, 2.0, surface_distances(tissues, 2.0))


def test_warped_distances_match_those_measured_after_the_warp(label_map):
    """f / |grad f| against an exact distance transform of the warped tissue image."""
    voxel, errors = 2.0, []
    for seed in range(4):
        rng = Rng(seed)
        config = PoseConfig(shift=2)
        affine, warp = random_affine(rng, config), random_warp(rng, config, (64, 64, 64), voxel)
        points = grid_points(affine, warp, voxel)
        tissues = sample_tissues(torch.from_numpy(label_map.tissues), points, 2.0, extend_neck=True)
        measured = signed_distance(brain_mask(tissues[0, 0].numpy(), voxel), voxel)
        carried = sample_distances(torch.from_numpy(label_map.distances), points, 2.0, voxel)[0, 0].numpy()
        near = np.abs(measured) < 6
        errors.append(np.abs(carried - measured)[near].mean())
    assert max(errors) < 0.6 * voxel / 2 + 0.3, errors


def test_warp_moves_tissues_and_distances_alike(label_map):
    rng = Rng(3)
    points = grid_points(random_affine(rng, PoseConfig()), random_warp(rng, PoseConfig(), (64, 64, 64), 2.0), 2.0)
    tissues = sample_tissues(torch.from_numpy(label_map.tissues), points, 2.0, extend_neck=True)
    distance = sample_distances(torch.from_numpy(label_map.distances), points, 2.0, 2.0)
    white = tissues == Tissue.WHITE
    assert (distance[:, :1][white] < 0.8).float().mean() > 0.99
    assert (distance[:, :1][tissues == Tissue.SKIN] > 2).all()


def test_oversampled_tissues_are_those_of_a_finer_grid(label_map):
    labels, affine = (
        torch.from_numpy(label_map.tissues),
        random_affine(Rng(4), PoseConfig(axis_permutation_probability=1)),
    )
    straight = torch.zeros(1, 3, 40, 20, 24)
    fine = grid_points(affine, torch.zeros(1, 3, 80, 40, 48), 1.5)
    for goes_on in (True, False):
        at_once = sample_tissues(labels, fine, 2.0, goes_on)
        split = sample_tissues(labels, grid_points(affine, straight, 3.0), 2.0, goes_on, 2, 3.0 * affine[:, :3])
        assert (at_once == split).float().mean() > 0.999  # points midway between two tissues are rounded either way
        assert len(at_once.unique()) > 3


def test_some_heads_are_mirrored_and_some_are_not():
    signs = {float(torch.linalg.det(random_affine(Rng(seed), PoseConfig())[:, :3])) > 0 for seed in range(20)}
    assert signs == {True, False}


def test_axis_permutation_reaches_all_48_orientations():
    straight = PoseConfig(
        rotation=0, large_rotation_probability=0, scale=0, stretch=0, shear=0, axis_permutation_probability=0
    )
    for seed in range(10):
        matrix = random_affine(Rng(seed), straight)[:, :3].abs()
        torch.testing.assert_close(matrix, torch.eye(3))
    turned = [
        random_affine(Rng(seed), replace(straight, axis_permutation_probability=1))[:, :3].round()
        for seed in range(400)
    ]
    assert len({tuple(matrix.flatten().tolist()) for matrix in turned}) == 48


def test_no_brain_continues_below_a_label_map_that_ends_in_it():
    distances = torch.full((2, 21, 21, 21), -5.0)
    points = grid_points(torch.eye(3, 4), torch.zeros(1, 3, 30, 30, 60), 2.0)
    found = sample_distances(distances, points, 1.0, 2.0)[0, 0]
    bottom = -20.0
    heights = points[0, 2, 15, 15]
    assert (found[15, 15][heights > bottom] < 0).all()
    torch.testing.assert_close(found[15, 15][heights < bottom], (bottom - heights)[heights < bottom])


def test_distances_are_right_near_the_surface_under_strong_stretch():
    sphere = (torch.stack(torch.meshgrid(*[torch.arange(-30.0, 31)] * 3, indexing="ij")).norm(dim=0) - 20)[None, None]
    for stretch in (0.3, 0.5, 1.0):
        near = sphere.abs() < 3
        torch.testing.assert_close(correct_stretch(stretch * sphere, 1.0)[near], sphere[near], atol=0.1, rtol=0.05)
