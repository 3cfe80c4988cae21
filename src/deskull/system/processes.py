"""Workers: a function over many items in parallel processes that survive one another and end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Fresh processes: a fork would copy the threads of the libraries loaded here in the state they are in.
_CONTEXT = multiprocessing.get_context("spawn")


def in_processes(
    function: Callable[[Item], Answer], items: Iterable[Item], jobs: int, tries: int = 1
) -> Iterator[tuple[Item, Answer | None]]:
    """Apply a function to items, several at a time.

    Parameters
    ----------
    function : callable
        Can be pickled, and so can what it takes, gives and raises.
    items : iterable
        Taken only as processes become free: there may be any number of them.
    jobs : int
        Number of processes; 0 works in this one.
    tries : int
        How often an item is given to a process, as long as they die of it (killed, or out of memory).

    Yields
    ------
    item, answer
        As each is done. The answer is None if its processes died; the others go on.
    """
    if jobs < 1:
        yield from ((item, function(item)) for item in items)
        return
    left, again = iter(items), deque[_Task[Item]]()
    team: dict[Connection, _Worker[Item]] = {}
    try:
        while True:
            while len(team) < jobs and (task := _next_task(left, again)):
                _start(function, team).give(task)
            if not team:
                return
            for link in wait(list(team)):
                assert isinstance(link, Connection)
                worker = team[link]
                task = worker.task
                try:
                    failed, answer = link.recv()
                except (EOFError, ConnectionError):
                    team.pop(link).end()
                    task = _Task(task.item, task.tries + 1)
                    if task.tries < tries:
                        again.append(task)
                    else:
                        yield task.item, None
                    continue
                if failed:
                    raise answer
                coming = _next_task(left, again)
                worker.give(coming) if coming else team.pop(link).end()
                yield task.item, answer
    finally:
        for worker in team.values():
            worker.end(kill=True)


@dataclass(frozen=True)
class _Task(Generic[Item]):
    """An item, and how many processes died of it."""

    item: Item
    tries: int = 0


class _Worker(Generic[Item]):
    """A process, the pipe to it and what it works on."""

    def __init__(self, process: BaseProcess, link: Connection) -> None:
        self.process, self.link = process, link
        self.task: _Task[Item]

    def give(self, task: _Task[Item]) -> None:
        """Hand over the next item."""
        self.task = task
        with suppress(BrokenPipeError):  # it died: what is read from the pipe next says so
            self.link.send(task.item)

    def end(self, *, kill: bool = False) -> None:
        """Close the pipe, at which an idle process ends, and wait for it."""
        self.link.close()
        if kill:
            self.process.kill()
        self.process.join()


def worthwhile(jobs: int, count: int) -> int:
    """Processes for so many short items: 0 (this one) where there would be one only."""
    least = min(jobs, count)
    return least if least > 1 else 0


def _next_task(left: Iterator[Item], again: deque[_Task[Item]]) -> _Task[Item] | None:
    """What to do next: new items first, so that one that kills does not hold up the rest."""
    for item in left:
        return _Task(item)
    return again.popleft() if again else None


def _start(function: Callable[[Item], Any], team: dict[Connection, _Worker[Item]]) -> _Worker[Item]:
    """Add a process to the team."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_serve, args=(function, theirs), daemon=True)
    with _ctrl_c_ignored():
        process.start()
    theirs.close()
    team[ours] = _Worker(process, ours)
    return team[ours]


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Let what is started here inherit that Ctrl-C is for the command alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(function: Callable[[Any], Any], link: Connection) -> None:
    """What a process does: answer items until the pipe is closed; end with the parent however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C stops the command alone
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            item = link.recv()
        except EOFError:
            return
        try:
            answer = (False, function(item))
        except Exception as error:
            answer = (True, error)
        link.send(answer)


def _end_with_parent() -> None:
    """End this process once its parent has."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
