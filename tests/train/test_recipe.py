"""Recipes: short files; what cannot be is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("yaml", reason="needs PyYAML (deskull[train])")

from deskull import UsageError
from deskull.train.recipe import Recipe, load_recipe, shipped_recipes


def test_the_recipes_ship():
    assert shipped_recipes() == ["article", "article_verbatim", "finetune", "nfbs", "small", "synthesis"]
    for name in shipped_recipes():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description
        assert recipe.preprocessing.size_multiple == recipe.stride * 2 ** (len(recipe.channels) - 1)


def test_the_mistakes_are_kept_in_one_recipe_only():
    wrong, right = load_recipe("article_verbatim"), load_recipe("article")
    assert (wrong.network, wrong.rate, wrong.validation) == ("residual_verbatim", 0.1, "drawn")
    assert wrong.preprocessing.interpolation == "nearest"
    assert not wrong.preprocessing.n4
    assert (right.network, right.validation, right.preprocessing.interpolation) == ("residual", "all", "linear")
    assert right.preprocessing.n4
    for recipe in (wrong, right):
        assert recipe.preprocessing.size == (96, 128, 160)
        assert (recipe.batch, recipe.epochs, recipe.preprocessing.voxel_size) == (4, 60, 2.0)


def test_a_file_is_a_recipe(tmp_path):
    (tmp_path / "mine.yaml").write_text("loss: focal\nepochs: 3\n")
    recipe = load_recipe(str(tmp_path / "mine.yaml"))
    assert (recipe.name, recipe.loss, recipe.epochs, recipe.batch) == ("mine", "focal", 3, 1)
    assert not recipe.distances


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning: 3", "learning"),
        ("loss: hinge", "hinge"),
        ("rate: 0", "rate must be more than 0"),
        ("network: residual", "answer yes or no"),
        ("align: true", "needs a model to start from"),
        ("preprocess: {intensity: bytes}", "augment full"),
        ("preprocess: {size: [95, 96, 96]}", "multiples"),
        ("a: [", "mine.yaml"),
    ],
)
def test_recipes_say_what_is_wrong(tmp_path, text, said):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UsageError, match=said):
        load_recipe(str(tmp_path / "mine.yaml"))


def test_names_and_paths_that_are_none_are_refused(tmp_path):
    with pytest.raises(UsageError, match="there are article"):
        load_recipe("none-such")
    with pytest.raises(UsageError, match="no such recipe file"):
        load_recipe(str(tmp_path / "none.yaml"))


def test_masks_show_one_surface_and_label_maps_two():
    assert replace(Recipe("a"), data="synthesis").surfaces == ("brain", "intracranial")
    assert Recipe("a").surfaces == ("brain",)
