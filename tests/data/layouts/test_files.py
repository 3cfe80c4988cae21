"""Files: every image is found once, links and hidden files are treated as documented."""

from __future__ import annotations

import os
import sys

import pytest

from deskull.data.layouts.files import find_images, path_exists
from tests.data.layouts.trees import touch


def _found(folder):
    problems: list[str] = []
    return list(find_images(folder, problems)), problems


def test_images_are_found_at_any_depth_in_order(tmp_path):
    touch(tmp_path, "b/c/x.nii.gz", "b/a.mgz", "a.nii", "readme.txt")
    assert _found(tmp_path) == (["a.nii", "b/a.mgz", "b/c/x.nii.gz"], [])


def test_hidden_files_and_folders_are_left_out(tmp_path):
    touch(tmp_path, ".hidden/x.nii", "._x.nii", "x.nii")
    assert _found(tmp_path) == (["x.nii"], [])


def test_folders_behind_links_are_searched(tmp_path):
    touch(tmp_path / "store", "x.nii")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "link").symlink_to(tmp_path / "store")
    assert _found(tmp_path / "set") == (["link/x.nii"], [])


def test_links_in_a_circle_are_searched_once(tmp_path):
    touch(tmp_path, "a/x.nii")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert _found(tmp_path) == (["a/x.nii"], [])


def test_link_to_a_missing_file_is_a_problem(tmp_path):
    (tmp_path / "x.nii").symlink_to(tmp_path / "nowhere")
    images, (problem,) = _found(tmp_path)
    assert images == []
    assert "x.nii: is a link to a missing file" in problem


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs permissions that can be denied")
def test_folder_that_cannot_be_read_is_a_problem(tmp_path):
    touch(tmp_path, "a/x.nii", "b/x.nii")
    (tmp_path / "a").chmod(0)
    images, problems = _found(tmp_path)
    (tmp_path / "a").chmod(0o700)
    assert images == ["b/x.nii"]
    assert "a: cannot be read; check its permissions." in problems[0]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_impossible_path_does_not_exist(tmp_path, name):
    assert not path_exists(tmp_path / name)
