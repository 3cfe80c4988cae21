"""A curriculum: stages are trained one after the other, and an interrupted one ends with the same network."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError, UsageError
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.train import run as run_module
from deskull.train.checkpoints import load_checkpoint
from deskull.train.export import export
from deskull.train.run import train
from deskull.train.run_folder import clear_folder, stage_folder
from tests.train.conftest import request_for
from tests.train.phantoms import TINY_SYNTHESIS

#: As the curriculum of the default model: the second stage has more features and finer voxels.
CURRICULUM = replace(
    TINY_SYNTHESIS,
    stages=[
        {"description": "narrow", "channels": [4, 8]},
        {"description": "wider, finer", "channels": [6, 8], "voxel_size": 4.0, "stride": 2},
    ],
)


class InterruptedRunError(Exception):
    """Stands for a kill."""


def weights_of(folder):
    return load_checkpoint(folder / "last.ckpt")["state_dict"]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(label_maps, tmp_path_factory):
    """Folder of an uninterrupted run."""
    out = tmp_path_factory.mktemp("curriculum") / "whole"
    train(request_for(label_maps, out, CURRICULUM), lambda _: None)
    return out


def test_each_stage_has_a_folder_like_that_of_a_run(whole):
    for number in (1, 2):
        names = {path.name for path in stage_folder(whole, number).iterdir()}
        assert {"recipe.yaml", "run.json", "best.ckpt", "last.ckpt", "metrics.csv", "curves.png"} <= names


def test_stages_are_announced(label_maps, tmp_path):
    lines = []
    train(request_for(label_maps, tmp_path, CURRICULUM), lines.append)
    announced = [line for line in lines if line.startswith("stage")]
    assert announced == ["stage 1 of 2: narrow", "stage 2 of 2: wider, finer"]


def test_second_stage_starts_from_the_weights_of_the_first(whole, label_maps, tmp_path, monkeypatch):
    def remember(request, module, data, out, log):
        started.append({name: value.clone() for name, value in module.network.state_dict().items()})
        return fit(request, module, data, out, log)

    started, fit = [], run_module._fit
    monkeypatch.setattr(run_module, "_fit", remember)
    train(request_for(label_maps, tmp_path, CURRICULUM), lambda _: None)
    before = load_checkpoint(stage_folder(tmp_path, 1) / "best.ckpt")["state_dict"]
    name = "encoders.1.0.0.weight"
    assert torch.equal(started[1][name][:, :4], before[f"network.{name}"])


def test_run_interrupted_between_stages_ends_with_the_same_network(whole, label_maps, tmp_path, monkeypatch):
    def interrupted(request, module, data, out, log):
        if out == stage_folder(tmp_path, 2):
            raise InterruptedRunError
        return fit(request, module, data, out, log)

    fit = run_module._fit
    monkeypatch.setattr(run_module, "_fit", interrupted)
    with pytest.raises(InterruptedRunError):
        train(request_for(label_maps, tmp_path, CURRICULUM), lambda _: None)
    monkeypatch.undo()
    train(request_for(label_maps, tmp_path, CURRICULUM, resume=True), lambda _: None)
    assert same(weights_of(stage_folder(tmp_path, 2)), weights_of(stage_folder(whole, 2)))


@pytest.mark.parametrize("stage", [1, 2])
def test_run_interrupted_within_a_stage_ends_with_the_same_network(whole, label_maps, tmp_path, monkeypatch, stage):
    from deskull.train.module import SurfaceModule

    def interrupted(self, batch, index):
        if self.recipe.name.endswith(f"stage {stage}") and self.global_step == 3:
            raise InterruptedRunError
        return step(self, batch, index)

    step = SurfaceModule.training_step
    monkeypatch.setattr(SurfaceModule, "training_step", interrupted)
    with pytest.raises(InterruptedRunError):
        train(request_for(label_maps, tmp_path, CURRICULUM), lambda _: None)
    monkeypatch.undo()
    train(request_for(label_maps, tmp_path, CURRICULUM, resume=True), lambda _: None)
    for number in (1, 2):
        assert same(weights_of(stage_folder(tmp_path, number)), weights_of(stage_folder(whole, number)))
        names = (stage_folder(folder, number) / "metrics.csv" for folder in (tmp_path, whole))
        assert len({path.read_text() for path in names}) == 1


def test_finished_curriculum_that_is_resumed_does_not_change(whole, label_maps):
    before = {path: path.read_bytes() for path in whole.rglob("*.ckpt")}
    lines = []
    train(request_for(label_maps, whole, CURRICULUM, resume=True), lines.append)
    assert {path: path.read_bytes() for path in whole.rglob("*.ckpt")} == before
    assert [line for line in lines if line.startswith("stage")] == [
        "stage 2 of 2: wider, finer"
    ]  # the first one is not looked at again


def test_exported_model_is_that_of_the_last_stage(whole, tmp_path):
    card = export(whole, tmp_path / "m.onnx")
    assert (card["voxel_size_mm"], card["preprocess"]["stride"], card["size_multiple"]) == (4.0, 2, 4)
    assert len(card["recipe"]["stages"]) == 2
    model = load_model(tmp_path / "m.onnx")
    assert make_engine(model, 1)(torch.rand(16, 24, 16).numpy()).shape == (2, 8, 12, 8)


@pytest.mark.parametrize(
    ("stages", "fault"),
    [
        ([{}, {"channels": [6, 8], "learning_rate": 0.5}], "stage 2: voxel_size 4.0 -> 8.0"),
        ([{}], "stages 2 -> 1"),
    ],
)
def test_resumed_curriculum_with_other_stages_is_refused(whole, label_maps, stages, fault):
    with pytest.raises(UsageError, match=fault):
        train(request_for(label_maps, whole, replace(CURRICULUM, stages=stages), resume=True), lambda _: None)


def test_folder_with_a_curriculum_is_not_used_again_unasked(whole, label_maps):
    with pytest.raises(UsageError, match="holds a run already"):
        train(request_for(label_maps, whole, CURRICULUM))


def test_stage_that_needs_a_network_of_fewer_levels_is_refused(label_maps, tmp_path):
    recipe = replace(CURRICULUM, steps=2, stages=[{"channels": [4, 8, 8]}, {"channels": [4, 8]}])
    with pytest.raises(UsageError, match="stage 2: the stage before has another network"):
        train(request_for(label_maps, tmp_path, recipe), lambda _: None)


def test_first_stage_without_checkpoint_is_named(whole, label_maps, tmp_path):
    (stage_folder(tmp_path, 2)).mkdir(parents=True)
    for name in ("recipe.yaml", "run.json"):
        for folder, source in ((tmp_path, whole), (stage_folder(tmp_path, 2), stage_folder(whole, 2))):
            (folder / name).write_bytes((source / name).read_bytes())
    with pytest.raises(InputError, match=r"1/last\.ckpt: there is no such checkpoint"):
        train(request_for(label_maps, tmp_path, CURRICULUM, resume=True), lambda _: None)


def test_clearing_removes_the_stages_and_nothing_else(tmp_path):
    for number in (1, 2):
        stage_folder(tmp_path, number).mkdir(parents=True)
        (stage_folder(tmp_path, number) / "last.ckpt").write_bytes(b"")
    (stage_folder(tmp_path, 1) / "notes.txt").write_text("mine")
    (tmp_path / "run.json").write_text(json.dumps({}))
    clear_folder(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "stages/1/notes.txt"
    ]
