"""Recognising DICOM files by their first bytes."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.formats.dicom.files import find_files, holds_dicom, is_dicom, starts_like_dicom
from tests.formats.dicom.synthetic import Recipe, image, write


@pytest.mark.parametrize(("preamble", "implicit"), [(True, False), (False, False), (False, True)])
def test_dicom_file_is_recognised_in_each_encoding(preamble, implicit, tmp_path):
    path = write(image(Recipe(), 0), tmp_path / "MR.1.2.3", preamble=preamble, implicit=implicit)
    assert is_dicom(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08\x00",
        b"\x5c\x01\x00\x00" + bytes(400),
        bytes(512),
        b"\x08\x00" * 256,
        b"\x1f\x8b\x08\x00" + bytes(400),
        b"\x08\x00\x05\x00CS\xff\xff" + bytes(400),
        b"\x08\x00\x05\x00\xff\xff\xff\xff" + bytes(400),
        b"NRRD0004\ntype: short\n",
    ],
    ids=["empty", "short", "NIfTI", "zeros", "repeated", "gzip", "too long", "too long, implicit", "NRRD"],
)
def test_other_content_is_not_dicom(content):
    assert not starts_like_dicom(content)


@given(st.binary(max_size=512))
def test_any_bytes_are_judged_without_an_error(content):
    assert starts_like_dicom(content) in (True, False)


def test_table_of_contents_of_a_disc_is_no_image(folder):
    (folder / "slice000.dcm").rename(folder / "DICOMDIR")
    assert not is_dicom(folder / "DICOMDIR")


def test_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "slice.dcm")
    assert not is_dicom(tmp_path / "slice.dcm")
    assert not holds_dicom(tmp_path)


def test_folder_beneath_does_not_count_as_dicom_of_the_folder(folder):
    assert holds_dicom(folder)
    assert not holds_dicom(folder.parent)


def test_files_named_as_other_formats_are_not_opened(folder, monkeypatch):
    for path in folder.iterdir():
        path.rename(path.with_suffix(".json"))
    assert not holds_dicom(folder)
    assert find_files(folder) == ([], 0)


def test_segmentation_of_deskull_is_no_source(folder):
    for path in folder.iterdir():
        path.rename(folder / f"{path.stem}_seg.dcm")
    assert not holds_dicom(folder)


def test_files_are_listed_by_name_with_those_in_folders_beneath(folder):
    (folder / "more").mkdir()
    (folder / "slice000.dcm").rename(folder / "more" / "I0")
    files, damaged = find_files(folder.parent)
    assert [path.name for path in files] == ["I0", *(f"slice{index:03d}.dcm" for index in range(1, 12))]
    assert damaged == 0


def test_damaged_files_with_names_of_dicom_are_counted(folder):
    (folder / "a.dcm").write_bytes(b"x")
    (folder / "notes").write_bytes(b"x")
    assert find_files(folder)[1] == 1
