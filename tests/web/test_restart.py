"""Restart: a server that is killed and started again says what has become of each scan."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from deskull.web.limits import Limits
from tests.web.client import Client, running
from tests.web.served_scans import serving


def test_killed_server_goes_on_with_what_was_queued(tmp_path, scan_bytes):
    with serving(tmp_path / "work") as (server, address), Client(address) as client:
        jobs = [client.order(client.upload({f"{n}.nii.gz": scan_bytes}), model="small")[0]["id"] for n in range(3)]
        unfinished = client.upload({"lost.nii.gz": scan_bytes})
        client.wait(jobs[0], "running", "done")
        server.send_signal(signal.SIGKILL)
        server.wait()
        cookie = dict(client.cookies.items())
    with running(tmp_path / "work") as again, Client(again.address, session=False) as page:
        page.cookies.update(cookie)
        states = {job["id"]: job["state"] for job in page.get("/api/state").json()["jobs"]}
        assert list(states) == jobs  # the session goes on, and no scan is lost
        assert [page.wait(job)["state"] for job in jobs] == ["done"] * 3
        answer = page.post(f"/api/uploads/{unfinished}/done")
        assert answer.status_code == 404
        assert "was the server restarted?" in answer.json()["error"]
    assert list((tmp_path / "work").glob("uploads/*")) == []


def restarted(folder, **fields):
    """Start a server whose journal holds one job, and return what it tells of it."""
    job = {
        "id": "a", "name": "a.nii.gz", "source": {"kind": "upload", "path": "input/a.nii.gz"},
        "options": {}, "finished": time.time(), **fields,
    }  # fmt: skip
    (folder / "jobs" / "a" / "input").mkdir(parents=True)
    (folder / "journal.jsonl").write_text(json.dumps(job) + "\n" + '{"id": "b", "na')
    with running(folder, limits=Limits(attempts=2)) as server, Client(server.address) as client:
        told = client.job("a")
        return client.wait("a") if told else None


def test_scan_that_was_interrupted_is_tried_again(tmp_path):
    job = restarted(tmp_path / "work", state="running", attempts=1)
    assert job["state"] == "failed"
    assert "no such file" in job["error"]  # it was looked for


def test_scan_that_was_interrupted_too_often_is_said_to_be(tmp_path):
    job = restarted(tmp_path / "work", state="running", attempts=2)
    assert job["state"] == "failed"
    assert "was interrupted" in job["error"]


def test_finished_scan_is_kept(tmp_path):
    assert restarted(tmp_path / "work", state="done")["state"] == "done"


@pytest.mark.parametrize(("has_edit", "is_kept"), [(False, False), (True, True)])
def test_old_scan_is_removed_unless_it_was_edited(tmp_path, has_edit, is_kept):
    job = restarted(tmp_path / "work", state="done", finished=time.time() - 1e6, has_edit=has_edit)
    assert (job is not None) == is_kept
    assert (tmp_path / "work" / "jobs" / "a").exists() == is_kept


def test_ctrl_c_ends_the_server_and_all_its_processes(tmp_path, scan_bytes):
    with serving(tmp_path / "work") as (server, address):
        with Client(address) as client:
            (job,) = client.order(client.upload({"a.nii.gz": scan_bytes}), model="small")
            client.wait(job["id"], "running", "done")
        children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False)
        server.send_signal(signal.SIGINT)
        assert server.wait(15) == 0
    end = time.monotonic() + 15
    while any(Path("/proc", child).exists() for child in children.stdout.split()):
        assert time.monotonic() < end
        time.sleep(0.1)
