"""Cards: models are found by name or path, and a wrong model or card is refused."""

from __future__ import annotations

import shutil

import pytest

from deskull import InputError, UsageError
from deskull.models import load_model, shipped_models

MODEL = load_model()


def test_file_that_does_not_match_its_card_is_refused(tmp_path):
    for path in (MODEL.path, MODEL.path.with_suffix(".json")):
        shutil.copy(path, tmp_path)
    (tmp_path / MODEL.path.name).write_bytes(MODEL.path.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match="sha256"):
        load_model(tmp_path / MODEL.path.name).content()


def test_unknown_name_is_refused_with_the_names_that_exist():
    with pytest.raises(UsageError, match=r"shipped are .*default"):
        load_model("none-such")


@pytest.mark.parametrize(
    ("card", "fault"), [(None, "is missing"), ("{", "not JSON"), ('{"sha256": "0"}', "lacks voxel_mm")]
)
def test_missing_or_incomplete_card_is_refused(tmp_path, card, fault):
    (tmp_path / "a.onnx").write_bytes(b"x")
    if card is not None:
        (tmp_path / "a.json").write_text(card)
    with pytest.raises(UsageError, match=fault):
        load_model(tmp_path / "a.onnx")


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.path.stem)
def test_card_of_a_shipped_model_is_complete(model):
    facts = ("data", "licence", "recipe", "commit", "steps", "parameters", "train_again", "figures", "known_failures")
    assert [name for name in facts if not model.card.get(name)] == []
    assert model.card["name"] == model.path.stem
    assert len(model.content()) < 10_000_000


def test_two_models_ship_and_the_default_comes_first():
    assert [model.path.stem for model in shipped_models()] == ["default", "small"]
