"""Workers: a function over many items in parallel processes that end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_processes(
    function: Callable[[Item], Answer], items: Sequence[Item], jobs: int
) -> Iterator[tuple[Item, Answer | None]]:
    """Apply a function to items, several at a time.

    Parameters
    ----------
    function : callable
        Can be pickled, and so can what it takes, gives and raises.
    items : sequence
    jobs : int
        Number of processes; 1 works in this one.

    Yields
    ------
    item, answer
        As each is done. The answer is None if the item's process died (killed, or out of memory); the others
        are still done, each in a process of its own.
    """
    if min(jobs, len(items)) < 2:
        yield from ((item, function(item)) for item in items)
        return
    unsure = []
    with _pool(min(jobs, len(items))) as pool:
        waiting = {pool.submit(function, item): item for item in items}
        try:
            for future in as_completed(waiting):
                try:
                    yield waiting[future], future.result()
                except BrokenProcessPool:
                    unsure.append(waiting[future])
        finally:
            pool.shutdown(cancel_futures=True)
    for item in unsure:
        yield item, _alone(function, item)


def _alone(function: Callable[[Item], Answer], item: Item) -> Answer | None:
    """The answer to one item from a process of its own, None if that dies."""
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return None


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Fresh processes: a fork would copy the threads of the libraries loaded here in the state they are in.
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_follow_parent)


def _follow_parent() -> None:
    """Let Ctrl-C stop the command alone, and end with it however it ends; a pool's processes would stay."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    """End this process once its parent has."""
    parent.join()
    os._exit(1)
