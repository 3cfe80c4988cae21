"""Runs: begin, go on, refuse to be confused with others; models come out and can be started from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError, UsageError
from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.pipeline import Stripper, as_volume
from deskull.train.data.real_scans import RealScan, whole_sample
from deskull.train.data.samples import as_batch
from deskull.train.export import export, load_network, to_onnx
from deskull.train.module import SurfaceModule
from deskull.train.network.build import make_network
from deskull.train.network.pretrained import reference_border, starting_model, starting_weights
from deskull.train.recipe import load_recipe
from deskull.train.run import Request, draw_samples, train
from deskull.train.trainer import Hardware
from tests.train.phantoms import TINY, round_head, write_heads

LEARNS = replace(TINY, epochs=14, augment="pose")


def request_for(table, out, recipe=TINY, **options):
    return Request(recipe, table, out, hardware=Hardware("cpu"), **options)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_heads(tmp_path_factory.mktemp("heads"), 5)


@pytest.fixture(scope="module")
def trained(table, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    train(request_for(table, out, LEARNS))
    return out


@pytest.fixture(scope="module")
def model(trained):
    export(trained, trained.parent / "balls.onnx")
    return trained.parent / "balls.onnx"


def test_training_leaves_what_it_promises(trained):
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "recipe.yaml", "run.json", "best.ckpt", "last.ckpt", "metrics.csv", "curves.png", "speed.json", "pictures",
        "tensorboard", "cache",
    }  # fmt: skip
    facts = json.loads((trained / "run.json").read_text())
    assert len(facts["training"]) == 4
    assert list(facts["validation"]) == ["sub-04_T1w"]


def test_an_exported_model_strips_heads_it_has_not_seen(model):
    scan, mask = round_head(99)
    result = Stripper(model, threads=1).strip(scan)
    both = (result.mask.data & mask.data).sum()
    assert 2 * both / (result.mask.data.sum() + mask.data.sum()) > 0.85


def test_the_engine_answers_as_the_network(trained, model):
    network, steps = load_network(trained / "best.ckpt", LEARNS)
    card = load_model(model).card
    assert steps == card["steps"] == card["validation"]["step"]
    assert card["size_multiple_of"] == 4
    assert card["surfaces"] == ["brain"]
    image = np.random.default_rng(0).random((32, 48, 40), dtype=np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(image[None, None]))[0].numpy()
    np.testing.assert_allclose(Stripper(model, threads=1)._engine(image), expected, atol=0.05)


def test_exports_name_no_file_of_this_machine(model):
    content = model.read_bytes()
    assert b".py" not in content
    assert str(model.parent).encode() not in content


def test_a_run_is_not_overwritten_nor_confused(trained, table):
    with pytest.raises(UsageError, match="--resume goes on"):
        train(request_for(table, trained, LEARNS))
    with pytest.raises(UsageError, match=r"rate 0\.01 -> 0\.5"):
        train(request_for(table, trained, replace(LEARNS, rate=0.5), resume=True))


def test_other_data_are_noticed(trained, tmp_path):
    other = write_heads(tmp_path, 3)
    with pytest.raises(UsageError, match="other data"):
        train(request_for(other, trained, LEARNS, resume=True))


def test_a_finished_run_resumed_changes_nothing(trained, table):
    before = (trained / "last.ckpt").read_bytes()
    train(request_for(table, trained, LEARNS, resume=True))
    assert (trained / "last.ckpt").read_bytes() == before


def test_overwrite_begins_again_and_keeps_what_is_not_its_own(table, tmp_path):
    out = tmp_path / "run"
    (out / "pictures").mkdir(parents=True)
    (out / "notes.txt").write_text("mine")
    train(request_for(table, out, replace(TINY, epochs=1)))
    train(request_for(table, out, replace(TINY, epochs=2, rate=0.02), overwrite=True))
    assert (out / "notes.txt").read_text() == "mine"
    assert len((out / "metrics.csv").read_text().splitlines()) == 3


def test_mask_networks_train_export_and_strip(table, tmp_path):
    recipe = replace(
        TINY, network="residual", loss="dice_focal", batch=2, augment="pose", optimiser="adam", epochs=25,
        preprocess={"size": [48, 64, 48], "intensity": "standardise", "n4": True, "n4_shrink": 2},
    )  # fmt: skip
    train(request_for(table, tmp_path / "run", recipe))
    card = export(tmp_path / "run", tmp_path / "m.onnx", "last")
    assert card["distances"] is False
    stripper = Stripper(tmp_path / "m.onnx", threads=1)
    assert stripper.model.preprocessing == recipe.preprocessing
    scan, mask = round_head(99)
    found = stripper.strip(scan).mask.data
    assert 2 * (found & mask.data).sum() / (found.sum() + mask.data.sum()) > 0.8
    with pytest.raises(UsageError, match="no distances"):
        stripper.strip(scan, border=1.0)


def test_a_run_starts_from_a_model_and_stays_near_it(model, table, tmp_path):
    recipe = replace(TINY, start=str(model), align=True, anchor=10.0, rate=1e-4, epochs=1)
    said = []
    train(request_for(table, tmp_path / "run", recipe), said.append)
    assert "border of" in said[0]
    assert "reference_border_mm" in json.loads((tmp_path / "run" / "run.json").read_text())
    start = starting_weights(load_model(model), recipe)
    moved, _ = load_network(tmp_path / "run" / "last.ckpt", recipe)
    change = max(float((moved.state_dict()[name] - weight).abs().max()) for name, weight in start.items())
    assert 0 < change < 0.01


@pytest.mark.parametrize("border", [0.0, 2.0, -1.5])
def test_the_border_of_references_is_found(model, table, tmp_path, border):
    outcomes = list(prepare(read_cases(table)[:2], TINY.preprocessing, tmp_path))
    files, loaded = [outcome.path for outcome in outcomes], load_model(model)
    answer = make_engine(loaded, threads=1)
    for path in files:
        kept = load_prepared(path)
        distance = answer(kept.image.astype(np.float32))[0] - border  # what the model itself would draw there
        np.savez(path, image=kept.image, distance=distance, valid=kept.valid)
    assert reference_border(loaded, files) == pytest.approx(border, abs=0.25)


def test_references_are_shifted_to_what_the_starting_network_sees(model, table, tmp_path):
    recipe = replace(TINY, start=str(model), align=True)
    module = SurfaceModule(recipe, starting_weights(load_model(model), recipe)).eval()
    (outcome,) = prepare(read_cases(table)[:1], TINY.preprocessing, tmp_path)
    sample = as_batch(whole_sample(RealScan.of("a", load_prepared(outcome.path), 4.0), 10.0), 1)
    batch = {name: part[None] for name, part in sample.items()}
    with torch.no_grad():
        seen = module(batch["image"])
    for off in (0.0, 2.0):
        moved = batch | {"distance": batch["distance"] + off}
        near = moved["distance"].abs() < 5
        assert float((seen - module._aligned(moved))[near].median()) == pytest.approx(0, abs=0.05)


def test_a_model_that_does_not_fit_is_refused(model):
    with pytest.raises(UsageError, match="another network"):
        starting_weights(load_model(model), replace(TINY, start=str(model), channels=[4, 8]))
    with pytest.raises(UsageError, match="sees scans otherwise"):
        starting_model(replace(TINY, start=str(model), voxel=2.0))
    heads = starting_model(replace(TINY, data="synthesis", start=str(model), voxel=2.0))
    assert heads
    assert heads.path == model


def test_a_wider_network_starts_with_the_answers_of_the_model(model):
    recipe = replace(TINY, start=str(model))
    narrow, wide = make_network(recipe), make_network(wider := replace(recipe, channels=[6, 11, 12]))
    narrow.load_state_dict(starting_weights(load_model(model), recipe))
    wide.load_state_dict(starting_weights(load_model(model), wider))
    image = torch.rand(1, 1, 16, 24, 16)
    assert torch.allclose(narrow(image), wide(image), atol=1e-4)
    wide(image).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in wide.parameters())
    with pytest.raises(UsageError, match="another network"):
        starting_weights(load_model(model), replace(recipe, channels=[3, 8, 8]))


def test_fine_tuning_starts_from_the_network_that_ships():
    recipe = load_recipe("finetune")
    weights = starting_weights(starting_model(recipe), recipe)
    make_network(recipe).load_state_dict(weights)
    assert recipe.channels == load_model("default").card["recipe"]["channels"]


def test_a_network_that_sees_finer_voxels_starts_by_averaging_them(model):
    recipe = replace(TINY, start=str(model))
    plain, finer = make_network(recipe), make_network(twice := replace(recipe, voxel=TINY.voxel / 2, stride=2))
    plain.load_state_dict(starting_weights(load_model(model), recipe))
    finer.load_state_dict(starting_weights(load_model(model), twice))
    image = torch.rand(1, 1, 32, 48, 32)
    assert torch.allclose(plain(torch.nn.functional.avg_pool3d(image, 2)), finer(image), atol=1e-4)


def test_a_network_that_sees_coarser_voxels_takes_each_for_so_many_alike(model, tmp_path):
    finer = make_network(twice := replace(TINY, voxel=TINY.voxel / 2, stride=2)).eval()
    finer.load_state_dict(starting_weights(load_model(model), twice))
    torch.nn.init.normal_(finer.encoders[0][0][0].weight)
    _round_weights(finer)
    (tmp_path / "finer.onnx").write_bytes(to_onnx(finer))
    digest = hashlib.sha256((tmp_path / "finer.onnx").read_bytes()).hexdigest()
    card = load_model(model).card | {"sha256": digest, "preprocess": twice.preprocessing.as_dict()}
    (tmp_path / "finer.json").write_text(json.dumps(card))
    plain = make_network(TINY).eval()
    plain.load_state_dict(starting_weights(load_model(tmp_path / "finer.onnx"), TINY))
    image = torch.rand(1, 1, 16, 24, 16)
    spread = torch.nn.functional.interpolate(image, scale_factor=2)
    assert torch.allclose(plain(image), finer(spread), atol=1e-3)


def _round_weights(network):
    """To 16 bits, as exported networks keep them."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(weight.half())


def test_an_exported_network_answers_as_it_did_on_grids_of_any_size():
    network = make_network(TINY).eval()
    _round_weights(network)
    session = onnxruntime.InferenceSession(to_onnx(network), providers=["CPUExecutionProvider"])
    for size in ((8, 12, 20), (16, 8, 12)):
        image = torch.rand(1, 1, *size)
        found = session.run(None, {"image": image.numpy()})[0]
        torch.testing.assert_close(torch.from_numpy(found), network(image).detach(), atol=1e-4, rtol=1e-4)


def test_a_network_that_sees_finer_voxels_is_trained_and_used(table, tmp_path):
    recipe = replace(TINY, voxel=TINY.voxel / 2, stride=2, augment="full")
    train(request_for(table, tmp_path / "run", recipe))
    card = export(tmp_path / "run", tmp_path / "m.onnx")
    assert (card["voxel_mm"], card["preprocess"]["stride"]) == (recipe.voxel, 2)
    stripper = Stripper(tmp_path / "m.onnx")
    scan = as_volume(read_cases(table)[0].raw)
    seen = stripper.model.preprocessing.apply(scan)
    assert [2 * n for n in stripper._engine(seen.data).shape[1:]] == list(seen.data.shape)


def test_training_without_validation_keeps_the_last_epoch(tmp_path):
    table = write_heads(tmp_path, 2, held_out=0)
    train(request_for(table, tmp_path / "run"))
    card = export(tmp_path / "run", tmp_path / "m.onnx")
    assert card["steps"] == 4
    assert "val_loss" not in (tmp_path / "run" / "metrics.csv").read_text()


def test_early_stopping_stops(table, tmp_path):
    train(request_for(table, tmp_path / "run", replace(TINY, epochs=12, patience=1, rate=1e-9)))
    assert len((tmp_path / "run" / "metrics.csv").read_text().splitlines()) < 12


def test_a_loss_that_is_no_number_is_said(table, tmp_path):
    with pytest.raises(InputError, match="lower the rate"):
        train(request_for(table, tmp_path / "run", replace(TINY, rate=1e30, epochs=5, warmup=0, clip=0.0)))


def test_masks_that_count_nowhere_are_said(tmp_path):
    table = write_heads(tmp_path, 2)
    outcomes = prepare(read_cases(table), TINY.preprocessing, tmp_path / "run" / "cache")
    for outcome in outcomes:
        kept = load_prepared(outcome.path)
        np.savez(outcome.path, image=kept.image, distance=kept.distance, valid=0 * kept.valid)
    with pytest.raises(InputError, match="no voxel counts"):
        train(request_for(table, tmp_path / "run"))


def test_memory_that_runs_out_is_said():
    from deskull.train.run import _translated

    with pytest.raises(InputError, match="--batch 2"), _translated(replace(TINY, batch=4)):
        torch.empty(2**60)


def test_a_worker_that_fails_says_one_sentence(table, tmp_path):
    request = request_for(table, tmp_path / "run", replace(TINY, workers=1))
    for outcome in prepare(read_cases(table), TINY.preprocessing, request.cache_folder):
        outcome.path.write_bytes(b"damaged")
    with pytest.raises(InputError) as caught:
        train(request)
    assert "\n" not in str(caught.value)
    assert "delete it and prepare again" in str(caught.value)


def test_samples_are_drawn_without_training(table, tmp_path):
    draw_samples(request_for(table, tmp_path / "run"), tmp_path / "sheet.png", print, lambda d, _: d, overwrite=False)
    assert (tmp_path / "sheet.png").read_bytes()[:4] == b"\x89PNG"
    assert not (tmp_path / "run" / "last.ckpt").exists()


def test_export_says_what_is_wrong(tmp_path, trained):
    with pytest.raises(UsageError, match="holds no run"):
        export(tmp_path, tmp_path / "m.onnx")
    with pytest.raises(UsageError, match=r"must end in \.onnx"):
        export(trained, tmp_path / "m.pt")
    with pytest.raises(InputError, match="no figures"):
        export(trained, tmp_path / "m.onnx", figures=[tmp_path / "none.json"])
    assert not (tmp_path / "m.onnx").exists()
