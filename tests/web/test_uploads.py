"""Uploads: files come in whole or not at all, within limits, and under names of the server's own."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import contextmanager

import httpx
import pytest

from deskull.web.limits import Limits
from tests.web.client import WRITE, Client, running


@contextmanager
def limited(tmp_path, **limits):
    """A client of a server with other limits."""
    with running(tmp_path / "work", limits=Limits(**limits)) as server, Client(server.address) as client:
        yield client


@pytest.mark.parametrize(
    "name",
    ["../../evil.nii.gz", "/etc/evil.nii.gz", "..\\evil.nii.gz", "a/\0b.nii.gz", "é\n.nii.gz", "x" * 99 + ".nii"],
)
def test_names_of_files_lead_nowhere(client, work, scan_bytes, name):
    before = set(work.parent.rglob("*"))
    upload = client.upload({name: scan_bytes})
    new = [path for path in work.parent.rglob("*") if path not in before and path.is_file()]
    assert [path.parent.name for path in new] == [upload]
    assert new[0].name.startswith("000001.nii")


def test_empty_name_is_refused(client):
    upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
    answer = client.put(f"/api/uploads/{upload}/files", content=b"x")
    assert answer.status_code == 400
    assert "name" in answer.json()["error"]


def test_file_that_breaks_off_leaves_nothing_and_can_be_sent_again(client, server, work, scan_bytes):
    upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    head = (
        f"PUT /api/uploads/{upload}/files?name=a.nii.gz HTTP/1.1\r\nHost: localhost\r\nX-Deskull: 1\r\n"
        f"Cookie: {cookie}\r\nContent-Length: {len(scan_bytes)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + scan_bytes[: len(scan_bytes) // 2])
        time.sleep(0.3)
    time.sleep(0.5)
    assert list((work / "uploads" / upload).iterdir()) == []
    assert client.choices(upload).status_code == 409
    again = client.put(f"/api/uploads/{upload}/files", params={"name": "a.nii.gz"}, content=scan_bytes)
    assert again.status_code == 204
    assert client.choices(upload).status_code == 200


def test_upload_that_lacks_files_is_not_taken_for_whole(client, scan_bytes):
    upload = client.post("/api/uploads", json={"n_files": 2}).json()["upload"]
    client.put(f"/api/uploads/{upload}/files", params={"name": "a.nii.gz"}, content=scan_bytes)
    answer = client.choices(upload)
    assert answer.status_code == 409
    assert "Only 1 of 2 files" in answer.json()["error"]


def test_file_beyond_those_announced_is_refused(client, scan_bytes):
    upload = client.upload({"a.nii.gz": scan_bytes})
    answer = client.put(f"/api/uploads/{upload}/files", params={"name": "b.nii.gz"}, content=scan_bytes)
    assert answer.status_code == 409


@pytest.mark.parametrize("announced", [True, False])
def test_file_that_is_too_large_is_refused_and_leaves_nothing(tmp_path, announced):
    content = bytes(3_000_000)
    body = content if announced else iter([content[:1_500_000], content[1_500_000:]])
    with limited(tmp_path, file_bytes=2_000_000) as client:
        upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
        answer = client.put(f"/api/uploads/{upload}/files", params={"name": "a.nii"}, content=body)
        assert answer.status_code == 413
        assert "larger than" in answer.json()["error"]
        assert list((tmp_path / "work" / "uploads" / upload).iterdir()) == []


@pytest.mark.parametrize("n_files", [0, -1, "3", None, True, 1.5])
def test_number_of_files_must_make_sense(client, n_files):
    assert client.post("/api/uploads", json={"n_files": n_files}).status_code == 400


def test_too_many_files_are_refused(tmp_path):
    with limited(tmp_path, files=10) as client:
        assert client.post("/api/uploads", json={"n_files": 11}).status_code == 413


def test_too_many_open_uploads_are_refused_until_one_is_closed(tmp_path):
    with limited(tmp_path, uploads=1) as client:
        upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
        assert client.post("/api/uploads", json={"n_files": 1}).status_code == 429
        assert client.delete(f"/api/uploads/{upload}").status_code == 204
        assert client.post("/api/uploads", json={"n_files": 1}).status_code == 201


def test_full_disk_is_named_before_anything_is_sent(tmp_path):
    with limited(tmp_path, free_bytes=10**18) as client:
        answer = client.post("/api/uploads", json={"n_files": 1})
        assert answer.status_code == 507
        assert "free some" in answer.json()["error"]


def test_file_that_would_fill_the_disk_is_refused_while_it_comes(client, server, scan_bytes, monkeypatch):
    upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
    full = Limits(free_bytes=10**18)
    monkeypatch.setattr(server.program.config.app.state.service.uploads, "_limits", full)
    answer = client.put(f"/api/uploads/{upload}/files", params={"name": "a.nii.gz"}, content=iter([scan_bytes]))
    assert answer.status_code == 507


def test_upload_that_is_not_open_is_named(client):
    answer = client.put("/api/uploads/0123/files", params={"name": "a.nii"}, content=b"x")
    assert answer.status_code == 404
    assert "send the files again" in answer.json()["error"]


def test_upload_that_is_dropped_leaves_nothing(client, work, scan_bytes):
    upload = client.upload({"a.nii.gz": scan_bytes})
    assert client.delete(f"/api/uploads/{upload}").status_code == 204
    assert not (work / "uploads" / upload).exists()


def test_encoded_body_is_refused(client, scan_bytes):
    upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
    headers = {"Content-Encoding": "gzip"}
    answer = client.put(f"/api/uploads/{upload}/files", params={"name": "a"}, content=scan_bytes, headers=headers)
    assert answer.status_code == 415


def test_json_that_is_too_large_is_refused(client):
    assert client.post("/api/jobs", content=b" " * 3_000_000).status_code == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_request_that_is_no_object_is_refused(client, body):
    answer = client.post("/api/jobs", content=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


def test_hundred_uploads_at_once_all_come_in_whole(client, server, work, scan_bytes):
    async def send_all() -> list[str]:
        cookies = dict(client.cookies.items())
        limits = httpx.Limits(max_connections=100)
        base = str(client.base_url)
        async with httpx.AsyncClient(base_url=base, cookies=cookies, headers=WRITE, limits=limits, timeout=60) as many:

            async def send(number: int) -> str:
                upload = (await many.post("/api/uploads", json={"n_files": 1})).json()["upload"]
                address = f"/api/uploads/{upload}/files"
                answer = await many.put(address, params={"name": f"{number}.nii.gz"}, content=scan_bytes)
                assert answer.status_code == 204
                return upload

            return await asyncio.gather(*(send(number) for number in range(100)))

    uploads = asyncio.run(send_all())
    assert len(set(uploads)) == 100
    assert all((work / "uploads" / upload / "000001.nii.gz").read_bytes() == scan_bytes for upload in uploads)
    for upload in uploads:
        client.delete(f"/api/uploads/{upload}")
