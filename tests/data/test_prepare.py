"""Preparing: once, in parallel, whole, keyed by content; masks exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.data.cases import Case, read_cases
from deskull.data.prepare import key_of, load_prepared, prepare, prepare_case
from deskull.preprocessing.settings import Preprocessing
from tests.train.phantoms import write_heads

SETTINGS = Preprocessing(voxel_size=4.0, size_multiple=4)


@pytest.fixture
def cases(tmp_path):
    return read_cases(write_heads(tmp_path, 3))


def test_cases_are_prepared_once_and_found_again(cases, tmp_path):
    first = list(prepare(cases, SETTINGS, tmp_path / "cache", jobs=2))
    again = list(prepare(cases, SETTINGS, tmp_path / "cache"))
    assert not any(outcome.found for outcome in first)
    assert all(outcome.found for outcome in again)
    assert {o.case.name: o.path for o in first} == {o.case.name: o.path for o in again}
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_content_and_settings_make_the_key(cases, tmp_path):
    key = key_of(cases[0], SETTINGS)
    assert key_of(replace(cases[0], name="other", subject="other"), SETTINGS) == key
    assert key_of(cases[0], replace(SETTINGS, n4=True)) != key
    assert key_of(cases[1], SETTINGS) != key
    assert key_of(replace(cases[0], roi=cases[0].mask), SETTINGS) != key
    mask = formats.read(cases[0].mask)
    formats.write(mask.with_data(np.roll(mask.data, 1, 0)), cases[0].mask, overwrite=True)
    assert key_of(cases[0], SETTINGS) != key


def test_one_bad_scan_does_not_stop_the_rest(cases, tmp_path):
    cases[1].raw.write_bytes(b"no scan")
    empty = formats.read(cases[2].mask)
    formats.write(empty.with_data(np.zeros_like(empty.data)), cases[2].mask, overwrite=True)
    found = {o.case.name: o for o in prepare(cases, SETTINGS, tmp_path / "cache", jobs=2)}
    assert found[cases[0].name].path
    assert "sub-01_T1w.nii.gz: is not a NIfTI image" in found[cases[1].name].problem
    assert "is empty" in found[cases[2].name].problem


def test_a_missing_file_is_named(cases, tmp_path):
    cases[0].mask.unlink()
    (outcome,) = prepare(cases[:1], SETTINGS, tmp_path / "cache")
    assert outcome.path is None
    assert "sub-00_T1w_brainmask" in outcome.problem


def test_distances_are_exact_to_a_fraction_of_a_voxel(tmp_path):
    shape, centre, radius = (80, 80, 80), 79.0, 35.3
    grid = np.linalg.norm(np.stack(np.indices(shape), -1) * 2.0 - centre, axis=-1)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    formats.write(Volume((grid * 7).astype(np.int16), affine), tmp_path / "scan.nii.gz")
    formats.write(Volume((grid < radius).astype(np.uint8), affine), tmp_path / "mask.nii.gz")
    prepared = prepare_case(Case("a", "a", tmp_path / "scan.nii.gz", tmp_path / "mask.nii.gz"), SETTINGS)
    true = np.linalg.norm((np.stack(np.indices((40,) * 3), -1) * 4.0 + 1.0) - centre, axis=-1) - radius
    near = np.abs(true) < 12
    assert np.abs(prepared.distance.astype(float) - true)[near].mean() < 0.5  # an eighth of the grid's 4 mm
    assert prepared.counts.all()


def test_distances_lie_where_a_network_answers(cases):
    plain = prepare_case(cases[0], Preprocessing(4.0, 8))
    finer = prepare_case(cases[0], Preprocessing(2.0, 16, stride=2))
    assert finer.image.shape == tuple(2 * size for size in plain.image.shape)
    assert finer.distance.shape == finer.counts.shape == plain.distance.shape
    # Not by how many are inside: the grids may part by half a voxel, and the edge then runs through centres.
    covered = [np.clip(0.5 - p.distance.astype(float) / 4, 0, 1).sum() for p in (plain, finer)]
    assert covered[1] == pytest.approx(covered[0], rel=0.01)


def test_nearest_masks_lie_where_a_network_answers(cases):
    finer = prepare_case(cases[0], Preprocessing(2.0, 16, stride=2, interpolation="nearest"))
    assert finer.distance.shape == finer.counts.shape == tuple(size // 2 for size in finer.image.shape)


def test_only_the_region_counts(cases, tmp_path):
    region = formats.read(cases[0].mask)
    half = np.zeros_like(region.data)
    half[:22] = 1
    formats.write(region.with_data(half), tmp_path / "roi.nii.gz")
    prepared = prepare_case(replace(cases[0], roi=tmp_path / "roi.nii.gz"), SETTINGS)
    assert 0.3 < prepared.counts.mean() < 0.6


def test_nearest_keeps_the_mask_of_the_nearest_voxels(cases):
    prepared = prepare_case(cases[0], replace(SETTINGS, interpolation="nearest", intensity="bytes"))
    mask = formats.read(cases[0].mask).data
    assert (prepared.distance < 0).sum() == mask.sum()
    assert prepared.image.max() == 255


def test_a_damaged_cache_is_named(cases, tmp_path):
    (outcome,) = prepare(cases[:1], SETTINGS, tmp_path / "cache")
    outcome.path.write_bytes(outcome.path.read_bytes()[:1000])
    with pytest.raises(InputError, match="is damaged"):
        load_prepared(outcome.path)
