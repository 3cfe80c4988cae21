"""Series: the frames that show the head best."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.preprocessing.series import frames_text, frames_to_average


@pytest.mark.parametrize(("n_frames", "frames"), [(1, [0]), (9, range(9)), (10, range(3, 10)), (300, range(3, 300))])
def test_first_three_of_at_least_ten_frames_are_left_out(n_frames, frames):
    assert list(frames_to_average(n_frames)) == list(frames)


@pytest.mark.parametrize(
    ("b_values", "frames"),
    [([0, 1000, 5, 2000], [0, 2]), ([1000, 50, 51], [1]), ([2000, 1000, 1000], [1, 2]), ([0] * 12, range(12))],
    ids=["zero", "limit", "lowest", "all"],
)
def test_frames_with_the_lowest_b_value_are_chosen(b_values, frames):
    assert list(frames_to_average(len(b_values), np.array(b_values, float))) == list(frames)


@pytest.mark.parametrize(
    ("frames", "text"), [([], ""), ([4], "4"), ([0, 1], "0-1"), (range(3, 12), "3-11"), ([0, 2, 3, 4, 9], "0, 2-4, 9")]
)
def test_frames_are_written_with_ranges(frames, text):
    assert frames_text(frames) == text
