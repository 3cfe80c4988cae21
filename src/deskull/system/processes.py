"""Parallel processes: apply a function to many items, whatever happens to one of the processes.

Each process has a pipe of its own, so that one which is killed cannot hold a lock that the others need.
"""

from __future__ import annotations

import enum
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess, current_process
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# New processes rather than forks: a fork would copy the locks of libraries' threads in whatever state they are.
_CONTEXT = multiprocessing.get_context("spawn")


class Failure(enum.Enum):
    """Why an item has no answer."""

    crashed = "its process ended before it was done"
    timed_out = "it took longer than the time limit"


def in_processes(
    function: Callable[[Item], Answer],
    items: Iterable[Item],
    jobs: int,
    *,
    tries: int = 1,
    timeout: float | None = None,
    before_retry: Callable[[Item], Item] | None = None,
) -> Iterator[tuple[Item, Answer | Failure]]:
    """Apply a function to items in several processes.

    The processes are killed when the iterator is closed, and end when this process ends, however it ends. Ctrl-C
    reaches this process alone.

    Parameters
    ----------
    function : callable
        Must be picklable, as must its argument, its answer and what it raises.
    items : iterable
        Taken one by one as processes become free, so that it may be of any length.
    jobs : int
        Number of processes. 0 applies the function in this process, without a time limit.
    tries : int
        Number of times that an item is given to a process if those before crashed on it (killed, or out of memory).
    timeout : float, optional
        Seconds after which a process that works on one item is killed, even inside compiled code. The time to start
        a process counts. Such an item is not tried again.
    before_retry : callable, optional
        Replaces an item whose process crashed by the one to try next.

    Yields
    ------
    item, answer
        In the order in which they are done. The answer is a `Failure` if the process crashed or was too slow; the
        other items are not affected.

    Raises
    ------
    Exception
        Whatever the function raises.
    """
    if jobs < 1:
        yield from ((item, function(item)) for item in items)
        return
    queue = _Queue(iter(items), tries, before_retry)
    workers: dict[Connection, _Worker[Item]] = {}
    try:
        while True:
            while len(workers) < jobs and (attempt := queue.next()):
                worker = _Worker[Item](function)
                workers[worker.link] = worker
                worker.give(attempt, timeout)
            if not workers:
                return
            for worker in _ready(workers):
                attempt = worker.attempt
                answer = worker.receive()
                following = None if isinstance(answer, Failure) else queue.next()
                if following:
                    worker.give(following, timeout)
                else:
                    del workers[worker.link]
                    worker.end(kill=isinstance(answer, Failure))
                if answer is Failure.crashed and queue.retry(attempt):
                    continue
                yield attempt.item, answer
    finally:
        for worker in workers.values():
            worker.end(kill=True)


class Isolated(Generic[Item, Answer]):
    """A function that runs in a process of its own, which is kept from call to call.

    Parameters
    ----------
    function : callable
        See `in_processes`.
    """

    def __init__(self, function: Callable[[Item], Answer]) -> None:
        self._function = function
        self._worker: _Worker[Item] | None = None

    def __call__(self, item: Item, timeout: float | None = None) -> Answer | Failure:
        """Apply the function.

        Parameters
        ----------
        item
            Its argument.
        timeout : float, optional
            Seconds after which the process is killed.

        Returns
        -------
        answer
            A `Failure` if the process crashed or was too slow; the next call starts another.
        """
        if self._worker is None:
            with _children_allowed():
                self._worker = _Worker(self._function)
        self._worker.give(_Attempt(item), timeout)
        list(_ready({self._worker.link: self._worker}))
        answer: Answer | Failure = self._worker.receive()
        if isinstance(answer, Failure):
            self._worker.end(kill=True)
            self._worker = None
        return answer

    def stop(self) -> None:
        """Kill the process, from another thread too: a call that waits for it returns `Failure.crashed`."""
        worker = self._worker
        if worker is not None:
            worker.kill()


def useful_jobs(jobs: int, count: int) -> int:
    """Number of processes for a number of short items: 0 (this process) where one would do.

    >>> useful_jobs(4, 3), useful_jobs(4, 1), useful_jobs(1, 100)
    (3, 0, 0)
    """
    needed = min(jobs, count)
    return needed if needed > 1 else 0


@dataclass(frozen=True)
class _Attempt(Generic[Item]):
    """An item, and the number of processes that crashed on it."""

    item: Item
    crashes: int = 0


class _Queue(Generic[Item]):
    """What is left to do: new items first, so that one that crashes processes does not delay the others."""

    def __init__(self, items: Iterator[Item], tries: int, before_retry: Callable[[Item], Item] | None) -> None:
        self._items, self._tries, self._before_retry = items, tries, before_retry
        self._again: deque[_Attempt[Item]] = deque()

    def next(self) -> _Attempt[Item] | None:
        """Take the next item; None if there is none."""
        for item in self._items:
            return _Attempt(item)
        return self._again.popleft() if self._again else None

    def retry(self, attempt: _Attempt[Item]) -> bool:
        """Put an item whose process crashed back, unless it has been tried often enough."""
        if attempt.crashes + 1 >= self._tries:
            return False
        item = self._before_retry(attempt.item) if self._before_retry else attempt.item
        self._again.append(_Attempt(item, attempt.crashes + 1))
        return True


class _Worker(Generic[Item]):
    """A process, the pipe to it, the item that it works on and the time by which it must be done."""

    attempt: _Attempt[Item]
    deadline: float | None

    def __init__(self, function: Callable[[Item], Any]) -> None:
        self.link, theirs = _CONTEXT.Pipe()
        self._process: BaseProcess = _CONTEXT.Process(target=_serve, args=(function, theirs), daemon=True)
        with _ctrl_c_ignored():
            self._process.start()
        theirs.close()

    def give(self, attempt: _Attempt[Item], timeout: float | None) -> None:
        """Send an item to the process."""
        self.attempt = attempt
        self.deadline = None if timeout is None else time.monotonic() + timeout
        with suppress(BrokenPipeError):  # it has ended, which `receive` reports
            self.link.send(attempt.item)

    def receive(self) -> Any:
        """Return the answer or the failure of a process that `_ready` has named.

        Raises
        ------
        Exception
            Whatever the function raised.
        """
        if not self.link.poll():
            return Failure.timed_out
        try:
            raised, answer = self.link.recv()
        except (EOFError, ConnectionError):
            return Failure.crashed
        if raised:
            raise answer
        return answer

    def kill(self) -> None:
        """Kill the process; who waits for its answer gets a failure."""
        self._process.kill()

    def end(self, *, kill: bool = False) -> None:
        """Close the pipe, at which an idle process ends, and wait for its end."""
        self.link.close()
        if kill:
            self._process.kill()
        self._process.join()


def _ready(workers: dict[Connection, _Worker[Item]]) -> Iterator[_Worker[Item]]:
    """Wait until processes have answered, crashed or used up their time, and yield those."""
    deadlines = [worker.deadline for worker in workers.values() if worker.deadline is not None]
    remaining = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
    answered = set(wait(list(workers), remaining))
    now = time.monotonic()
    for link, worker in list(workers.items()):
        if link in answered or (worker.deadline is not None and worker.deadline <= now):
            yield worker


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Let processes that are started here ignore Ctrl-C from their first instruction on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _children_allowed() -> Iterator[None]:
    """Let a daemonic process, as Dask's workers are, start one of its own, which ends with it (`_end_with_parent`)."""
    config = current_process()._config  # type: ignore[attr-defined]
    before = config.get("daemon")
    config["daemon"] = False
    try:
        yield
    finally:
        config["daemon"] = before


def _serve(function: Callable[[Any], Any], link: Connection) -> None:
    """Answer items in a process until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            item = link.recv()
        except (EOFError, ConnectionError):  # the parent has closed the pipe, or has ended
            return
        try:
            answer = (False, function(item))
        except Exception as error:
            answer = (True, error)
        with suppress(ConnectionError):
            link.send(answer)


def _end_with_parent() -> None:
    """End this process when its parent has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
