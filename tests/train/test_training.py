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
from deskull.report.mosaic import CONTOUR
from deskull.strip import Stripper
from deskull.train.anatomy import Anatomy, _distances
from deskull.train.data import Heads, TrainingHeads, synthesis_config
from deskull.train.export import export, load_network
from deskull.train.lightning import DistanceModule, dice, make_trainer
from deskull.train.losses import DistanceLoss
from deskull.train.network import ScanNorm, UNet
from deskull.train.pictures import TRUTH, contact_sheet
from deskull.train.recipe import Recipe, load_recipe
from tests.train.test_surfaces import head

TINY = Recipe(
    "tiny", channels=[4, 8, 8], steps=60, epoch_steps=30, warmup=5, rate=0.01, validation_images=2, ema=0.9,
    sizes=[[32], [32], [32]], voxel=4.0,
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
    trainer = make_trainer(recipe, out, accelerator="cpu")
    trainer.fit(DistanceModule(recipe), Balls(recipe, out, out), weights_only=False, **kwargs)
    return trainer


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return out, fit(TINY, out)


def test_training_learns_and_logs(run):
    out, trainer = run
    with next((out / "csv").rglob("metrics.csv")).open() as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["loss"]) for row in rows if row.get("loss")]
    assert min(losses[-2:]) < 0.75 * losses[0]
    assert any(row.get("val_dice") for row in rows)
    assert list((out / "tensorboard").rglob("events*"))
    assert (out / "last.ckpt").exists()
    assert (out / "best.ckpt").exists()
    assert trainer.global_step == 60
    assert sorted(path.name for path in (out / "pictures").iterdir()) == ["step-000030.png", "step-000060.png"]


def test_a_stopped_run_goes_on(run, tmp_path):

    out, _ = run
    longer = fit(replace(TINY, steps=90), out, ckpt_path=out / "last.ckpt")

    assert longer.global_step == 90


def test_exported_networks_strip(run, tmp_path, head, monkeypatch):
    out, _ = run
    (tmp_path / "tiny.yaml").write_text("channels: [4, 8, 8]\nsteps: 60\nvoxel: 4.0\nsizes: [[32], [32], [32]]\n")
    card = export(out / "last.ckpt", str(tmp_path / "tiny.yaml"), tmp_path / "tiny.onnx")
    assert card["size_multiple_of"] == 4
    network, steps = load_network(out / "last.ckpt", TINY)
    assert steps == card["steps"]
    image = np.random.default_rng(0).random((32, 48, 40), dtype=np.float32)
    stripper = Stripper(tmp_path / "tiny.onnx", threads=1)
    answer = stripper._engine(image)
    with torch.no_grad():
        expected = network(torch.from_numpy(image[None, None]))[0].numpy()
    np.testing.assert_allclose(answer, expected, atol=0.05)


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


def test_the_loss_is_zero_where_it_should_be():
    loss = DistanceLoss(10.0)
    target = torch.randn(1, 2, 16, 16, 16) * 8
    target = target.clamp(-10, 10)
    weight = torch.ones_like(target)
    far = target.abs() >= 10
    beyond = torch.where(far, target * 3, target)
    assert loss(beyond, target, weight) < loss(target + 2, target, weight)
    assert loss(target + 3.5, target, weight, 4.0) < 0.2
    assert loss(-target, target, weight, 4.0) > 3
    assert loss(target + 99, target, torch.zeros_like(weight)) == 0


def test_ignored_voxels_do_not_count():
    loss = DistanceLoss(10.0)
    target = torch.full((1, 2, 8, 8, 8), 3.0)
    target[..., :4] = -3
    weight = torch.ones_like(target)
    weight[..., 6:] = 0
    spoiled = target.clone()
    spoiled[..., 6:] = -50
    assert loss(spoiled, target, weight) == loss(target, target, weight)


def test_dice_of_distances():
    target = torch.tensor([-1.0, -1.0, 1.0, 1.0])
    assert dice(target, target, torch.ones(4)) == 1
    assert dice(-target, target, torch.ones(4)) == 0
    assert dice(torch.tensor([-1.0, 1.0, 1.0, 1.0]), target, torch.ones(4)) == pytest.approx(2 / 3)


def test_items_follow_their_seed():
    heads = TrainingHeads([anatomy()], synthesis_config(TINY), [[32], [32], [32]], 100, 4)
    later = TrainingHeads([anatomy()], synthesis_config(TINY), [[32], [32], [32]], 102, 4)
    assert torch.equal(heads[2]["image"], later[0]["image"])
    assert not torch.equal(heads[1]["image"], later[0]["image"])


def test_real_scans_teach_with_slack(data):
    from deskull.train.real import load_real, real_sample

    scans = load_real(data / "labelled", "train", 4.0)
    assert {scan.name[:7] for scan in scans} == {"msl_p01"}
    sample = real_sample(scans[0], 1, (48, 64, 48), synthesis_config(TINY), 4.0)
    assert sample.slack == 4.0
    assert 0.1 < sample.weight[:, 0].mean() < 1
    assert sample.weight[:, 1].sum() == 0
    assert (sample.distance[:, 0] < 0).any()


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
    module = DistanceModule(replace(TINY, steps=1000, warmup=100))
    assert module.rate_at(0) < 0.05
    assert module.rate_at(100) > 0.95
    assert module.rate_at(999) < 0.01


def test_recipes_say_what_is_wrong(tmp_path):
    (tmp_path / "bad.yaml").write_text("learning: 3\n")
    with pytest.raises(UsageError, match="learning"):
        load_recipe(str(tmp_path / "bad.yaml"))
    with pytest.raises(UsageError, match="no shipped recipe"):
        load_recipe("none-such")
    with pytest.raises(UsageError, match="no such recipe file"):
        load_recipe(str(tmp_path / "none.yaml"))


def test_the_commands_train_resume_show_and_export(data, tmp_path, monkeypatch):
    from deskull.train.__main__ import main

    (tmp_path / "labelmaps").mkdir()
    for name in ("neonate_30w", "neonate_40w"):
        (tmp_path / "labelmaps" / f"{name}.nii.gz").symlink_to((data / "labelmaps" / f"{name}.nii.gz").resolve())
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(
        "channels: [4, 8, 8]\nsteps: 4\nepoch_steps: 4\nvalidation_images: 1\nvoxel: 4.0\n"
        "sizes: [[32], [32], [32]]\nhold_out: [neonate_30w]\n"
    )

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["deskull.train", *map(str, arguments)])
        main()

    shared = ("--data", tmp_path, "--cache", tmp_path / "cache")
    run("run", recipe, *shared, "--out", tmp_path / "out")
    first = torch.load(tmp_path / "out" / "last.ckpt", weights_only=False)["global_step"]
    run("run", recipe, *shared, "--out", tmp_path / "out", "--steps", "8")
    second = torch.load(tmp_path / "out" / "last.ckpt", weights_only=False)["global_step"]
    assert (first, second) == (4, 8)
    run("sheet", recipe, *shared, "--out", tmp_path / "sheet.png", "--count", "3")
    assert (tmp_path / "sheet.png").read_bytes()[:4] == b"\x89PNG"
    (tmp_path / "figures.json").write_text('{"real": {"dice": 0.9}}')
    figures = ("--figures", tmp_path / "figures.json")
    run("export", recipe, tmp_path / "out" / "last.ckpt", tmp_path / "m.onnx", *figures)
    assert json.loads((tmp_path / "m.json").read_text())["figures"] == {"real": {"dice": 0.9}}
    with pytest.raises(SystemExit, match="no shipped recipe"):
        run("export", "none-such", tmp_path / "out" / "last.ckpt", tmp_path / "m.onnx")


def test_batches_share_a_grid_and_train(tmp_path):
    recipe = replace(TINY, steps=4, epoch_steps=2, batch=2, sizes=[[16, 32], [16, 32], [16, 32]])
    heads = TrainingHeads([anatomy()], synthesis_config(recipe), recipe.sizes, 100, 12, batch=2)
    shapes = [tuple(heads[item]["image"].shape) for item in range(12)]
    assert shapes[::2] == shapes[1::2]
    assert len(set(shapes)) > 1
    assert fit(recipe, tmp_path).global_step == 4
