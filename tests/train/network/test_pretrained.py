"""Initial weights: networks grow without changing their output; models that do not fit are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import UsageError
from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.train.network.build import make_network
from deskull.train.network.pretrained import (
    adapted_weights,
    checkpoint_weights,
    initial_model,
    model_weights,
    reference_border,
)
from deskull.train.recipe import PREVIOUS_STAGE
from deskull.train.recipe_files import load_recipe
from tests.train.conftest import LEARNS
from tests.train.phantoms import TINY


@pytest.fixture(scope="module")
def narrow():
    torch.manual_seed(0)
    return make_network(TINY)


def weights_of(network):
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def grown(network, recipe):
    larger = make_network(recipe)
    larger.load_state_dict(adapted_weights(weights_of(network), recipe, "model"))
    return larger


def test_wider_network_starts_with_the_same_output(narrow):
    image = torch.rand(1, 1, 16, 24, 16)
    torch.testing.assert_close(
        grown(narrow, replace(TINY, channels=[6, 11, 12]))(image), narrow(image), atol=1e-4, rtol=1e-4
    )


def test_every_weight_of_a_wider_network_learns(narrow):
    wide = grown(narrow, replace(TINY, channels=[6, 11, 12]))
    wide(torch.rand(1, 1, 16, 24, 16)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in wide.parameters())


def test_network_of_finer_voxels_starts_by_averaging_them(narrow):
    image = torch.rand(1, 1, 32, 48, 32)
    averaged = torch.nn.functional.avg_pool3d(image, 2)
    finer = grown(narrow, replace(TINY, voxel_size=2.0, stride=2))
    torch.testing.assert_close(finer(image), narrow(averaged), atol=1e-4, rtol=1e-4)


def test_network_of_coarser_voxels_takes_each_for_several_equal_ones():
    torch.manual_seed(0)
    finer = make_network(replace(TINY, voxel_size=2.0, stride=2))
    image = torch.rand(1, 1, 16, 24, 16)
    repeated = torch.nn.functional.interpolate(image, scale_factor=2)
    torch.testing.assert_close(grown(finer, TINY)(image), finer(repeated), atol=1e-4, rtol=1e-4)


def test_head_is_cut_to_the_surfaces_of_the_recipe():
    two = make_network(replace(TINY, data="synthesis"))
    assert grown(two, TINY).head.weight.shape[0] == 1


def test_narrower_network_for_synthetic_images_keeps_the_features_that_matter():
    recipe = replace(TINY, data="synthesis")
    torch.manual_seed(0)
    network = make_network(recipe)
    with torch.no_grad():  # every second feature of the finest level is silent
        for name in ("encoders.0.0.1", "encoders.0.1.1", "decoders.1.0.1", "decoders.1.1.1"):
            for part in ("weight", "bias"):
                network.get_parameter(f"{name}.{part}")[::2] = 0
        for part in ("weight", "bias"):
            network.get_parameter(f"reducers.1.{part}")[::2] = 0
    image = torch.rand(1, 1, 16, 24, 16)
    narrower = grown(network, replace(recipe, channels=[2, 8, 8]))
    assert narrower.encoders[0][0][0].weight.shape[0] == 2
    torch.testing.assert_close(narrower(image), network(image), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("channels", [[4, 8], [3, 8, 8], [4, 8, 8, 8]])
def test_network_that_is_smaller_or_deeper_is_refused(narrow, channels):
    recipe = replace(TINY, channels=channels, grid_sizes=[[32]] * 3)
    with pytest.raises(UsageError, match="model has another network"):
        adapted_weights(weights_of(narrow), recipe, "model")


def test_weights_of_a_model_are_those_of_its_checkpoint_rounded(trained, model):
    exported, saved = model_weights(load_model(model)), checkpoint_weights(trained / "best.ckpt")
    assert set(saved) <= set(exported)
    for name, values in saved.items():
        np.testing.assert_allclose(exported[name], values, rtol=1e-3, atol=1e-4)


def test_recipe_without_initial_model_has_none():
    assert initial_model(TINY) is None


def test_later_stage_of_a_curriculum_has_no_initial_model():
    assert initial_model(replace(TINY, initial_model=PREVIOUS_STAGE)) is None


def test_model_with_other_preprocessing_is_refused(model):
    with pytest.raises(UsageError, match="needs other preprocessing"):
        initial_model(replace(TINY, initial_model=str(model), voxel_size=2.0))


def test_model_for_synthetic_images_may_have_other_voxels(model):
    recipe = replace(TINY, data="synthesis", initial_model=str(model), voxel_size=2.0)
    assert initial_model(recipe).path == model


def test_file_that_is_not_onnx_is_refused(model, tmp_path):
    import hashlib
    import json

    (tmp_path / "m.onnx").write_bytes(b"\xff" * 100)
    card = load_model(model).card | {"sha256": hashlib.sha256(b"\xff" * 100).hexdigest()}
    (tmp_path / "m.json").write_text(json.dumps(card))
    with pytest.raises(UsageError, match="is not an ONNX file"):
        model_weights(load_model(tmp_path / "m.onnx"))


def test_fine_tuning_starts_from_the_default_model():
    recipe = load_recipe("finetune")
    model = initial_model(recipe)
    assert model.path.stem == "default"
    make_network(recipe).load_state_dict(adapted_weights(model_weights(model), recipe, "default"))


@pytest.mark.parametrize("border", [0.0, 2.0, -1.5])
def test_border_of_the_references_is_recovered(model, table, tmp_path, border):
    files = [outcome.path for outcome in prepare(read_cases(table)[:1], LEARNS.preprocessing, tmp_path)]
    loaded = load_model(model)
    engine = make_engine(loaded, threads=1)
    for path in files:
        kept = load_prepared(path)
        distance = engine(kept.image.astype(np.float32))[0] - border  # of the mask that the model draws at this border
        np.savez(path, image=kept.image, distance=distance.astype(np.float16), valid=kept.valid)
    assert reference_border(loaded, files) == pytest.approx(border, abs=0.25)
