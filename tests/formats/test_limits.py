"""Limits of a head: real scans of every resolution pass, slips of unit and damage do not."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import InputError, Volume, formats
from deskull.formats import limits
from deskull.formats.limits import check_count, check_extent, check_limits


def affine(*sizes, origin=(0, 0, 0)):
    matrix = np.diag([*map(float, sizes), 1.0])
    matrix[:3, 3] = origin
    return matrix


PLAUSIBLE = {
    "1 mm": ((256, 256, 192), (1, 1, 1)),
    "ex vivo at 0.1 mm": ((1760, 1760, 1280), (0.1, 0.1, 0.1)),
    "7 T at 0.25 mm": ((640, 880, 880), (0.25, 0.25, 0.25)),
    "thick slices": ((512, 512, 19), (0.45, 0.45, 8)),
    "echo-planar": ((64, 64, 30), (3.75, 3.75, 4.4)),
    "CT down to the shoulders": ((512, 512, 800), (0.98, 0.98, 1)),
    "tiny test image": ((4, 3, 2), (1, 1, 1)),
}


@pytest.mark.parametrize("name", PLAUSIBLE)
def test_size_of_a_scan_passes(name):
    shape, sizes = PLAUSIBLE[name]
    check_extent(affine(*sizes), shape, "scan")


IMPLAUSIBLE = {
    "micrometres": ((256, 256, 192), (1000, 1000, 1000), "micrometres"),
    "one axis in micrometres": ((256, 256, 192), (1, 1, 1000), "micrometres"),
    "150 mm": ((48, 48, 48), (150, 150, 150), "micrometres"),
    "1e30 mm": ((48, 48, 48), (1e30, 1, 1), "1e.30 mm"),
    "1e300 mm": ((48, 48, 48), (1e300, 1, 1), "too large"),
    "metres": ((256, 256, 192), (0.001, 0.001, 0.001), "metres"),
    "centimetres": ((256, 256, 192), (0.1, 0.1, 0.1), "centimetres"),
    "zero": ((48, 48, 48), (1, 0, 1), "zero"),
    "a whole body": ((512, 512, 1900), (0.98, 0.98, 1), "not a head"),
}


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_size_of_no_scan_is_refused_with_a_guess(name):
    shape, sizes, guess = IMPLAUSIBLE[name]
    with pytest.raises(InputError, match=rf"^scan: .*{guess}"):
        check_extent(affine(*sizes), shape, "scan")


def test_origin_far_away_is_refused():
    with pytest.raises(InputError, match="km from the origin"):
        check_extent(affine(1, 1, 1, origin=(0, 1e10, 0)), (48, 48, 48), "scan")


def test_rotated_voxels_have_their_own_size():
    turned = np.eye(4)
    turned[:3, :3] = np.array([[0, 0, 9], [9, 0, 0], [0, 9, 0]])
    check_extent(turned, (30, 30, 30), "scan")


def test_more_voxels_than_any_scan_are_refused():
    with pytest.raises(InputError, match="more than any head"):
        check_count((99_999, 99_999, 99_999), "scan")


def test_more_frames_than_any_series_are_refused():
    with pytest.raises(InputError, match="at most 32767"):
        check_count((4, 4, 4, 32_768), "scan")


def test_more_bytes_than_free_memory_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "available_gb", lambda: 2.0)
    check_count((1000, 1000, 1000), "scan", np.int16)
    with pytest.raises(InputError, match=r"take 4\.0 GB, more than the free memory"):
        check_count((1000, 1000, 1000), "scan", np.float32)


def test_volume_in_memory_is_checked_by_its_name():
    with pytest.raises(InputError, match=r"^image in memory: has voxels of 300 mm"):
        check_limits(Volume(np.zeros((4, 4, 4), np.int16), affine(300, 1, 1), name="image in memory"))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".mgz", ".nrrd", ".mha"])
def test_every_format_is_checked(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    formats.write(Volume(np.zeros((4, 4, 4), np.int16), affine(1, 1000, 1)), path)
    with pytest.raises(InputError, match=r"voxels of 1000 mm \(were micrometres taken"):
        formats.read(path)
