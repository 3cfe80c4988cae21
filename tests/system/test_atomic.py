"""Atomic writes: whole files or none, no leftovers, nothing replaced unasked."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from deskull import OutputError, Volume, formats
from deskull.system.atomic import atomic_path, scratch_folder, sweep, write_bytes


def test_success_leaves_only_the_file(tmp_path):
    write_bytes(tmp_path / "new" / "a.txt", b"whole")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"whole"
    assert os.listdir(tmp_path / "new") == ["a.txt"]


def test_an_existing_file_stays_without_the_flag(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(OutputError, match="--overwrite"):
        write_bytes(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    write_bytes(tmp_path / "a.txt", b"new", overwrite=True)
    assert (tmp_path / "a.txt").read_bytes() == b"new"


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_midway_leaves_nothing(tmp_path, failure):
    def fail() -> None:
        with atomic_path(tmp_path / "a.bin", overwrite=True) as partial:
            partial.write_bytes(b"half")
            raise failure

    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(OutputError if isinstance(failure, OSError) else KeyboardInterrupt):
        fail()
    assert os.listdir(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"old"


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".mgz", ".nrrd", ".mha"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, suffix):
    """A real ENOSPC/EFBIG: the process may write files of 64 KiB at most."""
    code = f"""
import resource, signal, sys
import numpy as np
from deskull import OutputError, Volume, formats
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
noise = np.random.default_rng(0).integers(0, 32000, (64, 64, 64)).astype(np.int16)
try:
    formats.write(Volume(noise, np.eye(4)), {str(tmp_path / f"big{suffix}")!r})
except OutputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout
    assert done.stdout.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="could not be written"):
        write_bytes(tmp_path / "file" / "a.txt", b"x")


def test_unknown_ending_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"use \.nii"):
        formats.write(Volume(np.zeros((3, 3, 3)), np.eye(4)), tmp_path / "a.txt")
    assert os.listdir(tmp_path) == []


def test_what_killed_writers_left_is_swept_and_nothing_else(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from deskull.system.atomic import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as partial: partial.write_bytes(b'half'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "below" / "a.txt"], check=False)
    (left,) = (tmp_path / "below").iterdir()
    elsewhere = left.with_name(".another-host.1.partial.a.txt")  # a writer there may still live
    elsewhere.write_bytes(b"half")
    with atomic_path(tmp_path / "b.txt") as mine:
        mine.write_bytes(b"half")
        sweep(tmp_path)
        assert mine.exists()
    assert not left.exists()
    assert elsewhere.exists()
    assert (tmp_path / "b.txt").read_bytes() == b"half"


def test_what_a_killed_process_left_in_the_temporary_folder_is_removed_by_the_next(tmp_path, monkeypatch):
    code = (
        "import os, signal\nfrom deskull.system.atomic import scratch_folder\n"
        "with scratch_folder() as folder:\n"
        "    (folder / 'patient.dcm').write_text('private')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False)
    assert len(list(tmp_path.rglob("patient.dcm"))) == 1
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder() as own, scratch_folder() as another:
        assert sorted(tmp_path.iterdir()) == sorted([own, another])
    assert not list(tmp_path.iterdir())
