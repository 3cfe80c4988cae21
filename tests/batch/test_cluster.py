"""Cluster: a real Dask scheduler and workers on this machine, killed in the middle."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

pytest.importorskip("distributed", reason="needs Dask (deskull[cluster])")

from typer.testing import CliRunner

from deskull import UsageError, formats
from deskull.batch.cluster import Cluster, run
from deskull.batch.tasks import plan
from deskull.cli import app
from deskull.options import StripOptions

MASKS = StripOptions(outputs=("brainmask",), threads=1)
SCANS = 6


class Dask:
    """A scheduler on a free port, and workers; all ended at the end."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.processes = folder, []
        self.address = f"tcp://127.0.0.1:{self.port}"

    def start(self, what, *options):
        command = [sys.executable, "-m", "dask", what, *options, "--no-dashboard"]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "DASK_DISTRIBUTED__WORKER__DAEMON": "False"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def scheduler(self):
        return self.start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

    def wait(self, seconds=120):
        """Until the scheduler answers: how long that takes is no matter of these tests."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.2)
        raise TimeoutError

    def worker(self):
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny")

    def end(self):
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


@pytest.fixture
def dask(tmp_path):
    found = Dask(tmp_path)
    yield found
    found.end()


@pytest.fixture
def tasks(tmp_path, head):
    formats.write(head, tmp_path / "head.nii.gz")
    (tmp_path / "in").mkdir()
    for number in range(SCANS):
        (tmp_path / "in" / f"s{number}.nii.gz").symlink_to(tmp_path / "head.nii.gz")
    return plan([tmp_path / "in"], tmp_path / "out")


def test_a_worker_that_is_killed_loses_nothing(dask, tasks):
    dask.scheduler()
    dask.wait()
    workers = [dask.worker(), dask.worker()]
    records = []
    for record in run(tasks, MASKS, Cluster(dask.address)):
        if not records:
            workers[0].kill()
        records.append(record)
    assert sorted(record.scan for record in records) == sorted(str(task.scan) for task in tasks)
    assert {record.status for record in records} == {"stripped"}
    assert all(task.mask.exists() for task in tasks)


def test_a_scheduler_that_is_killed_and_started_again_loses_nothing(dask, tasks):
    scheduler = dask.scheduler()
    dask.wait()
    worker = dask.worker()
    records, said = [], []
    for record in run(tasks, MASKS, Cluster(dask.address), said.append):
        if not records:
            scheduler.kill()
            scheduler.wait()
            worker.kill()
            dask.scheduler()
            dask.worker()
        records.append(record)
    assert sorted(record.scan for record in records) == sorted(str(task.scan) for task in tasks)
    assert "failed" not in {record.status for record in records}
    assert all(task.mask.exists() for task in tasks)
    assert any("the scheduler went away; waiting for it" in line for line in said)


def test_a_scheduler_that_is_not_there(dask, tasks):
    with pytest.raises(UsageError, match=r"does not answer.*check the address"):
        list(run(tasks, MASKS, Cluster(dask.address)))


@pytest.mark.parametrize(
    "options",
    [
        ("--scheduler", "tcp://x:1", "--cluster", "slurm"),
        ("--cluster-option", "queue=a"),
        ("--memory", "4GB"),
        ("--cluster", "slurm", "--cluster-option", "queue"),
        ("--cluster", "slurm", "--cluster-option", "nonsense=1"),
    ],
)
def test_wrong_options_are_refused(tasks, options):
    done = CliRunner().invoke(app, ["strip", str(tasks[0].scan), *options])
    assert done.exit_code == 2
    assert "error: --" in done.stderr
    assert not tasks[0].mask.exists()


@pytest.mark.parametrize(("submit", "said"), [(None, "sbatch"), ("exit 1", "invalid partition")])
def test_a_queue_that_takes_no_jobs(tasks, tmp_path, monkeypatch, submit, said):
    """A real call of the queue's command: it is not there, or refuses."""
    (tmp_path / "bin").mkdir()
    if submit:
        command = tmp_path / "bin" / "sbatch"
        command.write_text(f"#!/bin/sh\necho invalid partition specified >&2\n{submit}\n")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"--cluster slurm: .*{said}"):
        list(run(tasks, MASKS, Cluster(kind="slurm", workers=1)))
    assert not tasks[0].mask.exists()
