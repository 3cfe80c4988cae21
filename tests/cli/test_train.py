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
epochs: 14
learning_rate: 0.01
warmup_steps: 3
voxel_size: 4.0
augmentation: pose
precision: 32-true
workers: 0
"""


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *args: runner.invoke(app, [str(arg) for arg in args])


@pytest.fixture
def heads(tmp_path):
    write_heads(tmp_path / "heads", 5)
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    return tmp_path


def test_commands_from_scans_to_scores_run_and_run_again(run, heads, monkeypatch):
    monkeypatch.chdir(heads)
    commands = [
        "data index heads -o heads/dataset.csv",
        "data prepare heads/dataset.csv -o cache --recipe tiny.yaml --jobs 1",
        "train tiny.yaml --data heads/dataset.csv --cache cache -o run --resume",
        "export run -o tiny.onnx --overwrite",
        "strip heads/dataset.csv --split validation --model tiny.onnx -o stripped --resume",
        "evaluate stripped heads/dataset.csv --split validation --html report.html --json scores.json --overwrite",
    ]
    for _ in range(2):  # the second time everything is there
        for command in commands:
            done = run(*command.split())
            assert done.exit_code == 0, (command, done.output, done.exception)
    scores = json.loads((heads / "scores.json").read_text())
    assert scores["summary"]["dice"]["median"] > 0.85
    assert list(scores["cases"]) == ["sub-04_T1w"]
    assert "sub-04_T1w" in (heads / "report.html").read_text()
    assert len(list((heads / "cache").iterdir())) == 5


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


def test_killed_and_resumed_training_ends_with_the_same_files(run, heads):
    command = [sys.executable, "-m", "deskull", "train", "tiny.yaml", "--data", "heads/dataset.csv", "--resume"]
    command += ["-o", "run", "--cache", "cache", "--epochs", "6"]
    shared = {"cwd": heads, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, check=True, **shared)
    whole = content_of(heads / "run")
    (heads / "run").rename(heads / "whole")
    broken = subprocess.Popen(command, start_new_session=True, **shared)
    while not (heads / "run" / "last.ckpt").exists():
        assert broken.poll() is None
        time.sleep(0.01)
    os.killpg(broken.pid, signal.SIGKILL)
    broken.wait()
    assert len((heads / "run" / "metrics.csv").read_text().splitlines()) < 7
    subprocess.run(command, check=True, **shared)
    assert same(content_of(heads / "run"), whole)
    assert not [path for path in (heads / "run").rglob("*") if ".partial." in path.name]


def test_mistake_gets_one_sentence_and_its_exit_status(run, heads, monkeypatch):
    monkeypatch.chdir(heads)
    for command, said, status in (
        ("train none --data heads/dataset.csv -o run", "there is no such recipe", 2),
        ("train tiny.yaml --data none.csv -o run", "none.csv", 1),
        ("train tiny.yaml --data heads/dataset.csv -o run --learning-rate 0", "learning_rate must be more than 0", 2),
        ("export heads -o m.onnx", "holds no run", 2),
        ("data prepare heads/dataset.csv -o cache --recipe tiny.yaml --intensity loud", "loud", 2),
        ("data synthesise-nfbs out --labelmaps heads", "no label maps", 1),
        ("strip heads/dataset.csv --split nowhere -o out", "nowhere", 2),
    ):
        done = run(*command.split())
        assert done.exit_code == status, (command, done.output)
        assert said in done.stderr
        assert len([line for line in done.stderr.splitlines() if line.startswith("error:")]) == 1


def test_two_processes_train_one_network(heads):
    (heads / "tiny.yaml").write_text(RECIPE.replace("pose", "full") + "grid_sizes: [[32], [32], [32]]\n")
    command = [sys.executable, "-m", "deskull", "train", "tiny.yaml", "--data", "heads/dataset.csv", "-o", "run"]
    command += ["--epochs", "2", "--batch-size", "2", "--devices", "2", "--accelerator", "cpu"]
    done = subprocess.run(command, cwd=heads, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained; next") == 1
    rows = (heads / "run" / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["1", "2"]  # four scans, two at a time on each of two
    assert json.loads((heads / "run" / "speed.json").read_text())["samples_per_step"] == 4
