"""Runs: training leaves what it promises; failures that a user can remove are explained in one sentence."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError, UsageError
from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.models import load_model
from deskull.train.export import export, load_network
from deskull.train.network.pretrained import adapted_weights, model_weights
from deskull.train.run import _explained, draw_samples, train
from tests.train.conftest import LEARNS, request_for
from tests.train.phantoms import TINY, TINY_SYNTHESIS, write_heads


def rows_of(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def synthetic(label_maps, tmp_path_factory):
    """Folder of a finished run on synthetic images."""
    out = tmp_path_factory.mktemp("synthetic") / "run"
    train(request_for(label_maps, out, TINY_SYNTHESIS), lambda _: None)
    return out


def test_run_leaves_recipe_facts_checkpoints_measures_and_pictures(trained):
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "recipe.yaml", "run.json", "best.ckpt", "last.ckpt", "metrics.csv", "curves.png", "speed.json", "pictures",
        "tensorboard", "cache",
    }  # fmt: skip


def test_run_records_the_scans_of_both_splits(trained):
    facts = json.loads((trained / "run.json").read_text())
    assert len(facts["training"]) == 4
    assert list(facts["validation"]) == ["sub-04_T1w"]


def test_loss_falls_in_training(trained):
    rows = rows_of(trained)
    assert float(rows[-1]["loss"]) < 0.75 * float(rows[0]["loss"])


def test_run_on_synthetic_images_measures_both_surfaces(synthetic):
    assert {"val_dice", "val_iou", "val_accuracy", "val_dice_intracranial"} <= rows_of(synthetic)[0].keys()


def test_run_on_synthetic_images_ends_after_its_steps(synthetic):
    assert [row["step"] for row in rows_of(synthetic)] == ["2", "4"]


def test_run_on_synthetic_images_records_the_label_maps(synthetic):
    facts = json.loads((synthetic / "run.json").read_text())
    assert facts == {"training": ["synthseg_00"], "validation": ["synthseg_01"], "real_scans": []}


def test_resumed_run_with_more_steps_continues(label_maps, tmp_path):
    train(request_for(label_maps, tmp_path, replace(TINY_SYNTHESIS, steps=2)), lambda _: None)
    train(request_for(label_maps, tmp_path, TINY_SYNTHESIS, resume=True), lambda _: None)
    assert [row["step"] for row in rows_of(tmp_path)] == ["2", "4"]


def test_finished_run_that_is_resumed_does_not_change(trained, table):
    before = (trained / "last.ckpt").read_bytes()
    train(request_for(table, trained, LEARNS, resume=True))
    assert (trained / "last.ckpt").read_bytes() == before


def test_overwrite_starts_again_and_keeps_files_of_others(table, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    train(request_for(table, out, replace(TINY, epochs=1)))
    train(request_for(table, out, replace(TINY, epochs=2, learning_rate=0.02), overwrite=True))
    assert (out / "notes.txt").read_text() == "mine"
    assert len(rows_of(out)) == 2


def test_folder_with_a_run_is_refused_before_anything_is_prepared(trained, tmp_path):
    with pytest.raises(UsageError, match="holds a run already"):
        train(request_for(tmp_path / "none.csv", trained, LEARNS))


def test_run_without_validation_scans_keeps_the_last_epoch(tmp_path):
    train(request_for(write_heads(tmp_path, 2, held_out=0), tmp_path / "run", replace(TINY, epochs=1)))
    assert not (tmp_path / "run" / "best.ckpt").exists()
    assert "val_loss" not in rows_of(tmp_path / "run")[0]


def test_run_stops_early_when_the_validation_loss_does_not_fall(table, tmp_path):
    train(request_for(table, tmp_path / "run", replace(TINY, epochs=12, patience=1, learning_rate=1e-9)))
    assert len(rows_of(tmp_path / "run")) < 12


def test_l2_sp_keeps_the_weights_close_to_the_initial_model(model, table, tmp_path):
    recipe = replace(TINY, initial_model=str(model), l2_sp_weight=10.0, learning_rate=1e-4, epochs=1)
    train(request_for(table, tmp_path / "run", recipe))
    initial = adapted_weights(model_weights(load_model(model)), recipe, "model")
    network, _ = load_network(tmp_path / "run" / "last.ckpt", recipe)
    change = max(float((network.state_dict()[name] - weight).abs().max()) for name, weight in initial.items())
    assert 0 < change < 0.01


def test_aligned_run_records_the_border_that_fits_the_references(model, table, tmp_path):
    recipe = replace(TINY, initial_model=str(model), align_to_initial_model=True, epochs=1)
    lines = []
    train(request_for(table, tmp_path / "run", recipe), lines.append)
    assert "border of" in lines[0]
    assert "reference_border_mm" in json.loads((tmp_path / "run" / "run.json").read_text())


def test_loss_that_is_not_finite_is_explained(table, tmp_path):
    recipe = replace(TINY, learning_rate=1e11, epochs=5, warmup_steps=0, gradient_clip=0.0)
    with pytest.raises(InputError, match="lower learning_rate"):
        train(request_for(table, tmp_path / "run", recipe))


def test_masks_that_count_nowhere_are_explained(tmp_path):
    table = write_heads(tmp_path, 2)
    for outcome in prepare(read_cases(table), TINY.preprocessing, tmp_path / "run" / "cache"):
        kept = load_prepared(outcome.path)
        np.savez(outcome.path, image=kept.image, distance=kept.distance, valid=0 * kept.valid)
    with pytest.raises(InputError, match="no voxel of a batch counts"):
        train(request_for(table, tmp_path / "run"))


def test_too_little_memory_is_explained_with_a_smaller_batch():
    with pytest.raises(InputError, match="use batch_size 2"), _explained(replace(TINY, batch_size=4)):
        torch.empty(2**60)


def test_error_of_another_kind_passes_unchanged():
    with pytest.raises(RuntimeError, match="a bug"), _explained(TINY):
        raise RuntimeError("a bug")


def test_error_in_a_worker_process_becomes_one_sentence(table, tmp_path):
    request = request_for(table, tmp_path / "run", replace(TINY, workers=1))
    for outcome in prepare(read_cases(table), TINY.preprocessing, request.source.cache):
        outcome.path.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"prepare the case again\.$") as caught:
        train(request)
    assert "\n" not in str(caught.value)


def test_malicious_checkpoint_in_the_folder_is_refused_and_runs_nothing(table, tmp_path):
    from tests.train.test_checkpoints import Malicious

    train(request_for(table, tmp_path / "run", replace(TINY, epochs=1)))
    torch.save({"state_dict": Malicious(tmp_path / "ran")}, tmp_path / "run" / "last.ckpt")
    with pytest.raises(InputError, match="was not loaded"):
        train(request_for(table, tmp_path / "run", resume=True))
    with pytest.raises(InputError, match="was not loaded"):
        export(tmp_path / "run", tmp_path / "m.onnx", "last")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["pairs", "synthesis"])
def test_samples_are_drawn_without_training(table, label_maps, tmp_path, kind):
    data, recipe = (table, TINY) if kind == "pairs" else (label_maps, TINY_SYNTHESIS)
    draw_samples(request_for(data, tmp_path / "run", recipe), tmp_path / "sheet.png", count=2)
    assert (tmp_path / "sheet.png").read_bytes()[:4] == b"\x89PNG"
    assert not (tmp_path / "run" / "last.ckpt").exists()
