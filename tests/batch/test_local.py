"""Batches on this machine: every scan is stripped, skipped or reported, whatever happens to one of them."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deskull import UsageError, formats
from deskull.batch import local
from deskull.batch.local import BATCH_TIMEOUT_S, jobs_and_threads, run, time_limit
from deskull.batch.records import Record, read_records
from deskull.batch.sources import plan
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task
from deskull.errors import OutputError
from deskull.options import StripOptions
from deskull.system import atomic
from deskull.system.resources import available_gb, usable_cores

MASK_ONLY = StripOptions(outputs=("brainmask",), threads=1, model="small")
BOTH = StripOptions(threads=1, model="small")


def statuses(records) -> dict[str, str]:
    return {Path(record.scan).name.split(".")[0]: record.status for record in records}


def test_unreadable_scan_does_not_stop_the_others(folder, tmp_path):
    records = list(run(plan([folder], tmp_path / "out").tasks, MASK_ONLY, 2))
    assert statuses(records) == {"broken": "failed", "s0": "done", "s1": "done", "s2": "done"}
    (error,) = filter(None, (record.error for record in records))
    assert error.startswith(f"{folder / 'broken.nii.gz'}: is not")
    masks = [formats.read(path).data for path in (tmp_path / "out").iterdir()]
    assert len(masks) == 3
    assert all((mask == masks[0]).all() for mask in masks)


def test_resumed_batch_skips_what_is_done(folder, tmp_path):
    tasks = plan([folder], tmp_path / "out").tasks
    for task in tasks[1:3]:
        task.folder.mkdir(exist_ok=True)
        task.mask.touch()
    records = run(tasks, replace(MASK_ONLY, resume=True), 1)
    assert statuses(records) == {"broken": "failed", "s0": "skipped", "s1": "skipped", "s2": "done"}


def test_scan_with_existing_results_is_refused_and_the_others_are_stripped(folder, tmp_path):
    tasks = plan([folder / "s[01].nii.gz"], tmp_path / "out").tasks
    tasks[1].folder.mkdir()
    tasks[1].mask.write_bytes(b"old")
    records = {record.scan: record for record in run(tasks, MASK_ONLY, 1)}
    assert [records[str(task.scan)].status for task in tasks] == ["done", "refused"]
    assert "exists already; use overwrite=True" in records[str(tasks[1].scan)].error
    assert tasks[1].mask.read_bytes() == b"old"


def test_process_killed_at_any_moment_loses_nothing(folder, tmp_path):
    """Processes are killed again and again, at other stages of their work each time, until three kills were enough."""
    stop, kills = threading.Event(), list[int]()

    def kill() -> None:
        for delay in (0.3, 1.2, 2.0):
            if stop.wait(delay):
                return
            for process in sorted(children())[:1]:
                os.kill(process, signal.SIGKILL)
                kills.append(process)

    if not sys.platform.startswith("linux"):
        pytest.skip("finds processes in /proc")
    killer = threading.Thread(target=kill)
    killer.start()
    tasks = plan([folder / "s?.nii.gz"], tmp_path / "out").tasks
    records = list(run(tasks, BOTH, 2))
    stop.set()
    killer.join()
    assert kills
    for record in records:
        assert record.status == "done" or "its process ended before it was done" in record.error
    again = list(run(tasks, replace(BOTH, resume=True), 1))
    assert "failed" not in statuses(again).values()
    files = [path for task in tasks for path in task.result_files(BOTH.outputs).values()]
    assert sorted((tmp_path / "out").iterdir()) == sorted(files)
    assert all(formats.read(path).data.any() for path in files)


def children() -> set[int]:
    """Processes that this one has started to strip scans (not the resource tracker of multiprocessing)."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(pid) for pid in found if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()}


def killed_after_the_first_file(item: local._Item) -> Record:
    """Strip a scan in a process that is killed, the first time, when the first of the scan's files is there."""
    create, mark = atomic._create, item.task.folder.parent / "killed"

    def create_and_die(partial: Path, path: Path) -> None:
        create(partial, path)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    atomic._create = create_and_die  # this process ends with the batch
    return strip_task(item.task, item.options, item.root)


def test_process_killed_between_two_files_of_a_scan_loses_nothing(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "_strip_item", killed_after_the_first_file)
    tasks = plan([folder / "s[01].nii.gz"], tmp_path / "out").tasks
    records = list(run(tasks, BOTH, 1))
    assert (tmp_path / "killed").exists()
    assert [record.error for record in records] == ["", ""]
    assert all(formats.read(path).data.any() for task in tasks for path in task.all_files() if path.exists())
    assert len(list((tmp_path / "out").iterdir())) == 4


def hang_on_s1(item: local._Item) -> Record:
    """Wait for ever for one of the scans."""
    if item.task.scan.name.startswith("s1"):
        time.sleep(1000)
    return Record(str(item.task.scan), "done")


def test_scan_that_exceeds_the_time_limit_is_reported_and_the_others_are_stripped(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "_strip_item", hang_on_s1)
    tasks = plan([folder / "s?.nii.gz"], tmp_path / "out").tasks
    records = {Path(record.scan).name: record for record in run(tasks, replace(MASK_ONLY, timeout=6.0), 2)}
    assert [records[f"s{n}.nii.gz"].status for n in range(3)] == ["done", "failed", "done"]
    assert records["s1.nii.gz"].error.endswith("s1.nii.gz: exceeded timeout=6; check the scan or allow more time.")


@pytest.mark.parametrize(
    ("timeout", "count", "limit"),
    [
        (None, 1, None),
        (None, 2, BATCH_TIMEOUT_S),
        (5.0, 1, 5.0),
        (5.0, 2, 5.0),
        (float("inf"), 2, None),
    ],
)
def test_time_limit_is_on_in_batches_unless_it_is_infinite(timeout, count, limit):
    assert time_limit(StripOptions(timeout=timeout), count) == limit


def delete_the_results_of_s0(item: local._Item) -> Record:
    """Strip a scan; after the first, delete the folder of all results."""
    record = strip_task(item.task, item.options, item.root)
    if item.task.scan.name.startswith("s0"):
        shutil.rmtree(item.task.folder)
    return record


def test_folder_of_the_results_that_disappears_makes_the_remaining_scans_and_the_batch_fail(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(local, "_strip_item", delete_the_results_of_s0)
    (tmp_path / "out").mkdir()
    records = run(plan([folder / "s?.nii.gz"], tmp_path / "out").tasks, MASK_ONLY, 1)
    first, *others = (next(records) for _ in range(3))
    assert first.status == "done"
    assert all("the folder of the results no longer exists" in record.error for record in others)
    with pytest.raises(OutputError, match=r"out: disappeared during the batch"):
        next(records)
    assert not (tmp_path / "out").exists()


def test_folder_mirrored_beneath_the_results_is_made(folder, tmp_path):
    task = Task(folder / "s0.nii.gz", tmp_path / "out" / "sub-1" / "anat")
    (record,) = run([task], MASK_ONLY, 1)
    assert record.status == "done"


@pytest.mark.parametrize(
    ("scans", "jobs", "threads", "expected"),
    [(3, 8, None, 3), (1000, 2, 3, 2), (1, None, None, 1), (3, 8, 2, 3)],
)
def test_number_of_jobs_is_the_users_but_no_more_than_scans(scans, jobs, threads, expected):
    assert jobs_and_threads(scans, jobs, threads)[0] == expected


def test_many_scans_get_one_process_for_each_core_that_memory_allows():
    assert jobs_and_threads(1000, None, 1)[0] == max(1, min(usable_cores(), int(available_gb())))


@pytest.mark.parametrize("name", ["jobs", "threads"])
def test_number_below_one_is_refused(name):
    with pytest.raises(UsageError, match=f"{name}=0: must be at least 1"):
        jobs_and_threads(10, **{"jobs": None, "threads": None, name: 0})


def test_full_disk_costs_only_the_scans_on_it(folder, tmp_path):
    """A real file system of 4 KiB under the results of one scan."""
    for number in range(2):
        (tmp_path / "tree" / f"d{number}").mkdir(parents=True)
        (folder / f"s{number}.nii.gz").rename(tmp_path / "tree" / f"d{number}" / f"s{number}.nii.gz")
    full, out = tmp_path / "out" / "d1", tmp_path / "out"
    full.mkdir(parents=True)
    mount = f"mount -t tmpfs -o size=4k none {full}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("may not mount a file system here")
    arguments = ["strip", str(tmp_path / "tree"), "-o", str(out), "--jobs", "1", "--model", "small"]
    strip = shlex.join([sys.executable, "-m", "deskull", *arguments])
    done = subprocess.run(["unshare", "-rm", "sh", "-c", f"{mount} && {strip}"], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert f"error: {tmp_path / 'tree' / 'd1' / 's1.nii.gz'}: {full / 's1_brain'}" in done.stderr
    assert "could not be written (No space left on device); free space or choose another folder." in done.stderr
    rows = read_records(out / "deskull.tsv")
    assert sorted(row["status"] for row in rows.values()) == ["done", "failed"]
    assert [path.name for path in out.rglob("*_brainmask.nii.gz")] == ["s0_brainmask.nii.gz"]


def test_two_runs_with_the_same_output_at_the_same_time_leave_one_whole_result(folder, tmp_path):
    """Two real commands: whichever is second says so and exits with 1; the results are whole."""
    arguments = ["strip", str(folder / "s0.nii.gz"), "-o", str(tmp_path / "out"), "--model", "small"]
    command = [sys.executable, "-m", "deskull", *arguments]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) for _ in range(2)]
    errors = [run.communicate()[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 1], errors
    (error,) = filter(None, errors)
    assert "another run wrote it at the same time" in error or "exists already" in error
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["s0_brain.nii.gz", "s0_brainmask.nii.gz"]
