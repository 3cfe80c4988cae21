"""Averaging: where the b-values come from, and which of them count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull import InputError, SeriesWarning, UsageError, Volume
from deskull.averaging import averaged_frames
from deskull.formats.b_values import FoundBValues

SERIES = Volume(np.zeros((2, 2, 2, 4), np.int16), np.eye(4), name="dwi.nii")


@pytest.mark.parametrize("given", [[1000, 0, 5, 2000], (1000.0, 0.0, 5.0, 2000.0), np.array([1000, 0, 5, 2000])])
def test_b_values_of_a_caller_choose_the_frames(given):
    assert list(averaged_frames(SERIES, None, given)) == [1, 2]


def test_b_values_of_a_caller_come_before_those_of_the_scan():
    assert averaged_frames(replace(SERIES, b_values=(0, 0, 0, 1)), None, [1000, 0, 5, 2000]) == [1, 2]


def test_b_values_of_the_scan_come_before_a_file_beside_it(tmp_path):
    (tmp_path / "dwi.bval").write_text("0 0 9 9")
    assert averaged_frames(replace(SERIES, b_values=(900, 0, 0, 900)), tmp_path / "dwi.nii") == [1, 2]


def test_file_of_a_caller_is_read_for_an_image_in_memory(tmp_path):
    (tmp_path / "b.txt").write_text("1000 0 5 2000")
    assert averaged_frames(SERIES, object(), str(tmp_path / "b.txt")) == [1, 2]


def test_file_of_a_caller_that_does_not_fit_is_refused(tmp_path):
    (tmp_path / "b.txt").write_text("1000 0 5")
    with pytest.raises(InputError, match=r"b\.txt: holds 3 b-values for 4 frames; correct the file"):
        averaged_frames(SERIES, None, tmp_path / "b.txt")


def test_file_that_was_found_and_does_not_fit_is_ignored_with_a_warning(tmp_path):
    (tmp_path / "b.txt").write_text("1000 0 5")
    with pytest.warns(SeriesWarning, match=r"b\.txt: holds 3 b-values for 4 frames"):
        assert list(averaged_frames(SERIES, None, FoundBValues(tmp_path / "b.txt"))) == [0, 1, 2, 3]


def test_all_frames_are_averaged_without_b_values():
    assert list(averaged_frames(SERIES)) == [0, 1, 2, 3]


def test_no_frames_of_a_single_image_are_averaged():
    assert averaged_frames(SERIES.frame(0), None, [0, 1000]) == ()


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ([0, 1000], "must be 4 numbers, one for each frame, not 2"),
        ([[0, 1, 2, 3]], "must be 4 numbers, one for each frame, not 1 x 4"),
        (5.0, "must be 4 numbers, one for each frame, not a single one"),
        ([0, 1, 2, -3], "must be finite and not negative"),
        ([0, 1, 2, np.nan], "must be finite and not negative"),
        ([0, 1, 2, "x"], "must be numbers, or the path of a file"),
    ],
)
def test_b_values_that_do_not_fit_are_refused(given, fault):
    with pytest.raises(UsageError, match=f"^b_values: {fault}"):
        averaged_frames(SERIES, None, given)
