"""Preparation: once, in parallel, keyed by content, with distances more exact than the voxels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.data.cases import Case, read_cases
from deskull.data.prepare import MAX_DISTANCE_MM, cache_key, prepare, prepare_case
from deskull.preprocessing.settings import Preprocessing
from tests.train.phantoms import write_heads

SETTINGS = Preprocessing(voxel_size=4.0, size_multiple=4)


@pytest.fixture
def cases(tmp_path):
    return read_cases(write_heads(tmp_path, 3))


def test_cases_are_prepared_once(cases, tmp_path):
    first = list(prepare(cases, SETTINGS, tmp_path / "cache", jobs=2))
    again = list(prepare(cases, SETTINGS, tmp_path / "cache"))
    assert [outcome.cached for outcome in first + again] == [False] * 3 + [True] * 3
    assert {o.case.name: o.path for o in first} == {o.case.name: o.path for o in again}
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_names_are_not_part_of_the_key(cases):
    renamed = replace(cases[0], name="other", subject="other")
    assert cache_key(renamed, SETTINGS) == cache_key(cases[0], SETTINGS)


def test_settings_are_part_of_the_key(cases):
    assert cache_key(cases[0], replace(SETTINGS, n4=True)) != cache_key(cases[0], SETTINGS)


def test_files_are_part_of_the_key(cases):
    others = [cases[1], replace(cases[0], roi=cases[0].mask), replace(cases[0], mask=cases[1].mask)]
    keys = {cache_key(case, SETTINGS) for case in (cases[0], *others)}
    assert len(keys) == 4


def test_content_of_files_is_part_of_the_key(cases):
    key, mask = cache_key(cases[0], SETTINGS), formats.read(cases[0].mask)
    formats.write(mask.with_data(np.roll(mask.data, 1, 0)), cases[0].mask, overwrite=True)
    assert cache_key(cases[0], SETTINGS) != key


def test_unusable_scans_and_masks_do_not_stop_the_others(cases, tmp_path):
    cases[1].raw.write_bytes(b"no scan")
    empty = formats.read(cases[2].mask)
    formats.write(empty.with_data(np.zeros_like(empty.data)), cases[2].mask, overwrite=True)
    outcomes = {o.case.name: o for o in prepare(cases, SETTINGS, tmp_path / "cache")}
    assert outcomes[cases[0].name].path
    assert "sub-01_T1w.nii.gz: is not a NIfTI image" in outcomes[cases[1].name].problem
    assert "is empty within the field of view" in outcomes[cases[2].name].problem


def test_missing_file_is_named(cases, tmp_path):
    cases[0].mask.unlink()
    (outcome,) = prepare(cases[:1], SETTINGS, tmp_path / "cache")
    assert outcome.path is None
    assert "sub-00_T1w_brainmask" in outcome.problem


def test_scan_with_the_same_value_everywhere_is_refused(cases):
    scan = formats.read(cases[0].raw)
    formats.write(scan.with_data(scan.data * 0 + 5), cases[0].raw, overwrite=True)
    with pytest.raises(InputError, match="has the same value in every voxel; leave it out"):
        prepare_case(cases[0], SETTINGS)


@pytest.fixture(scope="module")
def prepared_ball(tmp_path_factory):
    """A ball of 35.3 mm at 2 mm, prepared at 4 mm; and its true distance there."""
    folder, centre, radius = tmp_path_factory.mktemp("ball"), 79.0, 35.3
    distance = np.linalg.norm(np.stack(np.indices((80, 80, 80)), -1) * 2.0 - centre, axis=-1)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    formats.write(Volume((distance * 7).astype(np.int16), affine), folder / "scan.nii.gz")
    formats.write(Volume((distance < radius).astype(np.uint8), affine), folder / "mask.nii.gz")
    prepared = prepare_case(Case("a", "a", folder / "scan.nii.gz", folder / "mask.nii.gz"), SETTINGS)
    return prepared, np.linalg.norm((np.stack(np.indices((40,) * 3), -1) * 4.0 + 1.0) - centre, axis=-1) - radius


def test_distances_are_exact_to_an_eighth_of_a_voxel(prepared_ball):
    prepared, true = prepared_ball
    near = np.abs(true) < 12
    assert np.abs(prepared.distance.astype(float) - true)[near].mean() < 0.5


def test_distances_are_clipped(prepared_ball):
    assert prepared_ball[0].distance.max() == MAX_DISTANCE_MM
    assert prepared_ball[0].distance.min() == -MAX_DISTANCE_MM


def test_whole_field_of_view_is_valid_without_a_region_of_interest(prepared_ball):
    assert prepared_ball[0].valid.all()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return read_cases(write_heads(tmp_path_factory.mktemp("heads"), 1))[0]


def test_distances_lie_on_the_grid_of_the_networks_output(case):
    plain = prepare_case(case, Preprocessing(4.0, 8))
    finer = prepare_case(case, Preprocessing(2.0, 16, stride=2))
    assert finer.image.shape == tuple(2 * size for size in plain.image.shape)
    assert finer.distance.shape == finer.valid.shape == plain.distance.shape
    # Partial volumes, not numbers of voxels: the grids may differ by half a voxel, so that the edge crosses centres.
    volumes = [np.clip(0.5 - p.distance.astype(float) / 4, 0, 1).sum() for p in (plain, finer)]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.01)


def test_nearest_masks_lie_on_the_grid_of_the_networks_output(case):
    finer = prepare_case(case, Preprocessing(2.0, 16, stride=2, interpolation="nearest"))
    assert finer.distance.shape == finer.valid.shape == tuple(size // 2 for size in finer.image.shape)


def test_only_the_region_of_interest_is_valid(case, tmp_path):
    region = formats.read(case.mask)
    half = np.zeros_like(region.data)
    half[:22] = 1
    formats.write(region.with_data(half), tmp_path / "roi.nii.gz")
    prepared = prepare_case(replace(case, roi=tmp_path / "roi.nii.gz"), SETTINGS)
    assert 0.3 < prepared.valid.mean() < 0.6


def test_nearest_interpolation_keeps_the_mask(case):
    prepared = prepare_case(case, replace(SETTINGS, interpolation="nearest", intensity="bytes"))
    assert (prepared.distance < 0).sum() == formats.read(case.mask).data.sum()
    assert prepared.image.max() == 255
