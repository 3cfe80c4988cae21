"""Network, loss, data and a whole short training: it learns, resumes, exports, strips."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pl = pytest.importorskip("lightning.pytorch", reason="needs Lightning (deskull[train])")

from deskull import InputError, UsageError
from deskull.report.drawing import CONTOUR
from deskull.train.callbacks.pictures import TRUTH, contact_sheet
from deskull.train.data.label_maps import Heads, TrainingHeads, synthesis_config
from deskull.train.export import load_network
from deskull.train.module import SurfaceModule, overlap
from deskull.train.network.unet import ScanNorm, UNet
from deskull.train.recipe import Recipe, load_recipe
from deskull.train.synthesis.anatomy import Anatomy, _distances
from deskull.train.synthesis.generator import SynthesisConfig
from deskull.train.trainer import Hardware, make_trainer
from tests.train.synthesis.test_surfaces import head

TINY = Recipe(
    "tiny", data="synthesis", channels=[4, 8, 8], steps=60, epoch_steps=30, warmup=5, rate=0.01, validation_images=2,
    ema=0.9, sizes=[[32], [32], [32]], voxel=4.0, workers=0,
)  # fmt: skip


def anatomy():
    tissues, _ = head(81)
    return Anatomy("ball", tissues, 2.0, _distances(tissues, 2.0))


class Balls(Heads):
    """The data module on a phantom instead of label maps."""

    def setup(self, stage=None):
        self.training = self.held_out = [anatomy()]


def fit(recipe, out, **kwargs):
    pl.seed_everything(0, verbose=False)
    trainer = make_trainer(recipe, out, Hardware("cpu"))
    trainer.fit(SurfaceModule(recipe), Balls(recipe, out, out), weights_only=True, **kwargs)
    return trainer


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return out, fit(TINY, out)


def test_training_learns_and_logs(run):
    out, trainer = run
    with (out / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[1]["loss"]) < 0.75 * float(rows[0]["loss"])
    assert {"val_dice", "val_iou", "val_accuracy", "val_dice_intracranial"} <= rows[0].keys()
    assert (out / "curves.png").read_bytes()[:4] == b"\x89PNG"
    speed = json.loads((out / "speed.json").read_text())
    assert speed["steps"] > 0
    assert 0 <= speed["waiting_share"] <= 1
    assert list((out / "tensorboard").rglob("events*"))
    assert (out / "last.ckpt").exists()
    assert (out / "best.ckpt").exists()
    assert trainer.global_step == 60
    assert sorted(path.name for path in (out / "pictures").iterdir()) == ["step-000030.png", "step-000060.png"]


def test_a_stopped_run_goes_on(run, tmp_path):

    out, _ = run
    longer = fit(replace(TINY, steps=90), out, ckpt_path=out / "last.ckpt")

    assert longer.global_step == 90


def test_export_says_what_is_wrong(tmp_path, run):
    out, _ = run
    with pytest.raises(InputError, match="no such checkpoint"):
        load_network(tmp_path / "none.ckpt", TINY)
    with pytest.raises(InputError, match="another network"):
        load_network(out / "last.ckpt", replace(TINY, channels=[4, 4]))


def test_training_and_evaluation_norms_agree():
    norm = ScanNorm(3)
    x = torch.randn(1, 3, 6, 7, 8)
    torch.testing.assert_close(norm.train()(x), norm.eval()(x))
    two = torch.cat([x, 5 * x + 2])
    torch.testing.assert_close(norm.train()(two)[0], norm.train()(two)[1], atol=1e-3, rtol=1e-3)


def test_the_network_answers_two_distances_at_any_size():
    network = UNet([4, 8, 8], band=10).eval()
    for size in ((16, 16, 16), (8, 12, 20)):
        answer = network(torch.randn(1, 1, *size))
        assert answer.shape == (1, 2, *size)
        assert answer.abs().max() <= 10
    finer = UNet([4, 8, 8], stride=2)
    assert finer.factor == 8
    assert finer(torch.randn(1, 1, 16, 24, 32)).shape == (1, 2, 8, 12, 16)


def test_overlap_of_distances():
    target = torch.tensor([-1.0, -1.0, 1.0, 1.0])
    weight = torch.ones(4)
    assert overlap(target, target, weight) == {"iou": 1, "dice": 1, "accuracy": 1}
    assert overlap(-target, target, weight) == {"iou": 0, "dice": 0, "accuracy": 0}
    half = overlap(torch.tensor([-1.0, 1.0, 1.0, -1.0]), target, torch.tensor([1.0, 1.0, 1.0, 0.0]))
    assert half["dice"] == pytest.approx(2 / 3)
    assert half["iou"] == pytest.approx(1 / 2)
    assert half["accuracy"] == pytest.approx(2 / 3)


def test_a_recipe_tells_how_heads_are_made():
    config = synthesis_config(
        replace(TINY, synthesis={"margin": 0.3, "pose": {"turned_share": 0.5}, "contrast": {"shares": {"CT": 1}}})
    )
    assert (config.margin, config.pose.turned_share) == (0.3, 0.5)
    assert config.contrast.shares == {"CT": 1}
    assert config.contrast.class_jitter == SynthesisConfig().contrast.class_jitter


@pytest.mark.parametrize(
    ("synthesis", "said"),
    [
        ({"margins": 1}, "margins"),
        ({"pose": {"turned": 1}}, "turned"),
        ({"pose": 3}, "PoseConfig"),
        ({"contrast": {"shares": {"T3w": 1}}}, "T3w.*must tell the shares of families: T1w"),
        ({"contrast": {"shares": ["CT"]}}, "must tell the shares"),
        ({"contrast": {"shares": {"CT": -1, "PD": 2}}}, "not be negative"),
        ({"contrast": {"shares": {}}}, "one must be more than 0"),
    ],
)
def test_settings_of_heads_that_cannot_be_are_told(synthesis, said):
    with pytest.raises(UsageError, match=f"^{TINY.name}: synthesis: .*{said}"):
        synthesis_config(replace(TINY, synthesis=synthesis))


def test_items_follow_their_seed():
    heads = TrainingHeads([anatomy()], synthesis_config(TINY), [[32], [32], [32]], 100, 4)
    later = TrainingHeads([anatomy()], synthesis_config(TINY), [[32], [32], [32]], 102, 4)
    assert torch.equal(heads[2]["image"], later[0]["image"])
    assert not torch.equal(heads[1]["image"], later[0]["image"])


@pytest.mark.parametrize("stride", [1, 2])
def test_real_scans_teach_with_slack(data, stride):
    from deskull.train.data.real_scans import load_real, real_sample
    from deskull.train.data.samples import as_batch

    recipe = replace(TINY, voxel=TINY.voxel / stride, stride=stride)
    scans = load_real(data / "labelled", "train", recipe.preprocessing)
    assert {scan.name[:7] for scan in scans} == {"msl_p01"}
    sample = real_sample(scans[0], 1, (48, 64, 48), synthesis_config(recipe), 4.0)
    assert sample.image.shape == (1, 1, 48 * stride, 64 * stride, 48 * stride)
    assert sample.slack == 4.0
    assert 0.1 < sample.weight.mean() < 1
    assert (sample.distance < 0).any()
    batch = as_batch(sample, 2)
    assert batch["weight"].shape == (2, 48, 64, 48)
    assert batch["weight"][1].sum() == 0


def test_a_contact_sheet_shows_samples():
    heads = TrainingHeads([anatomy()], synthesis_config(TINY), [[32], [32], [32]], 100, 5)
    picture = contact_sheet([heads[item] for item in range(5)], columns=2)
    assert picture.size == (2 * 3 * 34, 3 * 32)
    colours = set(map(tuple, np.asarray(picture).reshape(-1, 3)))
    assert {TRUTH, CONTOUR} <= colours


def test_held_out_anatomies_stay_out(data):
    recipe = load_recipe("synthesis")
    names = {path.name.split(".")[0] for path in (data / "labelmaps").glob("*.nii.gz")}
    assert set(recipe.hold_out) == {f"scatterbrains_{n}" for n in (13, 14, 15, 16)}
    assert set(recipe.hold_out) < names


def test_the_schedule_warms_up_and_cools_down():
    module = SurfaceModule(replace(TINY, warmup=100))
    assert module.rate_at(0, 1000) < 0.05
    assert module.rate_at(100, 1000) > 0.95
    assert module.rate_at(999, 1000) < 0.01
    constant = SurfaceModule(replace(TINY, schedule="constant", warmup=0))
    assert constant.rate_at(0, 10) == constant.rate_at(9, 10) == 1


def test_batches_share_a_grid_and_train(tmp_path):
    recipe = replace(TINY, steps=4, epoch_steps=2, batch=2, sizes=[[16, 32], [16, 32], [16, 32]])
    heads = TrainingHeads([anatomy()], synthesis_config(recipe), recipe.sizes, 100, 12, batch=2)
    shapes = [tuple(heads[item]["image"].shape) for item in range(12)]
    assert shapes[::2] == shapes[1::2]
    assert len(set(shapes)) > 1
    assert fit(recipe, tmp_path).global_step == 4
