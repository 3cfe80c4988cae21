"""Signals that ask a process to end: they interrupt it in order."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from deskull.system.interrupts import Interrupted, exit_status, signals_interrupt


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_interrupts_and_gives_the_exit_status(number, status):
    before = signal.signal(number, signal.SIG_DFL)  # ignored where the tests run under nohup
    try:
        with pytest.raises(Interrupted) as interrupt, signals_interrupt():
            os.kill(os.getpid(), number)
        assert exit_status(interrupt.value) == status
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_ctrl_c_has_the_exit_status_of_shells():
    assert exit_status(KeyboardInterrupt()) == 130


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with signals_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_changes_no_handler():
    seen = []

    def look() -> None:
        with signals_interrupt():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
