"""Learning curves: rows as CSV, and a picture with or without validation."""

from __future__ import annotations

import pytest

pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.train.callbacks.curves import LearningCurves, draw_curves, to_csv

ROWS = [{"epoch": 0, "step": 2, "loss": 0.5, "val_loss": 0.25}, {"epoch": 1, "step": 4, "loss": 1 / 3, "val_loss": 0.2}]


def test_rows_become_lines_of_csv():
    assert to_csv(ROWS) == "epoch,step,loss,val_loss\n0,2,0.5,0.25\n1,4,0.333333,0.2\n"


def test_curves_of_training_and_validation_are_drawn():
    assert len(draw_curves(ROWS).axes[0].lines) == 2


def test_curves_without_validation_are_drawn():
    figure = draw_curves([{"epoch": 0, "step": 2, "loss": 0.5}])
    assert [len(axes.lines) for axes in figure.axes] == [1, 0]


def test_rows_travel_with_checkpoints(tmp_path):
    first, second = LearningCurves(tmp_path), LearningCurves(tmp_path)
    first.rows = ROWS
    second.load_state_dict(first.state_dict())
    assert second.rows == ROWS
