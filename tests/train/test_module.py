"""The Lightning module: overlap, schedule, and references aligned to the initial network."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.models import load_model
from deskull.train.data.real_scans import RealScan, unchanged_sample
from deskull.train.data.samples import as_batch
from deskull.train.module import SurfaceModule, overlap
from deskull.train.network.pretrained import adapted_weights, model_weights
from tests.train.phantoms import TINY

TARGET = torch.tensor([-1.0, -1.0, 1.0, 1.0])
ONES = torch.ones(4)


def test_overlap_of_equal_masks_is_one():
    assert overlap(TARGET, TARGET, ONES) == {"iou": 1, "dice": 1, "accuracy": 1}


def test_overlap_of_complementary_masks_is_zero():
    assert overlap(-TARGET, TARGET, ONES) == {"iou": 0, "dice": 0, "accuracy": 0}


def test_overlap_leaves_out_voxels_without_weight():
    half = overlap(torch.tensor([-1.0, 1.0, 1.0, -1.0]), TARGET, torch.tensor([1.0, 1.0, 1.0, 0.0]))
    assert {name: float(value) for name, value in half.items()} == pytest.approx(
        {"iou": 1 / 2, "dice": 2 / 3, "accuracy": 2 / 3}
    )


@pytest.mark.parametrize(("step", "low", "high"), [(0, 0.0, 0.05), (99, 0.99, 1.0), (100, 0.95, 1.0), (999, 0.0, 0.01)])
def test_learning_rate_rises_during_warm_up_and_then_falls(step, low, high):
    assert low <= SurfaceModule(replace(TINY, warmup_steps=100)).learning_rate_factor(step, 1000) <= high


def test_constant_learning_rate_is_constant():
    module = SurfaceModule(replace(TINY, schedule="constant", warmup_steps=0))
    assert module.learning_rate_factor(0, 10) == module.learning_rate_factor(9, 10) == 1


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_references_are_shifted_to_the_surface_of_the_initial_network(model, table, tmp_path, shift):
    recipe = replace(TINY, initial_model=str(model), align_to_initial_model=True)
    weights = adapted_weights(model_weights(load_model(model)), recipe, "model")
    module = SurfaceModule(recipe, weights).eval()
    (outcome,) = prepare(read_cases(table)[:1], TINY.preprocessing, tmp_path)
    sample = as_batch(unchanged_sample(RealScan.of("a", load_prepared(outcome.path), 4.0), 10.0), 1)
    batch = {name: part[None] for name, part in sample.items()}
    batch["distance"] += shift
    with torch.no_grad():
        predicted = module(batch["image"])
    near = batch["distance"].abs() < 5
    assert float((predicted - module._aligned(batch))[near].median()) == pytest.approx(0, abs=0.05)


def test_references_stay_where_they_are_without_alignment():
    batch = {"distance": torch.randn(1, 1, 8, 8, 8)}
    assert SurfaceModule(TINY)._aligned(batch) is batch["distance"]
