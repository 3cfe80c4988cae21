"""Pathology: brains shrink in their skulls, ventricles widen, lesions stay inside."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.masking import signed_distance
from deskull.train.synthesis.label_map import LabelMap, surface_distances
from deskull.train.synthesis.pathology import enlarge_ventricles, erode_cortex, lesions, shrink_brain, wide_cistern
from deskull.train.synthesis.rng import Rng
from deskull.train.synthesis.spatial import grid_points, sample_distances, sample_tissues
from deskull.train.synthesis.surfaces import brain_mask
from deskull.train.synthesis.tissues import BRAIN_TISSUES, Tissue
from tests.train.synthesis.test_surfaces import head

STRAIGHT = torch.eye(3, 4)


@pytest.fixture(scope="module")
def label_map():
    """A ball of a head: brain to 48 mm, bone from 56 to 64 mm."""
    tissues, _ = head(81)
    return LabelMap("ball", tissues, 2.0, surface_distances(tissues, 2.0))


@pytest.fixture(scope="module")
def points():
    return grid_points(STRAIGHT, torch.zeros(1, 3, 81, 81, 81), 2.0)


def count(label_map, points, *tissues):
    found = sample_tissues(torch.from_numpy(label_map.tissues), points, label_map.voxel_size, extend_neck=True)
    return sum(int((found == tissue).sum()) for tissue in tissues)


@pytest.mark.parametrize("amount", [0.08, 0.04, -0.06])
def test_brain_with_atrophy_shrinks_in_a_skull_of_the_same_size(label_map, points, amount):
    moved = points + shrink_brain(label_map, points, amount, 2.0)
    brain = (Tissue.WHITE, Tissue.VENTRICLE)
    # A ball of 48 mm, 12 of whose lies deeper than the ramp: its surface moves by less than its middle.
    grown = count(label_map, moved, *brain) / count(label_map, points, *brain)
    assert (grown < 1) == (amount > 0)
    assert grown == pytest.approx(1 - 3 * amount, abs=1.6 * abs(amount))
    for tissue in (Tissue.BONE, Tissue.SKIN):
        assert count(label_map, moved, tissue) == count(label_map, points, tissue)


def test_enlarged_ventricles_leave_the_skull_unchanged(label_map, points):
    moved = points + enlarge_ventricles(label_map, points, 0.5, 15)
    assert count(label_map, moved, Tissue.VENTRICLE) > 2.5 * count(label_map, points, Tissue.VENTRICLE)
    for tissue in (Tissue.BONE, Tissue.SKIN):
        assert count(label_map, moved, tissue) == count(label_map, points, tissue)


def test_eroded_cortex_loses_as_much_tissue_as_the_distances_state(label_map, points):
    distance = sample_distances(torch.from_numpy(label_map.distances), points, label_map.voxel_size, 2.0)
    tissues = sample_tissues(torch.from_numpy(label_map.tissues), points, label_map.voxel_size, extend_neck=True)
    # To the voxels themselves: a smooth surface has steps of theirs on both sides.
    distance[0, 0] = torch.from_numpy(signed_distance(brain_mask(tissues[0, 0].numpy(), 2.0), 2.0))
    depth = torch.zeros_like(distance[:, :1])
    depth[:, :, :40] = 4.0
    eroded, further = erode_cortex(tissues, distance, depth)
    assert torch.equal(eroded[:, :, 42:], tissues[:, :, 42:])
    brain = torch.isin(eroded, torch.tensor([int(tissue) for tissue in BRAIN_TISSUES], dtype=eroded.dtype))
    assert (eroded[brain != (further[:, :1] <= 0)] != Tissue.BONE).all()
    assert not (brain & (further[:, :1] > 0)).any()
    lost = (tissues != eroded).sum()
    assert lost == pytest.approx(2 * torch.pi * 46**2 * 4 / 8, rel=0.1)  # a shell of half the ball, 8 mm3 a voxel
    assert torch.equal(further[:, 1], distance[:, 1])


def test_lesions_change_the_inside_of_the_brain_only():
    image = torch.full((1, 1, 32, 32, 32), 0.5)
    index = torch.stack(torch.meshgrid(*[torch.arange(32.0)] * 3, indexing="ij"))
    distance = ((index - 15.5).square().sum(0).sqrt() - 12)[None, None]
    for seed in range(5):
        changed = lesions(image, distance, Rng(seed)) != image
        assert changed.any()
        assert not changed[distance >= 0].any()
    assert torch.equal(lesions(image, distance + 99, Rng(0)), image)


def test_wide_cistern_recedes_by_the_stated_depth_at_one_place_of_the_surface(label_map, points):
    distance = sample_distances(torch.from_numpy(label_map.distances), points, label_map.voxel_size, 2.0)
    low = 0
    for seed in range(10):
        depth = wide_cistern(distance, Rng(seed), (6.0, 6.0), 2.0)
        deepest = (depth == depth.max()).nonzero()[0]
        assert depth.max() == pytest.approx(6.0)
        assert distance[0, 0][tuple(deepest[2:])].abs() < 2
        assert (depth < 0.1).float().mean() > 0.3
        low += int(deepest[4] < 40)
    assert low >= 6


def test_head_without_brain_has_no_wide_cistern():
    assert not wide_cistern(torch.full((1, 2, 8, 8, 8), 9.0), Rng(0), (6.0, 6.0), 2.0).any()
