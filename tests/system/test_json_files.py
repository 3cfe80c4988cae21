"""JSON files: an object is read, and files that are damaged, hostile or too large are refused."""

from __future__ import annotations

import os

import pytest

from deskull.errors import InputError
from deskull.system.json_files import MAX_BYTES, read_object


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.json"


def test_object_is_read_with_and_without_a_mark_of_utf_8(path):
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text('{"a": 1}', encoding=encoding)
        assert read_object(path) == {"a": 1}


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"a": ' + b"9" * 5000 + b"}"])
def test_damaged_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json: cannot be read as JSON \(.*\); correct it, or make it anew"):
        read_object(path)


@pytest.mark.parametrize("content", [b"[]", b"null", b"1", b"{}" + b" " * MAX_BYTES])
def test_file_without_an_object_or_beyond_the_limit_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json: holds no JSON object of at most 1 MB; correct it, or make it anew"):
        read_object(path)


def test_limit_can_be_raised(path):
    path.write_bytes(b"{}" + b" " * MAX_BYTES)
    assert read_object(path, 2 * MAX_BYTES) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe_is_refused_without_waiting(path):
    os.mkfifo(path)
    with pytest.raises(InputError, match="is not a regular file; remove it"):
        read_object(path)
