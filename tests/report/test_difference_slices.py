"""Difference slices: the worst ones, apart from one another, and even ones besides."""

from __future__ import annotations

import numpy as np

from deskull.report.difference_slices import difference_slices

MASK = np.ones((100, 8, 8), bool)


def different(**areas: int) -> np.ndarray:
    """Voxels that differ: so many in the slice of a number."""
    found = np.zeros(MASK.shape, bool)
    for name, area in areas.items():
        found[int(name.removeprefix("x"))].flat[:area] = True
    return found


def test_worst_slices_are_chosen():
    assert difference_slices(MASK, different(x10=9, x40=20, x90=30), 0, 2) == [40, 90]


def test_neighbours_of_a_chosen_slice_are_not():
    assert difference_slices(MASK, different(x40=20, x45=19, x90=8), 0, 2) == [40, 90]


def test_slices_in_which_little_differs_give_way_to_even_ones():
    chosen = difference_slices(MASK, different(x40=60, x90=2), 0, 3)
    assert 40 in chosen
    assert 90 not in chosen
    assert len(chosen) == 3


def test_without_differences_slices_are_at_equal_distances():
    assert difference_slices(MASK, different(), 0, 5) == [10, 30, 50, 69, 89]


def test_thin_mask_has_no_slice_twice():
    thin = np.zeros(MASK.shape, bool)
    thin[50:52] = True
    assert difference_slices(thin, different(), 0, 5) == [50, 51]
