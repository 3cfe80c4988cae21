"""Streamed series: one frame at a time, the same values as in memory, and errors when the file has changed."""

from __future__ import annotations

import gzip
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.streamed import StreamedSeries, streamed

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
DATA = np.arange(40 * 40 * 40 * 5, dtype=np.int16).reshape(40, 40, 40, 5)


@pytest.fixture
def made():
    """A streamed series, and the numbers of the frames that were produced."""
    produced = []

    def source():
        for index in range(DATA.shape[3]):
            produced.append(index)
            yield DATA[..., index]

    return streamed(Volume(DATA, AFFINE, 2.0, 1.0, name="made"), source), produced


@pytest.fixture(params=["scan.nii.gz", "scan.nii", "scan.hdr"])
def path(request, tmp_path):
    path = tmp_path / request.param
    if path.suffix == ".hdr":
        formats.write(Volume(DATA, AFFINE), tmp_path / "single.nii")
        content = (tmp_path / "single.nii").read_bytes()
        path.write_bytes(content[:344] + b"ni1\0" + bytes(4))
        path.with_suffix(".img").write_bytes(bytes(352) + content[352:])
    else:
        formats.write(Volume(DATA, AFFINE), path)
    return path


def test_series_without_a_header_is_written_frame_by_frame(made, tmp_path):
    formats.write(made[0], tmp_path / "scan.nii")
    assert "data" not in vars(made[0])
    np.testing.assert_array_equal(formats.read(tmp_path / "scan.nii").data, DATA)


def test_frames_with_the_header_of_a_3d_scan_are_written_as_a_series(tmp_path):
    formats.write(Volume(DATA[..., 0], AFFINE), tmp_path / "scan.nii")
    series = replace(formats.read(tmp_path / "scan.nii"), data=DATA)
    formats.write(series, tmp_path / "series.nii")
    np.testing.assert_array_equal(formats.read(tmp_path / "series.nii").data, DATA)


def test_what_is_known_of_a_series_needs_no_frames(made):
    series, produced = made
    assert (series.shape, series.n_frames, series.ndim, series.dtype) == ((40, 40, 40), 5, 4, np.int16)
    assert (series.slope, series.inter, series.name) == (2.0, 1.0, "made")
    assert not produced


def test_mean_needs_every_frame_once(made):
    series, produced = made
    mean = series.mean_frame([1, 2])
    np.testing.assert_allclose(mean.values(), (DATA[..., 1:3] * 2.0 + 1).mean(axis=3))
    assert mean.ndim == 3
    assert produced == [0, 1, 2, 3, 4]


def test_data_are_read_once_and_kept(made):
    series, produced = made
    np.testing.assert_array_equal(series.data, DATA)
    np.testing.assert_array_equal(list(series.frames()), np.moveaxis(DATA, 3, 0))
    assert series.data is series.data
    assert produced == [0, 1, 2, 3, 4]


def test_copy_with_other_fields_keeps_the_voxels(made):
    renamed = replace(made[0], name="renamed")
    np.testing.assert_array_equal(renamed.data, DATA)
    assert (renamed.name, renamed.n_frames, len(list(renamed.frames()))) == ("renamed", 5, 5)


def test_other_voxels_take_the_place_of_the_frames(made):
    mask = made[0].with_data(np.ones((40, 40, 40), np.uint8))
    assert (mask.ndim, mask.dtype, len(list(mask.frames()))) == (3, np.uint8, 1)


def test_series_kept_in_its_file_is_that_read_at_once(path):
    series = formats.read(path, keep_in_file=True)
    assert isinstance(series, StreamedSeries)
    np.testing.assert_array_equal(list(series.frames()), np.moveaxis(DATA, 3, 0))
    np.testing.assert_array_equal(series.affine, formats.read(path).affine)


def test_streamed_series_is_written_as_one_in_memory(path, tmp_path):
    for name in ("streamed.nii.gz", "memory.nii.gz"):
        formats.write(formats.read(path, keep_in_file=name == "streamed.nii.gz"), tmp_path / name)
    assert (tmp_path / "streamed.nii.gz").read_bytes() == (tmp_path / "memory.nii.gz").read_bytes()


@pytest.mark.parametrize("name", ["scan.mgz", "scan.nrrd"])
def test_streamed_series_is_written_in_other_formats(path, tmp_path, name):
    formats.write(formats.read(path, keep_in_file=True), tmp_path / name)
    np.testing.assert_array_equal(formats.read(tmp_path / name).data, DATA)


def test_3d_scan_is_read_at_once(tmp_path):
    formats.write(Volume(DATA[..., 0], AFFINE), tmp_path / "scan.nii.gz")
    assert type(formats.read(tmp_path / "scan.nii.gz", keep_in_file=True)) is Volume


def test_file_that_is_cut_short_is_refused_when_its_frames_are_read(tmp_path):
    formats.write(Volume(DATA, AFFINE), tmp_path / "whole.nii")
    content = (tmp_path / "whole.nii").read_bytes()
    (tmp_path / "scan.nii.gz").write_bytes(gzip.compress(content[:-100]))
    series = formats.read(tmp_path / "scan.nii.gz", keep_in_file=True)
    with pytest.raises(InputError, match="ends before its last voxel"):
        series.mean_frame([0])


def test_file_with_a_wrong_checksum_is_refused_when_its_frames_are_read(tmp_path):
    formats.write(Volume(DATA, AFFINE), tmp_path / "scan.nii.gz")
    content = (tmp_path / "scan.nii.gz").read_bytes()
    (tmp_path / "scan.nii.gz").write_bytes(content[:-8] + bytes(4) + content[-4:])
    series = formats.read(tmp_path / "scan.nii.gz", keep_in_file=True)
    with pytest.raises(InputError, match="damaged compressed data"):
        series.mean_frame([0])


def test_file_that_has_changed_since_its_header_was_read_is_refused(path):
    series = formats.read(path, keep_in_file=True)
    voxels = path.with_suffix(".img") if path.suffix == ".hdr" else path
    voxels.write_bytes(voxels.read_bytes() + bytes(1))
    with pytest.raises(InputError, match="changed while it was being stripped; strip it again"):
        next(series.frames())


def test_file_that_has_gone_is_refused(path):
    series = formats.read(path, keep_in_file=True)
    (path.with_suffix(".img") if path.suffix == ".hdr" else path).unlink()
    with pytest.raises(InputError, match=r"scan\."):
        next(series.frames())


def test_mask_and_brain_of_a_series_take_the_memory_of_a_few_frames(toy_stripper, tiny_head, tmp_path):
    n_frames = 60
    noise = np.random.default_rng(0).integers(0, 30, (*tiny_head.shape, n_frames), np.int16)
    series = replace(tiny_head, data=tiny_head.data[..., None] + noise)
    formats.write(series, tmp_path / "bold.nii.gz")
    toy_stripper.strip(tmp_path / "bold.nii.gz")
    tracemalloc.start()
    result = toy_stripper.strip(tmp_path / "bold.nii.gz")
    tracemalloc.reset_peak()
    formats.write(result.brain, tmp_path / "brain.nii.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < series.data.nbytes / 2
    expected = np.where(result.mask.data[..., None], series.data, 0)
    np.testing.assert_array_equal(formats.read(tmp_path / "brain.nii.gz").data, expected)
