"""Speed: the figures of a finished run."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.train.callbacks.speed import TrainingSpeed, peak_memory


def test_figures_of_a_run_are_plausible(trained):
    speed = json.loads((trained / "speed.json").read_text())
    assert speed["samples_per_step"] == 1
    assert speed["steps"] > 0
    assert 0 <= speed["waiting_fraction"] <= 1
    assert speed["samples_per_second"] == pytest.approx(1 / speed["seconds_per_step"], rel=0.5)


def test_seconds_per_step_leave_out_the_warm_up(tmp_path):
    speed = TrainingSpeed(tmp_path)
    speed._steps, speed._waits = [9.0, 9.0, 1.0, 2.0, 3.0], [0.0, 0.0, 1.0, 1.0, 1.0]
    assert speed.seconds_per_step == 3.0


def test_peak_memory_is_that_of_a_python_process():
    assert 10e6 < peak_memory() < 1e12
