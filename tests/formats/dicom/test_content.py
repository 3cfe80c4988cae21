"""Whether the voxels of a volume are the pixels of its slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull import formats
from deskull.formats.dicom.content import count_misplaced
from deskull.formats.dicom.series import list_series
from deskull.formats.dicom.slices import select_images
from tests.formats.dicom.synthetic import Recipe, image, write


@pytest.fixture
def noisy(tmp_path):
    """A volume of twelve slices of noise, and their stack."""
    rng = np.random.default_rng(0)
    for index in range(12):
        made = image(Recipe(uid="1.2.3"), index)
        made.PixelData = rng.integers(0, 1000, (16, 16)).astype(np.int16).tobytes()
        write(made, tmp_path / "series" / f"{index}.dcm")
    (series,) = list_series(tmp_path / "series")
    return formats.read(tmp_path / "series"), select_images(series, tmp_path)


def test_volume_of_the_slices_has_none_misplaced(noisy):
    volume, stack = noisy
    assert count_misplaced(volume, stack.images, stack.frames) == 0


def test_scaled_voxels_are_the_same_slices(noisy):
    volume, stack = noisy
    assert count_misplaced(replace(volume, data=volume.data * 3 - 7), stack.images, stack.frames) == 0


def test_exchanged_slices_are_counted(noisy):
    volume, stack = noisy
    data = volume.data.copy()
    data[..., [2, 7]] = data[..., [7, 2]]
    assert count_misplaced(replace(volume, data=data), stack.images, stack.frames) == 2


def test_reversed_slices_are_all_misplaced(noisy):
    volume, stack = noisy
    assert count_misplaced(replace(volume, data=volume.data[..., ::-1]), stack.images, stack.frames) == 12


def test_empty_slice_in_the_place_of_another_is_counted(noisy):
    volume, stack = noisy
    data = volume.data.copy()
    data[..., 4] = 0
    assert count_misplaced(replace(volume, data=data), stack.images, stack.frames) == 1
