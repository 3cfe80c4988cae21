"""Indexing along an axis."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.axes import along, broadcast_along, occupied_indices, pad_widths

DATA = np.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slice_along_an_axis_leaves_the_other_axes_whole(axis):
    np.testing.assert_array_equal(DATA[along(axis, slice(1, None))], np.delete(DATA, 0, axis))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_indices_along_an_axis_select_as_take_does(axis):
    index = np.array([1, 0, 1])
    np.testing.assert_array_equal(DATA[along(axis, index)], np.take(DATA, index, axis))


@pytest.mark.parametrize(("axis", "shape"), [(0, (5, 1, 1)), (1, (1, 5, 1)), (2, (1, 1, 5))])
def test_a_vector_broadcasts_along_its_axis(axis, shape):
    assert broadcast_along(axis, np.arange(5)).shape == shape


@pytest.mark.parametrize(("axis", "expected"), [(0, [1]), (1, [0, 2]), (2, [3])])
def test_occupied_indices_are_those_of_true_voxels(axis, expected):
    mask = np.zeros((2, 3, 4), bool)
    mask[1, [0, 2], 3] = True
    assert occupied_indices(mask, axis).tolist() == expected


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_padding_enlarges_both_ends_of_one_axis(axis):
    padded = np.pad(DATA, pad_widths(axis, 2))
    assert [new - old for new, old in zip(padded.shape, DATA.shape, strict=True)] == [4 * (a == axis) for a in range(3)]


def test_a_tensor_broadcasts_as_an_array_does():
    torch = pytest.importorskip("torch")
    assert broadcast_along(1, torch.arange(5)).shape == (1, 5, 1)
