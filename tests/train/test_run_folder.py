"""The folder of a run: it is not confused with another run's, and only what a run wrote is removed."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("yaml", reason="needs PyYAML (deskull[train])")

from deskull import UsageError
from deskull.train.run_folder import (
    chosen_checkpoint,
    clear_folder,
    final_folder,
    first_process,
    load_saved_recipe,
    open_folder,
)
from tests.train.phantoms import TINY

FACTS = {"training": {"a": "1"}, "validation": {}}


@pytest.fixture
def run(tmp_path):
    open_folder(tmp_path / "run", TINY, FACTS, resume=False, overwrite=False)
    return tmp_path / "run"


def test_saved_recipe_is_the_one_that_was_given(run):
    assert load_saved_recipe(run) == TINY


def test_same_run_is_resumed(run):
    open_folder(run, TINY, FACTS, resume=True, overwrite=False)


def test_run_is_not_used_again_unasked(run):
    with pytest.raises(UsageError, match=r"holds a run already; continue it \(--resume\)"):
        open_folder(run, TINY, FACTS, resume=False, overwrite=False)


def test_run_with_other_settings_is_not_resumed(run):
    with pytest.raises(UsageError, match=r"learning_rate 0\.01 -> 0\.5"):
        open_folder(run, replace(TINY, learning_rate=0.5), FACTS, resume=True, overwrite=False)


@pytest.mark.parametrize("changed", [{"epochs": 9}, {"workers": 3}, {"precision": "bf16-mixed"}, {"patience": 2}])
def test_settings_that_do_not_change_the_samples_may_differ(run, changed):
    open_folder(run, replace(TINY, **changed), FACTS, resume=True, overwrite=False)
    assert load_saved_recipe(run) == replace(TINY, **changed)


def test_run_on_other_data_is_not_resumed(run):
    with pytest.raises(UsageError, match="started with other data"):
        open_folder(run, TINY, FACTS | {"training": {"b": "2"}}, resume=True, overwrite=False)


def test_run_with_damaged_facts_is_not_resumed(run):
    (run / "run.json").write_text("{")
    with pytest.raises(UsageError, match="started with other data"):
        open_folder(run, TINY, FACTS, resume=True, overwrite=False)


@pytest.mark.parametrize("content", ["", "- 1", "rate: 3", "a: ["])
def test_folder_with_a_damaged_recipe_holds_no_run(run, content):
    (run / "recipe.yaml").write_text(content)
    with pytest.raises(UsageError, match="holds no run"):
        load_saved_recipe(run)


def test_folder_without_a_recipe_holds_no_run(tmp_path):
    with pytest.raises(UsageError, match="holds no run of 'deskull train'"):
        load_saved_recipe(tmp_path)


def test_clearing_keeps_the_cache_and_files_of_others(run):
    for name in ("cache/a.npz", "notes.txt", "pictures/step-1.png", "best.ckpt"):
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_bytes(b"")
    clear_folder(run)
    assert sorted(path.name for path in run.rglob("*") if path.is_file()) == ["a.npz", "notes.txt"]


def test_best_checkpoint_is_chosen_where_it_exists(run):
    assert chosen_checkpoint(run).name == "last.ckpt"
    (run / "best.ckpt").write_bytes(b"")
    assert chosen_checkpoint(run).name == "best.ckpt"
    assert chosen_checkpoint(run, "last").name == "last.ckpt"


def test_final_network_lies_in_the_folder_of_the_last_stage(tmp_path):
    assert final_folder(tmp_path, TINY) == tmp_path
    assert final_folder(tmp_path, replace(TINY, stages=[{}, {}])) == tmp_path / "stages" / "2"


@pytest.mark.parametrize(("variable", "expected"), [("0", True), ("1", False)])
def test_only_the_first_process_of_a_distributed_run_writes(monkeypatch, variable, expected):
    monkeypatch.setenv("LOCAL_RANK", variable)
    assert first_process() is expected


def test_other_processes_leave_the_folder_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCAL_RANK", "1")
    open_folder(tmp_path / "run", TINY, FACTS, resume=False, overwrite=False)
    assert not (tmp_path / "run").exists()
