"""Activity: what is being done on a scan, reported to whoever shows it to a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Called with the name of a stage that is done, or with how many of how many frames are done.
OnStage = Callable[[str], None]
OnFrame = Callable[[int, int], None]

_listener: ContextVar[tuple[OnStage, OnFrame] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(on_stage: OnStage, on_frame: OnFrame) -> Iterator[None]:
    """Call functions while scans are stripped in this thread.

    Parameters
    ----------
    on_stage : callable
        Called with the name of each stage when it is done; see `deskull.system.timing.StageTimer`.
    on_frame : callable
        Called as ``on_frame(done, total)`` after each frame of a series.
    """
    before = _listener.get()
    _listener.set((on_stage, on_frame))
    try:
        yield
    finally:
        _listener.set(before)


def stage_done(stage: str) -> None:
    """Report that a stage is done; other threads, which strip the frames of a series, are not heard."""
    listener = _listener.get()
    if listener:
        listener[0](stage)


def frame_done(done: int, total: int) -> None:
    """Report how many frames of a series are done."""
    listener = _listener.get()
    if listener:
        listener[1](done, total)
