"""A client of a real server, as the page is one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from deskull.web.server import Server
from deskull.web.service import Settings

WRITE = {"X-Deskull": "1"}


class Client(httpx.Client):
    """A browser with a session."""

    def __init__(self, address: str, *, session: bool = True) -> None:
        base, _, token = address.partition("/#token=")
        super().__init__(base_url=base, headers=WRITE, timeout=60)
        self._token = token if session else ""

    def __enter__(self) -> Client:
        super().__enter__()
        if self._token:
            assert self.post("/api/session", json={"token": self._token}).status_code == 204
        return self

    def upload(self, files: dict[str, bytes]) -> str:
        """Send files; returns the upload."""
        upload = self.post("/api/uploads", json={"n_files": len(files)}).json()["upload"]
        for name, content in files.items():
            answer = self.put(f"/api/uploads/{upload}/files", params={"name": name}, content=content)
            assert answer.status_code == 204, answer.text
        return upload

    def choices(self, upload: str) -> httpx.Response:
        """List what can be stripped."""
        return self.post(f"/api/uploads/{upload}/done")

    def order(self, upload: str, **options: Any) -> list[dict[str, Any]]:
        """Queue everything of an upload."""
        ids = [choice["id"] for choice in self.choices(upload).json()["choices"]]
        answer = self.post("/api/jobs", json={"upload": upload, "choices": ids, "options": options})
        assert answer.status_code == 201, answer.text
        return answer.json()["jobs"]

    def job(self, job_id: str) -> dict[str, Any] | None:
        """Return what is told of a job."""
        return next((job for job in self.get("/api/state").json()["jobs"] if job["id"] == job_id), None)

    def wait(self, job_id: str, *states: str, seconds: float = 120) -> dict[str, Any]:
        """Wait until a job is in one of some states."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job = self.job(job_id)
            if job and job["state"] in (states or ("done", "failed", "cancelled")):
                return job
            time.sleep(0.1)
        raise AssertionError(f"still {job}")

    def events(self) -> Iterator[tuple[str, Any]]:
        """Yield the events of the server."""
        with self.stream("GET", "/api/events") as response:
            kind = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Server]:
    """Run a server in a thread."""
    server = Server(Settings(folder, **settings), 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.program.should_exit = True
        thread.join()


def becomes_empty(folder: Path, seconds: float = 10) -> bool:
    """Whether a folder is empty soon: temporary files are removed after an answer was sent."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not list(folder.iterdir()):
            return True
        time.sleep(0.05)
    return False
