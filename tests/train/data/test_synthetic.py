"""Synthetic images: each follows its seed; label maps kept for validation are not trained on."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError, UsageError
from deskull.train.data.samples import as_batch
from deskull.train.data.synthetic import SyntheticData, SyntheticImages, synthesis_config
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.rng import Rng
from tests.train.phantoms import TINY_SYNTHESIS, write_label_maps


@pytest.fixture(scope="module")
def opened(label_maps, tmp_path_factory):
    opened = SyntheticData(TINY_SYNTHESIS, label_maps, tmp_path_factory.mktemp("cache"))
    opened.setup()
    return opened


def images(opened, first=100, count=4, **settings):
    grid_sizes = settings.pop("grid_sizes", TINY_SYNTHESIS.grid_sizes)
    return SyntheticImages(opened.training, opened.config, grid_sizes, first, count, **settings)


def test_image_follows_its_seed(opened):
    earlier, later = images(opened, 100), images(opened, 102)
    assert torch.equal(earlier[2]["image"], later[0]["image"])
    assert not torch.equal(earlier[1]["image"], later[0]["image"])


def test_images_of_a_batch_share_a_grid_and_batches_differ(opened):
    drawn = images(opened, count=12, batch_size=2, grid_sizes=[[16, 24]] * 3)
    shapes = [tuple(drawn[item]["image"].shape) for item in range(12)]
    assert shapes[::2] == shapes[1::2]
    assert len(set(shapes)) > 1


def test_label_maps_for_validation_are_not_trained_on(opened):
    assert [label_map.name for label_map in opened.training] == ["synthseg_00"]
    assert [label_map.name for label_map in opened.validation] == ["synthseg_01"]


def test_loader_has_an_image_for_each_step_of_an_epoch(opened):
    assert len(opened.train_dataloader()) == TINY_SYNTHESIS.steps_per_epoch
    assert len(opened.val_dataloader()) == TINY_SYNTHESIS.validation_images


def test_validation_images_are_the_same_every_time(opened):
    one, other = (next(iter(opened.val_dataloader()))["image"] for _ in range(2))
    assert torch.equal(one, other)


def test_data_without_validation_label_maps_do_not_validate(label_maps, tmp_path):
    data = SyntheticData(replace(TINY_SYNTHESIS, validation_label_maps=["synthseg_77"]), label_maps, tmp_path)
    assert not data.validates
    assert data.val_dataloader() == []


def test_folder_without_label_maps_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no label maps to train on"):
        SyntheticData(TINY_SYNTHESIS, tmp_path, tmp_path)


def test_folder_with_label_maps_for_validation_only_is_refused(tmp_path):
    recipe = replace(TINY_SYNTHESIS, validation_label_maps=["synthseg_00"])
    with pytest.raises(InputError, match="holds no label maps to train on"):
        SyntheticData(recipe, write_label_maps(tmp_path, 1), tmp_path)


def test_newborns_are_a_seventh_of_the_images(opened):
    (adult,) = opened.training
    newborns = [replace(adult, name=f"neonate_{week}w") for week in range(16)]
    drawn = SyntheticImages([*newborns, *[adult] * 30], SynthesisConfig(), [[16]] * 3, 0, 1)
    fraction = sum(drawn._label_map(Rng(seed)).newborn for seed in range(400)) / 400
    assert fraction == pytest.approx(0.15, abs=0.06)


def test_newborns_alone_are_drawn(opened):
    newborn = replace(opened.training[0], name="neonate_40w")
    assert SyntheticImages([newborn], SynthesisConfig(), [[16]] * 3, 0, 1)._label_map(Rng(0)).newborn


def test_recipe_sets_voxels_stride_and_band_of_the_images():
    config = synthesis_config(replace(TINY_SYNTHESIS, voxel_size=2.0, stride=2, band=8.0))
    assert (config.voxel_size, config.stride, config.band, config.image_voxel_size) == (4.0, 2, 8.0, 2.0)


def test_recipe_overrides_settings_of_synthesis():
    synthesis = {"margin": 0.3, "pose": {"shift": 5.0}, "contrast": {"family_weights": {"CT": 1}}}
    config = synthesis_config(replace(TINY_SYNTHESIS, synthesis=synthesis))
    assert (config.margin, config.pose.shift, config.contrast.family_weights) == (0.3, 5.0, {"CT": 1})
    assert config.contrast.class_jitter == SynthesisConfig().contrast.class_jitter


@pytest.mark.parametrize(
    ("synthesis", "fault"),
    [
        ({"margins": 1}, "margins"),
        ({"pose": {"turned": 1}}, "turned"),
        ({"pose": 3}, "PoseConfig"),
        ({"contrast": {"family_weights": {"T3w": 1}}}, "T3w.*must map families to numbers; they are T1w"),
        ({"contrast": {"family_weights": ["CT"]}}, "must map families to numbers"),
        ({"contrast": {"family_weights": {"CT": "often"}}}, "must map families to numbers"),
        ({"contrast": {"family_weights": {"CT": -1, "PD": 2}}}, "must not be negative"),
        ({"contrast": {"family_weights": {}}}, "one must be more than 0"),
    ],
)
def test_settings_of_synthesis_that_cannot_be_used_are_refused(synthesis, fault):
    with pytest.raises(UsageError, match=f"^{TINY_SYNTHESIS.name}: synthesis: .*{fault}"):
        synthesis_config(replace(TINY_SYNTHESIS, synthesis=synthesis))


def test_batch_of_a_sample_with_one_surface_has_no_weight_on_the_other():
    from deskull.train.synthesis.sample import Sample

    one = torch.ones(1, 1, 4, 4, 4)
    batch = as_batch(Sample(one, -one, one, "real", 4.0), 2)
    assert batch["weight"].shape == (2, 4, 4, 4)
    assert (batch["weight"][0] == 1).all()
    assert (batch["weight"][1] == 0).all()
    assert batch["tolerance"].item() == 4.0


def test_label_maps_are_counted_while_they_are_prepared(label_maps, tmp_path):
    counted = []

    def progress(items, total):
        """Count the items."""
        for number, item in enumerate(items, 1):
            counted.append((number, total))
            yield item

    data = SyntheticData(TINY_SYNTHESIS, label_maps, tmp_path, progress)
    data.setup()
    total = len(data.training) + len(data.validation)
    assert counted == [(number, total) for number in range(1, total + 1)]
