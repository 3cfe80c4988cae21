"""Bad surroundings: closed streams, signals, few file handles, a clock that jumps, a home that cannot be written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deskull import formats

N_SCANS = 3


@pytest.fixture(scope="module")
def scans(tiny_head, tmp_path_factory) -> Path:
    """A folder of small scans."""
    folder = tmp_path_factory.mktemp("scans")
    for number in range(N_SCANS):
        formats.write(tiny_head, folder / f"scan{number}.nii")
    return folder


def command(scans: Path, out: Path, toy_model: Path, *more: str) -> str:
    """A command line of a shell that strips the scans."""
    words = [sys.executable, "-m", "deskull", "strip", scans, "-o", out, "--model", toy_model, "--mask-only", *more]
    return " ".join(map(str, words))


def run(line: str, **settings) -> subprocess.CompletedProcess:
    """Run a command line."""
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=300, **settings)


def n_masks(out: Path) -> int:
    """Number of masks; there must be no partial files."""
    assert not list(out.rglob(".*partial*"))
    return len(list(out.rglob("*_brainmask.nii*")))


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"], ids=["stdout", "all"])
def test_closed_streams_lose_nothing(scans, toy_model, tmp_path, closed):
    done = run(command(scans, tmp_path, toy_model) + " " + closed)
    assert done.returncode == 0
    assert n_masks(tmp_path) == N_SCANS


def test_few_file_handles_are_enough(scans, toy_model, tmp_path):
    done = run("ulimit -n 64; " + command(scans, tmp_path, toy_model, "--jobs 2"))
    assert done.returncode == 0, done.stderr
    assert n_masks(tmp_path) == N_SCANS


def test_home_and_temporary_folder_need_not_exist(scans, toy_model, tmp_path):
    nowhere = dict.fromkeys(("HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"), "/proc/none")
    done = run(command(scans, tmp_path, toy_model), env=os.environ | nowhere)
    assert done.returncode == 0, done.stderr
    assert n_masks(tmp_path) == N_SCANS


def can_mount() -> bool:
    """Whether a process here may mount folders that it alone sees."""
    return run("unshare -rm sh -c 'mount -t tmpfs -o ro,size=4k none /dev/shm'").returncode == 0


def test_read_only_home_and_shared_memory_are_enough(scans, toy_model, tmp_path):
    if not can_mount():
        pytest.skip("needs a kernel that lets users mount")
    home = tmp_path / "home"
    home.mkdir()
    mounts = " && ".join(f"mount -t tmpfs -o ro,size=4k none {folder}" for folder in ("/dev/shm", home))
    tried = f"! touch {home}/a /dev/shm/a"  # both are read-only
    strip = command(scans, tmp_path / "out", toy_model, "--jobs 2")
    done = run(f"unshare -rm sh -c '{mounts} && {tried} && HOME={home} {strip}'")
    assert done.returncode == 0, done.stderr
    assert n_masks(tmp_path / "out") == N_SCANS


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime")
def test_a_clock_that_runs_wild_changes_no_result(scans, toy_model, tmp_path):
    done = run("faketime --exclude-monotonic -f '-3y x5000' " + command(scans, tmp_path, toy_model))
    assert done.returncode == 0, done.stderr
    assert n_masks(tmp_path) == N_SCANS


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_batch_with_a_sentence_and_whole_results(tiny_head, toy_model, tmp_path, number, status):
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    formats.write(tiny_head, scans / "scan0.nii")
    for copy in range(1, 400):
        (scans / f"scan{copy}.nii").hardlink_to(scans / "scan0.nii")
    batch = subprocess.Popen(command(scans, out, toy_model, "--jobs 1").split(), stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, text=True)  # fmt: skip
    while not list(out.rglob("scan*_brainmask.nii*")) and batch.poll() is None:
        time.sleep(0.05)
    batch.send_signal(number)
    _, messages = batch.communicate(timeout=120)
    assert batch.returncode == status
    assert messages.splitlines()[-1] == "interrupted: what was written before is complete."
    assert "Traceback" not in messages
    masks = list(out.rglob("scan*_brainmask.nii*"))
    assert 0 < len(masks) < 400
    assert all(formats.read(path).shape == tiny_head.shape for path in masks)
