"""The supervised pipeline as a user runs it: index, prepare, train, export, strip, evaluate; also killed half way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.cli import app
from tests.train.phantoms import write_heads

RECIPE = """
channels: [4, 8, 8]
epochs: 10
learning_rate: 0.02
warmup_steps: 3
voxel_size: 4.0
augmentation: none
precision: 32-true
workers: 0
"""
COMMANDS = (
    "data index heads -o heads/dataset.csv --jobs 1",
    "data prepare heads/dataset.csv -o cache --recipe tiny.yaml --jobs 1",
    "train tiny.yaml --data heads/dataset.csv --cache cache -o run --resume",
    "export run -o tiny.onnx --overwrite",
    "strip heads/dataset.csv --split validation --model tiny.onnx -o stripped --resume",
    "evaluate stripped heads/dataset.csv --split validation --html report.html --json scores.json --overwrite",
)


@pytest.fixture(autouse=True, scope="module")
def _one_process():
    """Prepare scans in this process: starting others takes longer than the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deskull.train.data.factory.default_threads", lambda: 1)
        yield


def invoke(folder, command):
    """Run a command in this process, in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(app, command.split())


def write_data(folder):
    """Write five heads and the recipe into a folder."""
    write_heads(folder / "heads", 5)
    (folder / "tiny.yaml").write_text(RECIPE)
    return folder


@pytest.fixture
def heads(tmp_path):
    return write_data(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folder in which every command of the pipeline has run."""
    folder = write_data(tmp_path_factory.mktemp("pipeline"))
    for command in COMMANDS:
        done = invoke(folder, command)
        assert done.exit_code == 0, (command, done.output, done.exception)
    return folder


def test_pipeline_trains_a_model_that_finds_the_brain_of_a_head_that_was_held_out(finished):
    scores = json.loads((finished / "scores.json").read_text())
    assert list(scores["cases"]) == ["sub-04_T1w"]
    assert scores["summary"]["dice"]["median"] > 0.85


def test_report_of_the_pipeline_names_the_case(finished):
    assert "sub-04_T1w" in (finished / "report.html").read_text()


def test_training_uses_the_scans_that_were_prepared(finished):
    assert len(list((finished / "cache").iterdir())) == 5
    assert not (finished / "run" / "cache").exists()


def test_commands_that_are_run_again_keep_what_exists(finished):
    kept = [*finished.glob("cache/*"), *finished.glob("run/*.ckpt"), *finished.glob("stripped/**/*.nii.gz")]
    before = {path: path.stat().st_mtime_ns for path in kept}
    for command in (COMMANDS[1], COMMANDS[2], COMMANDS[4]):
        done = invoke(finished, command)
        assert done.exit_code == 0, (command, done.output, done.exception)
    assert {path: path.stat().st_mtime_ns for path in kept} == before


def content_of(folder):
    """Every file that must not depend on what happened on the way: bytes, and what checkpoints hold."""
    names = ("metrics.csv", "recipe.yaml", "run.json", "curves.png")
    found = {name: (folder / name).read_bytes() for name in names}
    return found | {name: torch.load(folder / name, weights_only=True) for name in ("best.ckpt", "last.ckpt")}


def same(one, other):
    """Whether two nested structures hold the same."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def test_killed_and_resumed_training_ends_with_the_same_files(heads):
    options = "train tiny.yaml --data heads/dataset.csv --cache cache --epochs 4 --resume -o run"
    assert invoke(heads, options).exit_code == 0
    whole = content_of(heads / "run")
    (heads / "run").rename(heads / "whole")
    command = [sys.executable, "-m", "deskull", *options.split()]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    killed = subprocess.Popen(command, cwd=heads, start_new_session=True, **silent)
    while not (heads / "run" / "last.ckpt").exists():
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert len((heads / "run" / "metrics.csv").read_text().splitlines()) < 5
    assert invoke(heads, options).exit_code == 0
    assert same(content_of(heads / "run"), whole)
    assert not [path for path in (heads / "run").rglob("*") if ".partial." in path.name]


@pytest.mark.parametrize(
    ("command", "fault", "status"),
    [
        ("train none --data heads/dataset.csv -o run", "there is no such recipe", 2),
        ("train tiny.yaml --data none.csv -o run", "none.csv", 1),
        ("train tiny.yaml --data heads/dataset.csv -o run --learning-rate 0", "learning_rate must be more than 0", 2),
        ("train tiny.yaml --data heads/dataset.csv -o run --precision 3-bit", "precision is '3-bit'", 2),
        ("export heads -o m.onnx", "holds no run", 2),
        ("data prepare heads/dataset.csv -o cache --recipe tiny.yaml --intensity loud", "loud", 2),
        ("data synthesise-nfbs out --labelmaps heads", "no label maps", 1),
        ("strip heads/dataset.csv --split nowhere -o out", "nowhere", 2),
    ],
)
def test_mistake_gets_one_sentence_and_its_exit_status(heads, command, fault, status):
    done = invoke(heads, command)
    assert done.exit_code == status, done.output
    assert fault in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error:")]) == 1


def test_sheet_is_drawn_without_training(heads):
    done = invoke(heads, "train tiny.yaml --data heads/dataset.csv -o run --sheet sheet.png")
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == "sheet.png"
    assert (heads / "sheet.png").read_bytes()[:4] == b"\x89PNG"
    assert not (heads / "run" / "last.ckpt").exists()


def test_two_processes_train_one_network(heads):
    recipe = RECIPE.replace("augmentation: none", "augmentation: full")
    (heads / "tiny.yaml").write_text(recipe + "grid_sizes: [[32], [32], [32]]\n")
    command = [sys.executable, "-m", "deskull", "train", "tiny.yaml", "--data", "heads/dataset.csv", "-o", "run"]
    command += ["--epochs", "2", "--batch-size", "2", "--devices", "2", "--accelerator", "cpu"]
    done = subprocess.run(command, cwd=heads, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained; next") == 1
    rows = (heads / "run" / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["1", "2"]  # four scans, two at a time on each of two
    assert json.loads((heads / "run" / "speed.json").read_text())["samples_per_step"] == 4
