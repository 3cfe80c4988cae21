"""Data files that headers name: only regular files in the header's folder, below it, or in its git-annex."""

from __future__ import annotations

import os

import pytest

from deskull import InputError
from deskull.formats.detached import open_data_file
from deskull.options import ReadOptions

INSIDE, ANYWHERE = ReadOptions(), ReadOptions(allow_outside_data=True)


@pytest.fixture
def header(tmp_path):
    """A header in a folder of its own, beside a file that it should not reach."""
    (tmp_path / "secret.raw").write_bytes(b"secret")
    folder = tmp_path / "scans"
    (folder / "below").mkdir(parents=True)
    (folder / "scan.raw").write_bytes(b"voxels")
    (folder / "below" / "scan.raw").write_bytes(b"voxels")
    (folder / "link.raw").symlink_to("../secret.raw")
    (folder / "chain.raw").symlink_to("link.raw")
    (folder / "good link.raw").symlink_to("scan.raw")
    (folder / "folder link").symlink_to("..")
    (folder / "circle.raw").symlink_to("circle.raw")
    return folder / "scan.nhdr"


@pytest.mark.parametrize("name", ["scan.raw", "./scan.raw", "below/scan.raw", "below/../scan.raw", "good link.raw"])
def test_file_within_the_folder_is_opened(header, name):
    with open_data_file(header, name, INSIDE) as file:
        assert file.read() == b"voxels"


OUTSIDE = ["../secret.raw", "below/../../secret.raw", "link.raw", "chain.raw", "folder link/secret.raw"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_file_outside_the_folder_is_refused(header, name):
    with pytest.raises(InputError, match=r"outside the header's folder.*allow_outside_data"):
        open_data_file(header, name, INSIDE)


@pytest.mark.parametrize("name", OUTSIDE)
def test_file_outside_the_folder_is_opened_if_permitted(header, name):
    with open_data_file(header, name, ANYWHERE) as file:
        assert file.read() == b"secret"


def test_absolute_path_outside_is_refused(header):
    with pytest.raises(InputError, match="outside the header's folder"):
        open_data_file(header, "/etc/passwd", INSIDE)


def test_absolute_path_within_the_folder_is_opened(header):
    with open_data_file(header, str(header.parent / "scan.raw"), INSIDE) as file:
        assert file.read() == b"voxels"


def test_missing_file_outside_is_not_told_from_an_existing_one(header):
    with pytest.raises(InputError, match="outside the header's folder"):
        open_data_file(header, "../no such file", INSIDE)


@pytest.mark.parametrize("options", [INSIDE, ANYWHERE])
def test_device_is_refused_even_if_permitted_outside(header, options):
    with pytest.raises(InputError, match=r"outside|not a regular file"):
        open_data_file(header, "/dev/zero", options)


def test_named_pipe_is_refused_without_waiting(header):
    os.mkfifo(header.parent / "pipe.raw")
    with pytest.raises(InputError, match=r"^.*scan.nhdr: its data file 'pipe.raw' is not a regular file"):
        open_data_file(header, "pipe.raw", INSIDE)


def test_missing_file_is_refused(header):
    with pytest.raises(InputError, match=r"scan.nhdr: its data file 'gone.raw' does not exist"):
        open_data_file(header, "gone.raw", INSIDE)


@pytest.mark.parametrize("name", ["circle.raw", "a" * 5000])
def test_name_that_cannot_be_followed_is_refused(header, name):
    with pytest.raises(InputError, match=r"cannot be opened|does not exist"):
        open_data_file(header, name, INSIDE)


def test_data_file_without_content_from_git_annex_is_named(header):
    (header.parent / "annexed.raw").symlink_to("../.git/annex/objects/key.raw")
    with pytest.raises(InputError, match=r"scan.nhdr: its data file 'annexed.raw' has no content here \(git-annex\)"):
        open_data_file(header, "annexed.raw", INSIDE)


def test_data_file_that_is_a_git_lfs_pointer_is_named(header):
    (header.parent / "pointer.raw").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n")
    with pytest.raises(InputError, match=r"scan.nhdr: its data file 'pointer.raw' is a Git LFS pointer"):
        open_data_file(header, "pointer.raw", INSIDE)


@pytest.mark.parametrize("name", ["", "scan\0.raw"])
def test_unusable_name_is_refused(header, name):
    with pytest.raises(InputError, match="no usable data file"):
        open_data_file(header, name, INSIDE)


def test_content_that_git_annex_keeps_for_the_folder_is_opened(header):
    store = header.parent.parent / ".git" / "annex" / "objects"
    store.mkdir(parents=True)
    (store / "key.raw").write_bytes(b"voxels")
    (header.parent / "annexed.raw").symlink_to("../.git/annex/objects/key.raw")
    with open_data_file(header, "annexed.raw", INSIDE) as file:
        assert file.read() == b"voxels"
