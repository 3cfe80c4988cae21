"""B-values: those of a file beside the series, ignored with a warning if it cannot be used, or of a given one."""

from __future__ import annotations

import os
import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, SeriesWarning
from deskull.formats.b_values import FoundBValues, read_b_values, read_given_b_values
from deskull.formats.files import opened_files


@pytest.mark.parametrize("ending", [".bval", ".bvals"])
@pytest.mark.parametrize("text", ["0 1000 5\n", "0\t1000\t5", "0\n1000\n5\n", "0, 1000, 5", "\ufeff0 1e3 5.0"])
def test_b_values_are_read_whatever_separates_them(tmp_path, ending, text):
    (tmp_path / f"dwi{ending}").write_text(text, encoding="utf-8")
    assert read_b_values(tmp_path / "dwi.nii.gz", 3).tolist() == [0, 1000, 5]


def test_series_without_a_file_has_no_b_values(tmp_path):
    assert read_b_values(tmp_path / "dwi.nii.gz", 3) is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"0 1000", "holds 2 b-values for 3 frames"),
        (b"", "holds 0 b-values for 3 frames"),
        (b"0 1000 x", "holds something other than numbers"),
        (b"0 1000 nan", "holds a number that is not a b-value"),
        (b"0 1000 -5", "holds a number that is not a b-value"),
        (b"\xff\xfe0", "is not a text file"),
        (b"0 " * 600_000, "is too long for a list of b-values"),
    ],
    ids=["short", "empty", "words", "nan", "negative", "binary", "huge"],
)
def test_file_that_cannot_be_used_is_ignored_with_a_warning(tmp_path, content, fault):
    (tmp_path / "dwi.bval").write_bytes(content)
    with pytest.warns(SeriesWarning, match=rf"dwi\.bval: {fault}; the mask is made from the mean of all frames"):
        assert read_b_values(tmp_path / "dwi.nii", 3) is None


def test_pipe_is_ignored_with_a_warning(tmp_path):
    os.mkfifo(tmp_path / "dwi.bval")
    with pytest.warns(SeriesWarning, match="is not a regular file"):
        assert read_b_values(tmp_path / "dwi.nii", 3) is None


@given(st.binary(max_size=60))
def test_any_content_gives_b_values_or_a_warning(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("b")
    (folder / "dwi.bval").write_bytes(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        values = read_b_values(folder / "dwi.nii", 2)
    assert (values is None) == bool(caught)


def test_found_file_is_read_instead_of_the_one_beside(tmp_path):
    (tmp_path / "dwi.bval").write_text("0 1000")
    (tmp_path / "other.bval").write_text("5 2000")
    found = FoundBValues(tmp_path / "other.bval")
    assert read_b_values(tmp_path / "dwi.nii.gz", 2, found).tolist() == [5, 2000]


def test_found_file_that_is_a_link_to_itself_is_ignored_with_a_warning(tmp_path):
    (tmp_path / "dwi.bval").symlink_to(tmp_path / "dwi.bval")
    with pytest.warns(SeriesWarning, match=r"dwi\.bval: could not be read"):
        assert read_b_values(tmp_path / "dwi.nii.gz", 2, FoundBValues(tmp_path / "dwi.bval")) is None


def test_given_file_is_read(tmp_path):
    (tmp_path / "b.txt").write_text("5 2000")
    assert read_given_b_values(tmp_path / "b.txt", 2).tolist() == [5, 2000]


def test_given_file_that_does_not_fit_is_refused(tmp_path):
    (tmp_path / "b.txt").write_text("0 1000")
    text = f"{tmp_path / 'b.txt'}: holds 2 b-values for 3 frames; correct the file, or name that of the series."
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        read_given_b_values(tmp_path / "b.txt", 3)


def test_given_file_that_cannot_be_read_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: is not a regular file; correct the file"):
        read_given_b_values(tmp_path / "pipe", 2)
    with pytest.raises(InputError, match="none: could not be read"):
        read_given_b_values(tmp_path / "none", 2)


@pytest.mark.parametrize("name", ["bvals", "bval"])
def test_file_without_a_name_of_its_own_is_read_if_it_fits(tmp_path, name):
    (tmp_path / name).write_text("5 1000 3000\n")
    assert read_b_values(tmp_path / "data.nii.gz", 3).tolist() == [5, 1000, 3000]


def test_file_of_the_name_of_the_series_comes_first(tmp_path):
    (tmp_path / "data.bval").write_text("0 1000")
    (tmp_path / "bvals").write_text("5 2000")
    assert read_b_values(tmp_path / "data.nii.gz", 2).tolist() == [0, 1000]


@pytest.mark.parametrize("content", [b"0 1000", b"words", b"\xff"], ids=["other number", "words", "binary"])
@pytest.mark.filterwarnings("error")
def test_file_without_a_name_of_its_own_that_does_not_fit_belongs_to_another_series(tmp_path, content):
    (tmp_path / "bvals").write_bytes(content)
    with opened_files() as opened:
        assert read_b_values(tmp_path / "bold.nii.gz", 3) is None
    assert opened == []


def test_file_without_a_name_of_its_own_is_noted_as_part_of_the_scan(tmp_path):
    (tmp_path / "bvals").write_text("0 1000")
    with opened_files() as opened:
        read_b_values(tmp_path / "data.nii.gz", 2)
    assert opened == [tmp_path / "bvals"]
