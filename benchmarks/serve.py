"""Load a server of ``deskull serve``: many scans of many clients, its memory and its answers, and a kill in the middle.

    python benchmarks/serve.py OUT SCAN [SCAN ...] [--scans 50] [--clients 10]

The scans are sent in turn, by as many clients at the same time, and stripped with the network `small`. Meanwhile the
page and the state are asked for again and again. When half of the scans are done, the server is killed (SIGKILL) and
started again. Figures are printed, and written to OUT/serve.json. The exit status is 1 if a scan is lost, the server's
memory grows by more than a tenth, or the first byte takes 100 ms or more at the 95th percentile. Needs Linux.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

WRITE = {"X-Deskull": "1"}
ENDED = ("done", "failed", "cancelled")
#: Most that the memory of the server may grow by, as a factor, and most milliseconds to the first byte.
_MOST_GROWTH, _MOST_MS = 1.1, 100.0


class Server:
    """A server in a process of its own, and a client of it.

    Parameters
    ----------
    work : Path
        Folder of the server.
    """

    def __init__(self, work: Path) -> None:
        command = [sys.executable, "-m", "deskull", "serve", "--no-open", "--port", "0", "--work", str(work)]
        start = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self._base, _, self._token = self.process.stdout.readline().strip().partition("/#token=")
        self.seconds_to_start = time.monotonic() - start

    def client(self) -> httpx.Client:
        """Open a session."""
        client = httpx.Client(base_url=self._base, headers=WRITE, timeout=300)
        client.post("/api/session", json={"token": self._token}).raise_for_status()
        return client

    def kill(self) -> None:
        """Kill the server, which has no time to note anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Watch:
    """Memory of a server, and how long it takes to answer, taken while it works."""

    def __init__(self, server: Server) -> None:
        self.memory_mb: list[float] = []
        self.work_mb: list[float] = []
        self.seconds: dict[str, list[float]] = collections.defaultdict(list)
        self._server, self._ended = server, threading.Event()
        self._threads = [threading.Thread(target=act) for act in (self._look, self._ask)]
        for thread in self._threads:
            thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            pid = self._server.process.pid
            self.memory_mb.append(memory_mb(pid))
            self.work_mb.append(sum(map(memory_mb, children(pid))))

    def _ask(self) -> None:
        with closing(self._server.client()) as client:
            for path in itertools.cycle(("/", "/api/state")):
                if self._ended.wait(0.05):
                    return
                start = time.monotonic()
                with client.stream("GET", path) as answer:
                    next(answer.iter_raw())
                    self.seconds[path].append(time.monotonic() - start)

    def stop(self) -> None:
        """Stop watching; before the server ends."""
        self._ended.set()
        for thread in self._threads:
            thread.join()


def memory_mb(pid: int) -> float:
    """Memory of a process in MB; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    try:
        return [int(text) for path in Path(f"/proc/{pid}/task").glob("*/children") for text in path.read_text().split()]
    except OSError:
        return []


def send(server: Server, number: int, scans: list[Path], n_clients: int, n_scans: int) -> list[str]:
    """Send every n-th scan, as one of n clients; returns the jobs."""
    jobs = []
    with closing(server.client()) as client:
        for at in range(number, n_scans, n_clients):
            scan = scans[at % len(scans)]
            upload = client.post("/api/uploads", json={"n_files": 1}).json()["upload"]
            name = f"{at:03d}_{scan.name}"
            client.put(
                f"/api/uploads/{upload}/files", params={"name": name}, content=scan.read_bytes()
            ).raise_for_status()
            choices = client.post(f"/api/uploads/{upload}/done").json()["choices"]
            order = {"upload": upload, "choices": [choices[0]["id"]], "options": {"model": "small"}}
            jobs.append(client.post("/api/jobs", json=order).json()["jobs"][0]["id"])
    return jobs


def states(client: httpx.Client) -> dict[str, str]:
    """State of each scan."""
    return {job["id"]: job["state"] for job in client.get("/api/state").json()["jobs"]}


def wait(client: httpx.Client, count: int) -> dict[str, str]:
    """Wait until a number of scans has ended."""
    while True:
        now = states(client)
        if sum(state in ENDED for state in now.values()) >= count:
            return now
        time.sleep(0.25)


def figures(watch: Watch) -> dict[str, Any]:
    """What was seen of a server."""
    third = max(1, len(watch.memory_mb) // 3)
    answers = {
        path: {
            "asked": len(values), "median_ms": round(1000 * statistics.median(values), 1),
            "p95_ms": round(1000 * statistics.quantiles(values, n=20)[-1], 1), "most_ms": round(1000 * max(values), 1),
        }
        for path, values in watch.seconds.items()
    }  # fmt: skip
    return {
        "server_mb": {
            "first_third": round(statistics.mean(watch.memory_mb[:third])),
            "last_third": round(statistics.mean(watch.memory_mb[-third:])),
            "most": round(max(watch.memory_mb)),
        },
        "its_processes_mb": round(max(watch.work_mb)),
        "first_byte": answers,
    }


def measure(work: Path, scans: list[Path], n_scans: int, n_clients: int) -> dict[str, Any]:
    """Send scans, kill the server in the middle, start it again, and wait for the rest."""
    server = Server(work)
    watch, start = Watch(server), time.monotonic()
    with ThreadPoolExecutor(n_clients) as clients:
        sent = list(clients.map(lambda number: send(server, number, scans, n_clients, n_scans), range(n_clients)))
    queued, seconds_to_queue = set(itertools.chain(*sent)), time.monotonic() - start
    with closing(server.client()) as client:
        before = wait(client, n_scans // 2)
    watch.stop()
    server.kill()
    again = Server(work)
    second = Watch(again)
    with closing(again.client()) as client:
        after = states(client)
        at_last = wait(client, n_scans)
    second.stop()
    seconds = time.monotonic() - start
    again.process.send_signal(signal.SIGINT)
    exit_status = again.process.wait(30)
    kept = all(after.get(job) == "done" for job, state in before.items() if state == "done")
    return {
        "scans": n_scans,
        "clients": n_clients,
        "load_of_the_machine": round(os.getloadavg()[0], 1),
        "queued": len(queued),
        "seconds_to_queue": round(seconds_to_queue, 1),
        "seconds": round(seconds, 1),
        "before_the_kill": dict(collections.Counter(before.values())),
        "after_it": dict(collections.Counter(after.values())),
        "done_before_is_done_after": kept,
        "seconds_to_start_again": round(again.seconds_to_start, 1),
        "at_last": dict(collections.Counter(at_last.values())),
        "lost": len(queued - set(at_last)),
        "first_server": figures(watch),
        "second_server": figures(second),
        "exit_status": exit_status,
    }


def faults(found: dict[str, Any]) -> list[str]:
    """Return a sentence for each limit that was exceeded."""
    server, sentences = found["first_server"], []
    if found["lost"]:
        sentences.append(f"{found['lost']} scans were lost.")
    memory = server["server_mb"]
    if memory["last_third"] > _MOST_GROWTH * memory["first_third"]:
        sentences.append(f"The server grew from {memory['first_third']} to {memory['last_third']} MB.")
    for path, answer in server["first_byte"].items():
        if answer["p95_ms"] >= _MOST_MS:
            sentences.append(f"{path}: the first byte took {answer['p95_ms']} ms at the 95th percentile.")
    return sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--scans", type=int, default=50, dest="count")
    parser.add_argument("--clients", type=int, default=10)
    options = parser.parse_args()
    shutil.rmtree(options.out / "work", ignore_errors=True)
    options.out.mkdir(parents=True, exist_ok=True)
    found = measure(options.out / "work", options.scans, options.count, options.clients)
    text = json.dumps(found, indent=2)
    (options.out / "serve.json").write_text(text)
    print(text)
    exceeded = faults(found)
    for fault in exceeded:
        print(f"error: {fault}", file=sys.stderr)
    sys.exit(bool(exceeded))


if __name__ == "__main__":
    main()
