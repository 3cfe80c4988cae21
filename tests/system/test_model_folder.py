"""Folder of models: the user's own, or the one that is named."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from deskull.system.model_folder import fetched_names, model_folder


def test_folder_is_the_one_that_the_variable_names(monkeypatch):
    monkeypatch.setenv("DESKULL_MODELS", "/data/models")
    assert model_folder() == Path("/data/models")


@pytest.mark.parametrize("value", ["", None])
def test_folder_is_the_user_s_without_the_variable(monkeypatch, value):
    monkeypatch.delenv("DESKULL_MODELS") if value is None else monkeypatch.setenv("DESKULL_MODELS", value)
    assert model_folder() == Path(platformdirs.user_data_dir("deskull", appauthor=False)) / "models"


def test_unfinished_files_and_cards_are_no_models(tmp_path, monkeypatch):
    monkeypatch.setenv("DESKULL_MODELS", str(tmp_path))
    for name in ("b.onnx", "a.onnx", ".x.partial.c.onnx", "b.json"):
        (tmp_path / name).touch()
    assert fetched_names() == ["a", "b"]


def test_missing_folder_holds_no_models(monkeypatch):
    monkeypatch.setenv("DESKULL_MODELS", "/no/such/folder")
    assert fetched_names() == []
