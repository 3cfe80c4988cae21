"""Queue: scans are stripped one after the other, followed by events, cancelled and removed."""

from __future__ import annotations

import gzip
import resource
import threading

import pytest

from deskull.models import load_model
from deskull.system.processes import Isolated
from deskull.web.limits import Limits
from deskull.web.stripping import Outcome, Work, strip_job
from tests.web.client import Client, running

BORDER_MM = load_model("default").default_border("brain")


def test_scan_is_stripped_and_described(done, tiny_head):
    assert done["state"] == "done", done["error"]
    assert done["name"] == "study/sub-01_T1w.nii.gz"
    assert done["shape"] == list(tiny_head.shape)
    assert done["voxel_mm"] == [4.0, 4.0, 4.0]
    assert 1000 < done["volume_ml"] < 2000
    assert (done["surface"], done["border_mm"], done["has_distance"]) == ("brain", BORDER_MM, True)
    assert done["quality"]["verdict"] in ("pass", "review", "fail")
    assert isinstance(done["quality"]["findings"], list)
    assert done["command"] == f"deskull strip study/sub-01_T1w.nii.gz --border {BORDER_MM}"
    assert done["position"] is None


def test_events_tell_what_becomes_of_a_scan(client, server, scan_bytes):
    told, ready = [], threading.Event()

    def listen() -> None:
        with Client(server.address) as page:
            for kind, content in page.events():
                ready.set()
                told.append((kind, content))
                if kind == "job" and content["state"] in ("done", "failed"):
                    return

    thread = threading.Thread(target=listen)
    thread.start()
    assert ready.wait(10)
    (job,) = client.order(client.upload({"a.nii.gz": scan_bytes}), model="small")
    thread.join(120)
    assert told[0][0] == "jobs"
    states = [content["state"] for kind, content in told if kind == "job" and content["id"] == job["id"]]
    assert list(dict.fromkeys(states)) == ["queued", "running", "done"]
    assert client.job(job["id"])["state"] == "done"


def test_scan_under_the_root_is_stripped_where_it_lies(client, root):
    (job,) = client.post("/api/jobs", json={"paths": ["sub/a.nii.gz"], "options": {"model": "small"}}).json()["jobs"]
    assert job["command"] == f"deskull strip {root / 'sub' / 'a.nii.gz'} --model small"
    assert client.wait(job["id"])["state"] == "done"


def test_series_of_an_archive_is_stripped(client, dicom_zip):
    (job,) = client.order(client.upload({"study.zip": dicom_zip}), model="small")
    assert job["name"].startswith("study.zip series ")
    assert job["command"] == "deskull strip study.zip --series '#1' --model small"
    done = client.wait(job["id"])
    assert done["state"] == "done", done["error"]
    brain = client.get(f"/api/jobs/{job['id']}/download/brain")
    assert brain.headers["content-disposition"].startswith('attachment; filename="study.zip series ')


def test_damaged_scan_fails_with_a_sentence_that_names_it(client, scan_bytes):
    (job,) = client.order(client.upload({"my/broken.nii.gz": scan_bytes[: len(scan_bytes) // 2]}))
    failed = client.wait(job["id"])
    assert failed["state"] == "failed"
    assert failed["error"].startswith("my/broken.nii.gz:")
    assert "/work/" not in failed["error"]
    answer = client.get(f"/api/jobs/{job['id']}/download/mask")
    assert answer.status_code == 409


def test_bomb_in_a_compressed_scan_fails_with_a_sentence(client, scan_bytes):
    bomb = gzip.compress(gzip.decompress(scan_bytes) + bytes(80_000_000), compresslevel=1)
    (job,) = client.order(client.upload({"bomb.nii.gz": bomb}))
    failed = client.wait(job["id"])
    assert failed["state"] == "failed"
    assert failed["error"].startswith("bomb.nii.gz: holds more data than its header promises")


@pytest.mark.parametrize(
    "options",
    [{"model": "/etc/evil.onnx"}, {"model": 3}, {"surface": "skin"}, {"border_mm": "1"}, {"border_mm": 1000}, [1]],
)
def test_options_that_no_network_meets_are_refused(client, options):
    answer = client.post("/api/jobs", json={"demo": True, "options": options})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"].endswith(".")


def test_waiting_scan_is_cancelled_and_its_files_are_removed(client, work, scan_bytes):
    (first,) = client.order(client.upload({"a.nii.gz": scan_bytes}), model="small")
    (job,) = client.order(client.upload({"b.nii.gz": scan_bytes}), model="small")
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert client.job(job["id"])["state"] == "cancelled"
    assert not (work / "jobs" / job["id"]).exists()
    client.wait(first["id"])


def test_running_scan_is_cancelled_and_the_next_one_is_stripped(client, work, scan_bytes):
    (job,) = client.order(client.upload({"a.nii.gz": scan_bytes}), model="small")
    (other,) = client.order(client.upload({"b.nii.gz": scan_bytes}), model="small")
    client.wait(job["id"], "running")
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert client.wait(other["id"])["state"] == "done"
    assert client.job(job["id"])["state"] == "cancelled"
    assert not (work / "jobs" / job["id"]).exists()


def test_finished_scan_is_removed_with_its_files(client, work, scan_bytes):
    (job,) = client.order(client.upload({"a.nii.gz": scan_bytes[: len(scan_bytes) // 2]}))
    client.wait(job["id"], "failed")
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert client.job(job["id"]) is None
    assert not (work / "jobs" / job["id"]).exists()
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 404


def test_upload_is_gone_once_its_scans_are_queued(client, work, scan_bytes):
    upload = client.upload({"a.nii.gz": scan_bytes})
    (job,) = client.order(upload, model="small")
    assert not (work / "uploads" / upload).exists()
    client.delete(f"/api/jobs/{job['id']}")


def test_full_queue_refuses_more_and_keeps_the_upload(tmp_path, scan_bytes):
    with running(tmp_path / "work", limits=Limits(queue=0)) as server, Client(server.address) as client:
        upload = client.upload({"a.nii.gz": scan_bytes})
        ids = [choice["id"] for choice in client.choices(upload).json()["choices"]]
        answer = client.post("/api/jobs", json={"upload": upload, "choices": ids})
        assert answer.status_code == 429
        assert client.choices(upload).status_code == 200


def test_more_scans_are_refused_with_a_sentence_if_the_disk_has_no_room(tmp_path):
    with running(tmp_path / "work") as server, Client(server.address) as client:
        server.program.config.app.state.service.queue._limits = Limits(free_bytes=10**18)
        answer = client.post("/api/jobs", json={"demo": True})
        assert answer.status_code == 507
        assert "free some" in answer.json()["error"]


def strip_job_on_a_full_disk(work: Work) -> Outcome:
    """Strip a scan in a process that can write no more than 4 kB to a file of a scan that is called ``full``."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if work.name.startswith("full"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        return strip_job(work)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_scan_whose_files_do_not_fit_on_the_disk_fails_and_the_next_one_is_stripped(tmp_path, scan_bytes):
    with running(tmp_path / "work") as server, Client(server.address) as client:
        server.program.config.app.state.service.queue._runner._process = Isolated(strip_job_on_a_full_disk)
        files = dict.fromkeys(("full.nii.gz", "other.nii.gz"), scan_bytes)
        full, other = client.order(client.upload(files), model="small")
        failed = client.wait(full["id"])
        assert failed["state"] == "failed"
        sentence = "The disk of the server is full; free space, or remove scans, and try again."
        assert failed["error"] == f"full.nii.gz: {sentence}"
        left = [path.name for path in (tmp_path / "work" / "jobs" / full["id"]).iterdir() if path.suffix == ".gz"]
        assert left == []
        assert client.wait(other["id"])["state"] == "done"
