"""Recipe files: those that ship can be used; users' own are read, or refused in one sentence."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

pytest.importorskip("yaml", reason="needs PyYAML (deskull[train])")
pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull import UsageError
from deskull.train.data.synthetic import synthesis_config
from deskull.train.network.build import make_network
from deskull.train.network.pretrained import adapted_weights, model_weights
from deskull.train.recipe_files import load_recipe, parse_recipe, shipped_recipes

NAMES = ["article", "article_verbatim", "finetune", "finetune_small", "further", "nfbs", "small", "synthesis"]


def test_eight_recipes_ship():
    assert shipped_recipes() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_shipped_recipe_has_a_name_a_description_and_a_network(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    for stage in recipe.curriculum:
        assert stage.description
        assert make_network(stage).size_multiple == stage.preprocessing.size_multiple


@pytest.mark.parametrize("name", ["small", "synthesis"])
def test_recipe_of_a_shipped_model_starts_from_nothing_and_its_settings_of_synthesis_exist(name):
    recipe = load_recipe(name)
    assert recipe.curriculum[0].initial_model == ""
    assert len(recipe.stages) > 1
    for stage in recipe.curriculum:
        synthesis_config(stage)


def test_recipe_further_has_the_network_of_the_default_model_and_the_images_of_the_recipe_synthesis():
    from deskull.models import load_model

    further, shipped = load_recipe("further"), load_model("default")
    assert further.initial_model == "default"
    assert further.preprocessing == shipped.preprocessing
    assert synthesis_config(further) == synthesis_config(load_recipe("synthesis").curriculum[-1])
    for channels in (shipped.card["recipe"]["channels"], [8, 32, 64, 96, 128]):
        recipe = replace(further, channels=channels)
        make_network(recipe).load_state_dict(adapted_weights(model_weights(shipped), recipe, "default"))


@pytest.mark.parametrize("name", ["small", "synthesis"])
def test_every_stage_can_take_the_weights_of_the_stage_before(name):
    stages = load_recipe(name).curriculum
    for before, after in itertools.pairwise(stages):
        weights = {key: tensor.numpy() for key, tensor in make_network(before).state_dict().items()}
        make_network(after).load_state_dict(adapted_weights(weights, after, "the stage before"))


@pytest.mark.parametrize(("name", "model"), [("synthesis", "default"), ("small", "small")])
def test_last_stage_has_the_network_and_the_grid_of_the_shipped_model(name, model):
    from deskull.models import load_model

    stage, shipped = load_recipe(name).curriculum[-1], load_model(model)
    assert stage.channels == shipped.card["recipe"]["channels"]
    assert stage.preprocessing == shipped.preprocessing
    assert (list(stage.surfaces), stage.band) == (shipped.surfaces, shipped.band)


def test_verbatim_recipe_repeats_the_mistakes_of_the_tutorial():
    recipe = load_recipe("article_verbatim")
    assert (recipe.network, recipe.learning_rate, recipe.validation_sampling) == ("residual_verbatim", 0.1, "bootstrap")
    assert (recipe.preprocessing.interpolation, recipe.preprocessing.n4) == ("nearest", False)


def test_corrected_recipe_has_none_of_the_mistakes():
    recipe = load_recipe("article")
    assert (recipe.network, recipe.validation_sampling) == ("residual", "all")
    assert (recipe.preprocessing.interpolation, recipe.preprocessing.n4) == ("linear", True)


@pytest.mark.parametrize("name", ["article", "article_verbatim"])
def test_recipes_of_the_tutorial_have_its_size(name):
    recipe = load_recipe(name)
    assert recipe.preprocessing.size == (96, 128, 160)
    assert (recipe.batch_size, recipe.epochs, recipe.preprocessing.voxel_size) == (4, 60, 2.0)


def test_file_of_a_user_is_read_and_named_after_the_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("loss: focal\nepochs: 3\n")
    recipe = load_recipe(str(tmp_path / "mine.yaml"))
    assert (recipe.name, recipe.loss, recipe.epochs, recipe.batch_size) == ("mine", "focal", 3, 1)


def test_empty_file_is_a_recipe_of_defaults():
    assert parse_recipe("", "mine.yaml", "mine").loss == "distance"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("learning: 3", "unknown setting learning"),
        ("stages: [{steps: 3}, {step: 3}]", "stage 2: unknown setting step;"),
        ("stages: 3", "stages is '3'"),
        ("a: [", "is not YAML"),
        ("[1, 2]", "is not a recipe"),
        ("just text", "is not a recipe"),
        ("1: 2", "unknown setting 1"),
        ("!!python/object/apply:os.getcwd []", "is not YAML"),
        ("channels: &a [1, *a]", "channels"),
    ],
)
def test_text_that_is_no_recipe_is_refused_in_one_sentence(text, fault):
    with pytest.raises(UsageError, match=fault) as caught:
        parse_recipe(text, "mine.yaml", "mine")
    assert "\n" not in str(caught.value)


def test_file_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "mine.yaml").write_bytes(b"description: M\xfcller")
    with pytest.raises(UsageError, match="not text in UTF-8"):
        load_recipe(str(tmp_path / "mine.yaml"))


def test_file_that_is_too_large_for_a_recipe_is_refused(tmp_path):
    (tmp_path / "mine.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(UsageError, match="too large for a recipe"):
        load_recipe(str(tmp_path / "mine.yaml"))


def test_unknown_name_is_refused_with_the_names_that_exist():
    with pytest.raises(UsageError, match="choose one of article, "):
        load_recipe("none-such")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.yaml: no such recipe file"):
        load_recipe(str(tmp_path / "none.yaml"))
