"""Samples of pairs: follow the epoch, share grids, stay in place or move as the recipe says."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError
from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.train.data.pairs import PairData, PairSamples
from tests.train.phantoms import TINY, write_heads


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heads")
    outcomes = prepare(read_cases(write_heads(folder, 4)), TINY.preprocessing, folder / "cache")
    return [outcome.path for outcome in outcomes]


def test_every_scan_comes_once_an_epoch_in_another_order(files):
    recipe = replace(TINY, augmentation="none")
    orders = []
    for epoch in (0, 1, 2):
        samples = PairSamples(files, recipe, epoch, training=True)
        images = [samples[item]["image"] for item in range(4)]
        prepared = [torch.from_numpy(load_prepared(path).image).float()[None] for path in files]
        orders.append([next(n for n, p in enumerate(prepared) if torch.equal(p, image)) for image in images])
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_the_same_epoch_gives_the_same_samples(files):
    for augmentation in ("pose", "full"):
        recipe = replace(TINY, augmentation=augmentation)
        first, again, later = (PairSamples(files, recipe, epoch, training=True) for epoch in (3, 3, 4))
        assert torch.equal(first[1]["image"], again[1]["image"])
        assert not torch.equal(first[1]["image"], later[1]["image"])


def test_masks_of_moved_scans_move_with_them(files):
    for augmentation in ("pose", "full"):
        samples = PairSamples(files, replace(TINY, augmentation=augmentation), 0, training=True)
        for item in range(4):
            sample = samples[item]
            counts = sample["weight"][0] > 0
            inside, image = (sample["distance"][0] < -4) & counts, sample["image"][0]
            gap = (sample["distance"][0] > 4) & (sample["distance"][0] < 8) & counts
            assert image[inside].median() > 1.5 * image[gap].median()


def test_batches_share_a_grid(files):
    recipe = replace(TINY, grid_sizes=[[16, 32], [16, 32], [16, 32]], batch_size=2)
    samples = PairSamples(files * 4, recipe, 0, training=True, batch_size=2)
    shapes = [tuple(samples[item]["image"].shape) for item in range(16)]
    assert shapes[::2] == shapes[1::2]
    assert len(set(shapes)) > 1


def test_validation_takes_every_scan_unchanged_or_draws_with_replacement(files):
    fixed = PairSamples(files, TINY, 0, training=False)
    assert torch.equal(fixed[0]["image"], PairSamples(files, TINY, 5, training=False)[0]["image"])
    drawn = replace(TINY, validation_sampling="bootstrap")
    seen = {tuple(PairSamples(files, drawn, epoch, False)[n]["image"].shape) for epoch in (0, 1) for n in range(4)}
    assert seen
    sums = {float(PairSamples(files, drawn, epoch, False)[0]["image"].sum()) for epoch in range(6)}
    assert len(sums) > 1


def test_no_scan_to_train_on_or_batches_of_mixed_grids_are_refused(files):
    with pytest.raises(InputError, match="no scan is left to train on"):
        PairData(TINY, [], files)
    with pytest.raises(InputError, match=r"preprocess\.size"):
        PairData(replace(TINY, augmentation="pose", batch_size=2), files, files)
