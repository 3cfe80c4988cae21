"""Running dcm2niix: in a clean environment, within limits, and without its paths in messages."""

from __future__ import annotations

import stat
import sys
from types import SimpleNamespace

import pytest

from deskull.errors import InputError
from deskull.formats.dicom import conversion
from deskull.formats.dicom.conversion import convert
from deskull.formats.dicom.headers import read_image

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="replaces dcm2niix by a shell script")


@pytest.fixture
def images(folder):
    return [read_image(path) for path in sorted(folder.iterdir())]


@pytest.fixture
def scratch(tmp_path):
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a shell script in the place of dcm2niix."""

    def replace(script):
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(conversion, "require", lambda module: SimpleNamespace(bin=str(path)))

    return replace


def test_series_is_converted(images, scratch):
    files, _ = convert(images, scratch, "series")
    assert [path.name for path in files] == ["image.nii"]


def test_settings_of_the_user_are_not_read(images, scratch, program, monkeypatch):
    monkeypatch.setenv("SECRET", "1")
    program('[ -z "$SECRET" ] && [ "$HOME" = "$PWD" ] && touch out/image.nii')
    assert len(convert(images, scratch, "series")[0]) == 1


def test_program_that_takes_too_long_is_ended(images, scratch, program, monkeypatch):
    monkeypatch.setattr(conversion, "MAX_SECONDS", 0.1)
    program("exec sleep 100")
    with pytest.raises(InputError, match="series: dcm2niix took longer than"):
        convert(images, scratch, "series")


def test_crash_is_reported_in_a_sentence(images, scratch, program):
    program("kill -SEGV $$")
    with pytest.raises(InputError, match="series: dcm2niix cannot convert it; check"):
        convert(images, scratch, "series")


def test_warning_is_quoted_without_paths_and_values_of_headers(images, scratch, program):
    program("echo \"Warning: slices vary in $PWD/in/a.dcm of 'Doe^Jane' today\"")
    with pytest.raises(InputError, match=r"\(Warning: slices vary in \.\.\. of \.\.\. today\)"):
        convert(images, scratch, "series")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of other processes are Linux's")
def test_output_beyond_the_limit_is_cut(images, scratch, program, monkeypatch):
    monkeypatch.setattr(conversion, "_OUTPUT_BYTES", 10_000)
    monkeypatch.setattr(conversion, "_OUTPUT_RATIO", 0)
    program("sleep 0.3; head -c 1000000 /dev/zero > out/image.nii")
    (file,), _ = convert(images, scratch, "series")
    assert file.stat().st_size <= 10_000
