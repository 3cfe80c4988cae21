"""Interrupts: a command that is asked to end, by Ctrl-C, a queueing system or a lost terminal, ends in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Signals that ask a process to end: of a queueing system before its time limit, and of a terminal that is closed.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(KeyboardInterrupt):
    """The process was asked to end.

    Attributes
    ----------
    signal : int
        The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = number


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Let signals that ask the process to end do what Ctrl-C does, so that partial files are removed.

    Signals that are ignored, as under ``nohup``, or that somebody else handles, stay so. Nothing changes outside the
    main thread, which alone may set handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def exit_status(interrupt: KeyboardInterrupt) -> int:
    """Return the exit status of a process that was interrupted, as shells have it: 128 and the signal's number."""
    return 128 + getattr(interrupt, "signal", signal.SIGINT)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Handle a signal."""
    raise Interrupted(number)
