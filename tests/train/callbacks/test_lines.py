"""Lines: training says how far it is where there is no terminal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.train.callbacks import lines
from deskull.train.callbacks.lines import TrainingLines


@pytest.fixture
def trainer():
    """What the callback asks of a trainer: 20 of 80 steps are done."""
    metrics = {"loss": 1.25, "val_dice": 0.971, "minutes_left": 3.0}
    return SimpleNamespace(is_global_zero=True, global_step=20, estimated_stepping_batches=80, callback_metrics=metrics)


def test_measures_of_an_epoch_are_printed_as_far_as_there_are_any(trainer):
    printed = []
    TrainingLines(printed.append).on_train_epoch_end(trainer, None)
    assert printed == ["training: step 20 of 80, loss 1.25, val dice 0.971"]


def test_step_prints_a_line_if_the_last_one_is_ten_seconds_old(trainer, monkeypatch):
    printed, now = [], iter([0.0, 9.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr(lines.time, "monotonic", lambda: next(now))
    callback = TrainingLines(printed.append)
    for step in range(3):
        callback.on_train_batch_end(trainer, None, None, None, step)
    assert printed == ["training: step 20 of 80, minutes left 3"]


def test_processes_but_the_first_print_nothing(trainer):
    printed = []
    trainer.is_global_zero = False
    TrainingLines(printed.append).on_train_epoch_end(trainer, None)
    assert printed == []
