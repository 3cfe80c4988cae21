"""Fixtures of the tests of the web app: a real server on a free port, and a scan that it has stripped."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs deskull[web]")
pytest.importorskip("httpx", reason="needs httpx")

from deskull import formats
from tests.web.client import Client, running


@pytest.fixture(scope="session")
def scan_bytes(tiny_head, tmp_path_factory) -> bytes:
    """A file of a scan."""
    path = tmp_path_factory.mktemp("scan") / "scan.nii.gz"
    formats.write(tiny_head, path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def root(scan_bytes, tmp_path_factory) -> Path:
    """A folder whose scans can be chosen by their paths."""
    folder = tmp_path_factory.mktemp("root") / "scans"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.nii.gz").write_bytes(scan_bytes)
    (folder / "notes.txt").write_text("no scan")
    (folder.parent / "secret.nii.gz").write_bytes(scan_bytes)
    (folder / "out").symlink_to(folder.parent)
    return folder


@pytest.fixture(scope="session")
def server(root, tmp_path_factory):
    """A server with a root."""
    with running(tmp_path_factory.mktemp("serve") / "work", root=root) as server:
        yield server


@pytest.fixture(scope="session")
def work(server) -> Path:
    """The folder of the server."""
    return server.folder


@pytest.fixture
def client(server):
    """A browser with a session."""
    with Client(server.address) as client:
        yield client


@pytest.fixture(scope="session")
def done(server, scan_bytes) -> dict:
    """A job that is done."""
    with Client(server.address) as client:
        (job,) = client.order(client.upload({"study/sub-01_T1w.nii.gz": scan_bytes}))
        return client.wait(job["id"], "done", "failed")


@pytest.fixture
def dicom_zip(data) -> bytes:
    """A real series in a zip archive."""
    pytest.importorskip("pydicom", reason="needs deskull[dicom]")
    return (data / "dicom" / "siemens_t1_sagittal.zip").read_bytes()
