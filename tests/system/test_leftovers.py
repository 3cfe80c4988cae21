"""Leftovers: what killed processes have left is removed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

from deskull.system.atomic import atomic_path
from deskull.system.leftovers import final_name, partial_name, remove_left_folders, remove_leftovers, scratch_folder

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from deskull.system.atomic import atomic_path
with atomic_path(Path(sys.argv[1])) as partial:
    partial.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED_USER_OF_A_SCRATCH_FOLDER = """
import os, signal
from deskull.system.leftovers import scratch_folder
with scratch_folder() as folder:
    (folder / "patient.dcm").write_text("private")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_partial_file_of_a_killed_writer_is_removed(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED_WRITER, tmp_path / "below" / "a.txt"], check=False)
    assert len(os.listdir(tmp_path / "below")) == 1
    remove_leftovers(tmp_path, recursive=False)
    assert len(os.listdir(tmp_path / "below")) == 1
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path / "below") == []


def test_partial_file_of_another_host_is_kept(tmp_path):
    elsewhere = tmp_path / ".another-host.1.partial.a.txt"  # its writer may still run
    elsewhere.write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert elsewhere.exists()


def test_partial_file_of_a_running_writer_is_kept(tmp_path):
    with atomic_path(tmp_path / "a.txt") as partial:
        partial.write_bytes(b"whole")
        remove_leftovers(tmp_path)
        assert partial.exists()
    assert (tmp_path / "a.txt").read_bytes() == b"whole"


def test_scratch_folder_of_a_killed_process_is_removed_by_the_next(tmp_path, monkeypatch):
    command = [sys.executable, "-c", KILLED_USER_OF_A_SCRATCH_FOLDER]
    subprocess.run(command, env=os.environ | {"TMPDIR": str(tmp_path)}, check=False)
    assert len(list(tmp_path.rglob("patient.dcm"))) == 1
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder() as first, scratch_folder() as second:
        assert sorted(tmp_path.iterdir()) == sorted([first, second])
    assert not list(tmp_path.iterdir())


def test_temporary_name_is_hidden_and_leads_back_to_the_file():
    for purpose in ("", "backup"):
        name = partial_name("my.partial.scan.nii.gz", purpose)
        assert name.startswith(".")
        assert final_name(name) == "my.partial.scan.nii.gz"


def test_folder_that_a_killed_process_was_making_is_removed_and_a_backup_is_not(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from deskull.system.leftovers import *; print(partial_name('r'), partial_name('r', 'b'))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in (*done.stdout.split(), partial_name("r")):
        (tmp_path / name).mkdir()
    remove_left_folders(tmp_path / "r")
    assert {path.name for path in tmp_path.iterdir()} == {done.stdout.split()[1], partial_name("r")}
