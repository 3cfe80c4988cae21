"""Export: the engine predicts what the trained network does; the card says how it was made."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError, UsageError
from deskull.errors import OutputError
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.pipeline import Stripper
from deskull.train.export import export, load_network
from deskull.train.run import train
from tests.train.conftest import LEARNS, request_for
from tests.train.phantoms import TINY, round_head, write_heads


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_exported_model_strips_a_head_on_which_it_was_not_trained(model):
    scan, mask = round_head(99)
    assert dice(Stripper(model, threads=1).strip(scan).mask.data, mask.data) > 0.85


def test_engine_predicts_what_the_network_does(trained, model):
    network, _ = load_network(trained / "best.ckpt", LEARNS)
    image = np.random.default_rng(0).random((32, 40, 36), dtype=np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(image[None, None]))[0].numpy()
    np.testing.assert_allclose(make_engine(load_model(model), 1)(image), expected, atol=0.05)


def test_card_has_the_settings_of_the_recipe(model):
    card = load_model(model).card
    assert (card["voxel_size_mm"], card["band_mm"], card["size_multiple"]) == (4.0, 10.0, 4)
    assert (card["surfaces"], card["distances"]) == (["brain"], True)
    assert card["recipe"] == LEARNS.as_dict()


def test_card_has_the_data_and_the_measures_of_its_checkpoint(trained, model):
    card = load_model(model).card
    assert card["steps"] == card["validation"]["step"] == load_network(trained / "best.ckpt", LEARNS)[1]
    assert card["data_set"] == json.loads((trained / "run.json").read_text())


def test_exported_file_names_no_file_of_this_machine(model):
    content = model.read_bytes()
    assert b".py" not in content
    assert str(model.parent).encode() not in content


@pytest.fixture(scope="module")
def mask_run(table, tmp_path_factory):
    """Recipe and folder of a run with a mask loss."""
    preprocess = {"size": [32, 40, 36], "intensity": "standardise", "n4": True, "n4_shrink": 4}
    recipe = replace(
        TINY, network="residual", loss="dice_focal", batch_size=2, augmentation="none", optimiser="adam", epochs=4,
        preprocess=preprocess, dropout=0.0,
    )  # fmt: skip
    out = tmp_path_factory.mktemp("mask") / "run"
    train(request_for(table, out, recipe))
    export(out, out.parent / "m.onnx", "last")
    return recipe, out


def test_mask_network_learns(mask_run):
    losses = [float(line.split(",")[2]) for line in (mask_run[1] / "metrics.csv").read_text().splitlines()[1:]]
    assert losses[-1] < losses[0]


def test_model_of_a_mask_network_has_the_preprocessing_of_its_recipe(mask_run):
    recipe, out = mask_run
    assert load_model(out.parent / "m.onnx").preprocessing == recipe.preprocessing


def test_model_of_a_mask_network_predicts_no_distances(mask_run):
    model = load_model(mask_run[1].parent / "m.onnx")
    assert not model.distances
    with pytest.raises(UsageError, match="no distances"):
        Stripper(model.path, threads=1).strip(round_head(99)[0], border=1.0)


@pytest.fixture
def unconverted(monkeypatch):
    """Write no network, for tests of the card alone: to convert a network takes half a minute."""
    monkeypatch.setattr("deskull.train.export.to_onnx", lambda network: b"network")


def test_card_of_a_network_with_a_stride_has_it(table, tmp_path, unconverted):
    recipe = replace(TINY, voxel_size=TINY.voxel_size / 2, stride=2, epochs=1)
    train(request_for(table, tmp_path / "run", recipe))
    card = export(tmp_path / "run", tmp_path / "m.onnx")
    assert (card["voxel_size_mm"], card["preprocess"]["stride"]) == (recipe.voxel_size, 2)
    network, _ = load_network(tmp_path / "run" / "best.ckpt", recipe)
    with torch.no_grad():
        assert network(torch.zeros(1, 1, 32, 48, 40)).shape == (1, 1, 16, 24, 20)


def test_run_without_validation_exports_the_last_epoch(tmp_path, unconverted):
    train(request_for(write_heads(tmp_path, 2, held_out=0), tmp_path / "run", replace(TINY, epochs=1)))
    assert export(tmp_path / "run", tmp_path / "m.onnx")["steps"] == 2


@pytest.mark.parametrize(
    ("target", "figures", "fault"),
    [
        ("m.pt", [], r"must have the extension \.onnx"),
        ("m.onnx", ["none.json"], r"none\.json: is not a JSON object of figures"),
        ("m.onnx", ["list.json"], r"list\.json: is not a JSON object of figures"),
    ],
)
def test_export_that_cannot_be_written_is_refused_and_leaves_nothing(trained, tmp_path, target, figures, fault):
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises((UsageError, InputError), match=fault):
        export(trained, tmp_path / target, figures=[tmp_path / name for name in figures])
    assert [path.name for path in tmp_path.iterdir()] == ["list.json"]


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no run"):
        export(tmp_path, tmp_path / "m.onnx")


@pytest.mark.parametrize("ending", [".onnx", ".json"])
def test_existing_model_or_card_is_not_replaced_unasked(trained, tmp_path, ending):
    (tmp_path / f"m{ending}").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        export(trained, tmp_path / "m.onnx")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_checkpoint_of_another_network_is_refused(trained):
    with pytest.raises(InputError, match="holds another network than recipe tiny"):
        load_network(trained / "last.ckpt", replace(TINY, channels=[4, 4]))


def test_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(InputError, match="no such checkpoint"):
        load_network(tmp_path / "none.ckpt", TINY)
