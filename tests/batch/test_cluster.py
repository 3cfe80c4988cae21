"""Batches on a cluster: a real Dask scheduler and workers on this machine, which are killed while they work."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs Dask (deskull[cluster])")

from typer.testing import CliRunner

from deskull import UsageError
from deskull.batch import cluster
from deskull.batch.cluster import Cluster, run
from deskull.batch.records import Record, Status
from deskull.batch.sources import plan
from deskull.cli import app
from deskull.options import StripOptions

MASK_ONLY = StripOptions(outputs=("brainmask",), threads=1, model="small", timeout=float("inf"))
SCANS = 3


class Dask:
    """A scheduler on a free port and workers; all of them are ended at the end of a test."""

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
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def scheduler(self):
        return self.start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

    def wait(self, seconds=120):
        """Wait until the scheduler answers, however long that takes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.2)
        raise TimeoutError

    def worker(self, *options):
        return self.start("worker", self.address, "--nthreads", "1", *options)

    def end(self):
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


@pytest.fixture
def dask(tmp_path):
    processes = Dask(tmp_path)
    yield processes
    processes.end()


@pytest.fixture
def tasks(tmp_path, head_file):
    (tmp_path / "in").mkdir()
    for number in range(SCANS):
        (tmp_path / "in" / f"s{number}.nii.gz").symlink_to(head_file)
    return plan([tmp_path / "in"], tmp_path / "out").tasks


def test_worker_that_is_killed_loses_nothing(dask, tasks):
    dask.scheduler()
    dask.wait()
    workers = [dask.worker("--no-nanny"), dask.worker("--no-nanny")]
    records = []
    for record in run(tasks, MASK_ONLY, Cluster(dask.address)):
        if not records:
            workers[0].kill()
        records.append(record)
    assert sorted(record.scan for record in records) == sorted(str(task.scan) for task in tasks)
    # A worker may be killed between writing a mask and reporting it: whoever repeats the task then finds the mask.
    assert {record.status for record in records} <= {"done", "skipped"}
    assert all(task.mask.exists() for task in tasks)


def test_scheduler_that_is_killed_and_started_again_loses_nothing(dask, tasks):
    scheduler = dask.scheduler()
    dask.wait()
    worker = dask.worker("--no-nanny")
    records, reports = [], []
    for record in run(tasks, MASK_ONLY, Cluster(dask.address), reports.append, reconnect_s=30.0):
        if not records:
            scheduler.kill()
            scheduler.wait()
            worker.kill()
            dask.scheduler()
            dask.worker("--no-nanny")
        records.append(record)
    assert sorted(record.scan for record in records) == sorted(str(task.scan) for task in tasks)
    assert "failed" not in {record.status for record in records}
    assert all(task.mask.exists() for task in tasks)
    assert any("the scheduler has ended; waiting for it" in line for line in reports)


def test_scheduler_that_does_not_answer_is_refused(dask, tasks, monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER_S", 1.0)
    with pytest.raises(UsageError, match=r"does not answer.*check the address"):
        list(run(tasks, MASK_ONLY, Cluster(dask.address)))


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
def test_contradictory_options_of_the_command_are_refused(tasks, options):
    done = CliRunner().invoke(app, ["strip", str(tasks[0].scan), *options])
    assert done.exit_code == 2
    assert "error: --" in done.stderr
    assert not tasks[0].mask.exists()


@pytest.mark.parametrize(("submit", "reason"), [(None, "sbatch"), ("exit 1", "invalid partition")])
def test_queue_that_refuses_jobs_is_reported(tasks, tmp_path, monkeypatch, submit, reason):
    """A real call of the queue's command, which does not exist or refuses."""
    (tmp_path / "bin").mkdir()
    if submit:
        command = tmp_path / "bin" / "sbatch"
        command.write_text(f"#!/bin/sh\necho invalid partition specified >&2\n{submit}\n")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"cluster='slurm': .*{reason}"):
        list(run(tasks, MASK_ONLY, Cluster(queue="slurm", workers=1)))
    assert not tasks[0].mask.exists()


def hang_on_s1(arguments) -> Record:
    """Never end for one of the scans, inside compiled code that holds the interpreter's lock."""
    task = arguments[0]
    if task.scan.name.startswith("s1"):
        re.match(r"(a+)+b", "a" * 60)
    return Record(str(task.scan), Status.done)


def test_scan_that_exceeds_the_time_limit_is_reported_and_its_worker_goes_on(dask, tasks, monkeypatch):
    """The worker is started by a nanny, as is the default, and so must not start processes of its own by itself."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
    dask.scheduler()
    dask.wait()
    dask.worker()
    options = replace(MASK_ONLY, timeout=6.0)
    with Cluster(dask.address).client() as client:
        client.wait_for_workers(1)
        client.run(hang_on_workers)
    records = {Path(record.scan).name: record for record in run(tasks, options, Cluster(dask.address))}
    assert [records[f"s{n}.nii.gz"].status for n in range(SCANS)] == ["done", "failed", "done"]
    assert "exceeded timeout=6" in records["s1.nii.gz"].error


def hang_on_workers() -> None:
    cluster._strip_in_process = hang_on_s1
