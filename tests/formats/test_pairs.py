"""Pairs of a header and a data file."""

from __future__ import annotations

import pytest

from deskull import InputError
from deskull.formats.pairs import find_sibling, has_header_beside, read_text


@pytest.mark.parametrize(
    ("data", "header"),
    [
        ("a.img", "a.hdr"),
        ("A.IMG", "A.HDR"),
        ("a.img.gz", "a.hdr.gz"),
        ("a+orig.BRIK", "a+orig.HEAD"),
        ("a+orig.BRIK.gz", "a+orig.HEAD"),
        ("a.REC", "a.PAR"),
        ("a.rec", "a.par"),
    ],
)
def test_a_data_file_with_its_header_beside_it_is_not_an_image_of_its_own(tmp_path, data, header):
    assert not has_header_beside(tmp_path / data)
    (tmp_path / header).touch()
    assert has_header_beside(tmp_path / data)


@pytest.mark.parametrize("name", ["a.nii", "a.hdr", "a.HEAD", "a.PAR", "a.mgz"])
def test_a_header_or_a_single_file_is_an_image_of_its_own(tmp_path, name):
    (tmp_path / "a.hdr").touch()
    assert not has_header_beside(tmp_path / name)


@pytest.mark.parametrize("present", ["a+orig.brik", "a+orig.BRIK.gz", "A+ORIG.BRIK"])
def test_the_other_file_is_found_in_any_case(tmp_path, present):
    (tmp_path / present).touch()
    assert find_sibling(tmp_path / "a+orig.HEAD", (".BRIK", ".BRIK.gz")).name == present


def test_a_name_with_dots_keeps_them(tmp_path):
    (tmp_path / "sub.01.v2.REC").touch()
    assert find_sibling(tmp_path / "sub.01.v2.PAR", (".REC",)).name == "sub.01.v2.REC"


def test_a_file_in_another_folder_is_not_the_other_half(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.REC").touch()
    with pytest.raises(InputError, match=r"other half a\.REC is missing"):
        find_sibling(tmp_path / "a.PAR", (".REC",))


@pytest.mark.parametrize("content", [b"text \0 and a zero", b"x" * ((1 << 22) + 1)])
def test_a_header_that_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "a.HEAD").write_bytes(content)
    with pytest.raises(InputError, match="is not the text of a header"):
        read_text(tmp_path / "a.HEAD")
