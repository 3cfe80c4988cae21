"""Recipes: settings that cannot be used are refused by name; a curriculum is one recipe for each stage."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from deskull import UsageError
from deskull.train.recipe import PREVIOUS_STAGE, Recipe

MINE = Recipe("mine")


def curriculum(*stages, **settings):
    return Recipe("mine", data="synthesis", stages=list(stages), **settings)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"loss": "hinge"}, "loss is 'hinge'; it must be distance or dice"),
        ({"data": "video"}, "data is 'video'"),
        ({"learning_rate": 0}, "learning_rate must be more than 0"),
        ({"learning_rate": "1e-3"}, "learning_rate is '1e-3'; it must be a number"),
        ({"learning_rate": float("nan")}, "learning_rate is 'nan'; it must be a number"),
        ({"weight_decay": -1}, "weight_decay must not be negative"),
        ({"dropout": 1.5}, "dropout must lie between 0 and 1"),
        ({"epochs": 2.5}, "epochs is '2.5'; it must be a whole number"),
        ({"epochs": True}, "epochs is 'True'; it must be a whole number"),
        ({"description": None}, "description is 'None'; it must be text"),
        ({"align_to_initial_model": 1}, "align_to_initial_model is '1'; it must be true or false"),
        ({"channels": 8}, "channels is '8'; it must be a list of whole numbers"),
        ({"channels": []}, "channels must list the features of 1 to 8 levels"),
        ({"channels": [8, 0]}, "channels must be more than 0"),
        ({"grid_sizes": [32, 32, 32]}, "it must be a list of lists of whole numbers"),
        ({"grid_sizes": [[32], [32]]}, "grid_sizes must be three lists"),
        ({"grid_sizes": [[32], [40], [32]]}, "grid_sizes must be multiples of 16"),
        ({"validation_label_maps": [1]}, "it must be a list of names"),
        ({"preprocess": ["n4"]}, "it must be a mapping of settings"),
        ({"stages": [3]}, "it must be a list of mappings of settings"),
        ({"network": "residual"}, "residual networks predict masks"),
        ({"align_to_initial_model": True}, "align_to_initial_model needs an initial_model"),
        ({"preprocess": {"intensity": "bytes"}}, "augmentation full needs intensity rescale"),
        ({"preprocess": {"size": [95, 96, 96]}}, "multiples"),
        ({"preprocess": {"sizes": 3}}, "sizes"),
    ],
)
def test_setting_that_cannot_be_used_is_refused_by_name(settings, fault):
    with pytest.raises(UsageError, match=f"^mine: .*{fault}"):
        Recipe("mine", **settings)


def test_every_attribute_is_documented():
    for setting in dataclasses.fields(Recipe):
        assert f"{setting.name}" in Recipe.__doc__


def test_recipe_on_scans_with_masks_has_one_surface():
    assert MINE.surfaces == ("brain",)


def test_recipe_on_label_maps_has_two_surfaces():
    assert replace(MINE, data="synthesis").surfaces == ("brain", "intracranial")


def test_recipe_with_a_mask_loss_predicts_no_distances():
    assert MINE.distances
    assert not replace(MINE, loss="focal").distances


def test_grid_sizes_of_scans_are_multiples_of_the_stride_times_the_halvings():
    assert replace(MINE, stride=2).preprocessing.size_multiple == 2 * 2**4


def test_recipe_without_stages_is_its_own_curriculum():
    assert MINE.curriculum == [MINE]


def test_stage_has_the_settings_of_the_recipe_but_those_that_it_states():
    first, second = curriculum({"steps": 10}, {"voxel_size": 1.0, "stride": 2}, learning_rate=0.5).curriculum
    assert (first.steps, first.voxel_size, first.learning_rate) == (10, 2.0, 0.5)
    assert (second.steps, second.voxel_size, second.stride) == (6000, 1.0, 2)


def test_synthesis_settings_of_a_stage_are_merged_with_those_of_the_recipe():
    outer = {"margin": 0.9, "pose": {"shift": 3.0, "scale": 0.1}}
    (stage,) = curriculum({"synthesis": {"noise": 0.2, "pose": {"scale": 0.2}}}, synthesis=outer).curriculum
    assert stage.synthesis == {"margin": 0.9, "noise": 0.2, "pose": {"shift": 3.0, "scale": 0.2}}


def test_first_stage_starts_from_the_initial_model_and_later_ones_from_the_stage_before():
    stages = curriculum({}, {}, {}, initial_model="default").curriculum
    assert [stage.initial_model for stage in stages] == ["default", PREVIOUS_STAGE, PREVIOUS_STAGE]


def test_stages_have_different_seeds_unless_they_state_one():
    assert [stage.seed for stage in curriculum({}, {}, {"seed": 99}, seed=7).curriculum] == [7, 8, 99]


@pytest.mark.parametrize("setting", ["name", "data", "stages"])
def test_setting_of_the_whole_curriculum_in_a_stage_is_refused(setting):
    with pytest.raises(UsageError, match=f"mine, stage 2: {setting} cannot change between stages"):
        curriculum({}, {setting: "pairs"})


def test_stage_that_cannot_be_used_is_named():
    with pytest.raises(UsageError, match="mine, stage 2: steps must be more than 0"):
        curriculum({}, {"steps": 0})


@pytest.mark.parametrize("synthesis", [3, ["margin"], None])
def test_synthesis_of_a_stage_that_is_no_mapping_is_refused(synthesis):
    with pytest.raises(UsageError, match=r"mine, stage 1: synthesis is .*; it must be a mapping"):
        curriculum({"synthesis": synthesis})


def test_settings_of_the_user_replace_those_of_every_stage():
    changed = curriculum({"steps": 10}, {"steps": 20}).with_settings({"steps": 3, "epochs": None})
    assert [stage.steps for stage in changed.curriculum] == [3, 3]
    assert changed.epochs == MINE.epochs
