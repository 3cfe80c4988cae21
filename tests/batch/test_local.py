"""Batch: every scan is stripped, found or reported, whatever happens to one of them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from deskull import InputError, UsageError, formats
from deskull.batch.local import check, run, spread, strip_task
from deskull.batch.records import COLUMNS, Record, read_records, records_table
from deskull.batch.tasks import Task, plan
from deskull.errors import OutputError
from deskull.options import StripOptions
from deskull.system.resources import available_gb, usable_cores

MASKS = StripOptions(outputs=("brainmask",), threads=1)


@pytest.fixture
def folder(tmp_path, head):
    """Five links to a head and a broken file."""
    formats.write(head, tmp_path / "head.nii.gz")
    (tmp_path / "in").mkdir()
    for number in range(5):
        (tmp_path / "in" / f"s{number}.nii.gz").symlink_to(tmp_path / "head.nii.gz")
    (tmp_path / "in" / "s2b.nii.gz").write_bytes(b"no image")
    return tmp_path / "in"


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_unreadable_scan_does_not_stop_the_others(folder, tmp_path, jobs):
    tasks = plan([folder], tmp_path / "out")
    found = {record.scan.rsplit("/", 1)[1]: record for record in run(tasks, MASKS, jobs)}
    assert [found[f"s{n}.nii.gz"].status for n in range(5)] == ["stripped"] * 5
    assert found["s2b.nii.gz"].status == "failed"
    assert "s2b.nii.gz: is not" in found["s2b.nii.gz"].error
    masks = [formats.read(record.files["brainmask"]).data for record in found.values() if record.status == "stripped"]
    assert all((mask == masks[0]).all() for mask in masks)
    again = list(run(tasks, replace(MASKS, resume=True), jobs))
    assert sorted(record.status for record in again) == ["failed"] + ["found"] * 5


def test_results_that_are_there_are_kept(folder, tmp_path):
    task = Task(folder / "s0.nii.gz", tmp_path / "out")
    assert strip_task(task, MASKS).status == "stripped"
    before = task.mask.stat().st_mtime_ns
    refused = strip_task(task, MASKS)
    assert refused.status == "failed"
    assert "--overwrite" in refused.error
    assert task.mask.stat().st_mtime_ns == before
    assert strip_task(task, replace(MASKS, overwrite=True)).status == "stripped"


def test_resuming_adds_what_is_missing_and_leaves_what_is_there(folder, tmp_path):
    task = Task(folder / "s0.nii.gz", tmp_path / "out")
    strip_task(task, MASKS)
    task.mask.write_bytes(b"corrected by hand")
    record = strip_task(task, StripOptions(threads=1, resume=True))
    assert record.status == "stripped"
    assert task.mask.read_bytes() == b"corrected by hand"
    assert formats.read(record.files["brain"]).data.any()


def test_no_error_of_a_library_ends_a_batch(folder, tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("out of\n luck")

    monkeypatch.setattr("deskull.batch.local.stripper_of", broken)
    record = strip_task(Task(folder / "s0.nii.gz", tmp_path / "out"), MASKS)
    assert record.status == "failed"
    assert record.error.startswith(f"{folder / 's0.nii.gz'}: RuntimeError: out of luck")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
def test_a_killed_process_loses_nothing(folder, tmp_path):
    """One process is killed after a moment; the scan it had is given out again."""
    stop, killed = threading.Event(), []

    def kill():
        while not stop.wait(0.5) and not killed:
            for pid in sorted(children())[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    tasks = plan([folder / "s?.nii.gz"], tmp_path / "out")
    found = list(run(tasks, MASKS, 2))
    stop.set()
    thread.join()
    assert killed
    assert {record.status for record in found} == {"stripped"}
    assert {record.scan for record in found} == {str(task.scan) for task in tasks}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(task.mask.name for task in tasks)


def children() -> set[int]:
    """Processes that this one started to strip scans (multiprocessing's tracker is none)."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(pid) for pid in found if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()}


def test_settings_are_checked_before_any_work():
    check(MASKS)
    for wrong in ({"border": 99.0}, {"model": "none-such"}):
        with pytest.raises(UsageError):
            check(replace(MASKS, **wrong))


def test_few_scans_share_a_process():
    assert spread(1, None, None)[0] == 1
    assert spread(1000, None, 1)[0] == min(usable_cores(), int(available_gb()))
    assert spread(3, 8, None)[0] == 3
    assert spread(1000, 2, 3) == (2, 3)
    with pytest.raises(UsageError, match="jobs=0"):
        spread(10, 0, None)


def test_the_table_grows_by_whole_lines(folder, tmp_path):
    table = tmp_path / "out" / "deskull.tsv"
    tasks = plan([folder / "s0.nii.gz", folder / "s2b.nii.gz"], tmp_path / "out")
    for settings in (MASKS, replace(MASKS, resume=True)):
        with records_table(table) as add:
            for record in run(tasks, settings, 1):
                add(record)
    lines = table.read_text().splitlines()
    assert lines[0] == "\t".join(COLUMNS)
    assert len(lines) == 4  # a scan that is found done keeps the line that says more
    rows = read_records(table)
    assert rows[str(folder / "s0.nii.gz")]["status"] == "stripped"
    assert float(rows[str(folder / "s0.nii.gz")]["volume_ml"]) > 100
    assert "is not" in rows[str(folder / "s2b.nii.gz")]["error"]


def test_another_table_is_not_added_to(tmp_path):
    (tmp_path / "t.tsv").write_text("mine\n")
    with pytest.raises(OutputError, match="is another table"), records_table(tmp_path / "t.tsv"):
        pass
    assert (tmp_path / "t.tsv").read_text() == "mine\n"


def test_a_record_of_one_scan_warns_and_raises():
    with pytest.warns(UserWarning, match="is odd"):
        assert Record("a", "stripped", warnings=("a: is odd",)).checked().scan == "a"
    with pytest.raises(InputError, match="a: is bad"):
        Record("a", "failed", error="a: is bad").checked()


def test_a_full_disk_costs_only_the_scans_on_it(folder, tmp_path):
    """A real file system of 4 KiB under the results of one scan."""
    for number in range(3):
        (tmp_path / "tree" / f"d{number}").mkdir(parents=True)
        (folder / f"s{number}.nii.gz").rename(tmp_path / "tree" / f"d{number}" / f"s{number}.nii.gz")
    full, out = tmp_path / "out" / "d1", tmp_path / "out"
    full.mkdir(parents=True)
    mounted = f"mount -t tmpfs -o size=4k none {full}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mounted], capture_output=True).returncode:
        pytest.skip("may not mount a file system here")
    strip = shlex.join(
        [sys.executable, "-m", "deskull", "strip", str(tmp_path / "tree"), "-o", str(out), "--jobs", "2"]
    )
    done = subprocess.run(["unshare", "-rm", "sh", "-c", f"{mounted} && {strip}"], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert f"error: {tmp_path / 'tree' / 'd1' / 's1.nii.gz'}: {full / 's1_brain'}" in done.stderr
    assert "could not be written (No space left on device); free space or choose another folder." in done.stderr
    rows = read_records(out / "deskull.tsv")
    assert sorted(row["status"] for row in rows.values()) == ["failed", "stripped", "stripped"]
    assert sorted(path.name for path in out.rglob("*_brainmask.nii.gz")) == [f"s{n}_brainmask.nii.gz" for n in (0, 2)]


def killed_between_the_files(task: Task, settings: StripOptions) -> Record:
    """`strip_task` in a process that is killed when the first of a scan's files is there, the first time."""
    rename, here = Path.replace, os.getpid()

    def once(path: Path, target: Path) -> Path:
        done = rename(path, target)
        if os.getpid() == here and not (task.folder / "killed").exists():
            (task.folder / "killed").touch()
            os.kill(here, signal.SIGKILL)
        return done

    Path.replace = once  # this process ends with its batch
    return strip_task(task, settings)


def test_a_process_killed_between_two_files_of_a_scan_loses_nothing(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("deskull.batch.local._strip_here", killed_between_the_files)
    tasks = plan([folder / "s[01].nii.gz"], tmp_path / "out")
    found = list(run(tasks, StripOptions(threads=1), 1))
    assert (tmp_path / "out" / "killed").exists()
    assert [record.error for record in found] == ["", ""]
    paths = [path for task in tasks for path in task.results(StripOptions().outputs).values()]
    assert all(formats.read(path).data.any() for path in paths)


def test_a_batch_refuses_what_is_there_scan_by_scan(folder, tmp_path):
    tasks = plan([folder / "s[012].nii.gz"], tmp_path / "out")
    strip_task(tasks[1], MASKS)
    before = tasks[1].mask.stat().st_mtime_ns
    found = {record.scan: record for record in run(tasks, MASKS, 1)}
    assert [found[str(task.scan)].status for task in tasks] == ["stripped", "failed", "stripped"]
    assert "--overwrite" in found[str(tasks[1].scan)].error
    assert tasks[1].mask.stat().st_mtime_ns == before


def test_a_scan_that_failed_and_is_found_later_is_said_to_be_found(tmp_path):
    table = tmp_path / "deskull.tsv"
    for status, lines in (("failed", 1), ("found", 2), ("found", 2), ("stripped", 3), ("found", 3)):
        with records_table(table) as add:
            add(Record("a.nii.gz", status))
        assert len(table.read_text().splitlines()) == 1 + lines
        assert read_records(table)["a.nii.gz"]["status"] == ("stripped" if lines == 3 else status)
