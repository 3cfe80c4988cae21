"""Files: only regular files are opened, and placeholders are named as such, in every format."""

from __future__ import annotations

import os
import re
import socket

import pytest

from deskull import InputError, formats
from deskull.formats.files import open_regular

SUFFIXES = [".nii.gz", ".nii", ".hdr", ".img", ".mgz", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".zip"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_named_pipe_is_refused_without_waiting(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    os.mkfifo(path)
    with pytest.raises(InputError, match="not a regular file"):
        formats.read(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_link_to_a_device_is_refused(tmp_path, suffix, device):
    path = tmp_path / f"scan{suffix}"
    path.symlink_to(device)
    with pytest.raises(InputError, match="not a regular file"):
        formats.read(path)


def test_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("scan.nii")
        with pytest.raises(InputError, match="not a regular file"):
            formats.read("scan.nii")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_git_lfs_pointer_is_named(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(InputError, match="Git LFS pointer"):
        formats.read(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_git_annex_link_without_content_is_named(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    path.symlink_to(f"../.git/annex/objects/Xx/Yy/MD5E-s1--ab{suffix}/MD5E-s1--ab{suffix}")
    with pytest.raises(InputError, match="git-annex"):
        formats.read(path)


def test_git_annex_pointer_of_an_unlocked_file_is_named(tmp_path):
    (tmp_path / "scan.nii.gz").write_text("/annex/objects/MD5E-s1--ab.nii.gz\n")
    with pytest.raises(InputError, match="git-annex"):
        formats.read(tmp_path / "scan.nii.gz")


def test_other_dangling_link_is_named(tmp_path):
    (tmp_path / "scan.nii.gz").symlink_to("gone.nii.gz")
    with pytest.raises(InputError, match="a link that leads to no file"):
        formats.read(tmp_path / "scan.nii.gz")


def test_folder_is_not_opened_as_a_file(tmp_path):
    with pytest.raises(InputError, match="not a regular file"):
        open_regular(tmp_path)


def test_data_file_is_named_beside_its_header(tmp_path):
    os.mkfifo(tmp_path / "scan.raw")
    message = rf"^{re.escape(str(tmp_path))}/scan.nhdr: its data file 'scan.raw' is not a regular file"
    with pytest.raises(InputError, match=message):
        open_regular(tmp_path / "scan.raw", tmp_path / "scan.nhdr")
