"""Parallel processes: every item is answered, also when processes crash or hang."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import pytest

from deskull.system.processes import Failure, Isolated, in_processes


def double(number: int) -> int:
    return 2 * number


def crash_on_two_and_five(number: int) -> int:
    if number in (2, 5):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@dataclass(frozen=True)
class CrashOnce:
    """Crashes on an even number the first time."""

    folder: Path

    def __call__(self, number: int) -> int:
        mark = self.folder / str(number)
        if number % 2 == 0 and not mark.exists():
            mark.touch()
            os._exit(1)
        return number


def fail_on_one(number: int) -> int:
    if number == 1:
        raise KeyError("one")
    return number


def process_number(_: int) -> int:
    time.sleep(0.01)
    return os.getpid()


def hang_on_one(number: int) -> int:
    """Takes years for 1: catastrophic backtracking, inside compiled code that holds the interpreter's lock."""
    if number == 1:
        re.match(r"(a+)+b", "a" * 60)
    return number


def crash_below_ten(number: int) -> int:
    if number < 10:
        os._exit(1)
    return number


def add_ten(number: int) -> int:
    return number + 10


@pytest.mark.parametrize("jobs", [0, 2])
def test_every_item_is_answered(jobs):
    assert dict(in_processes(double, [1, 2, 3], jobs)) == {1: 2, 2: 4, 3: 6}


@pytest.mark.parametrize("jobs", [0, 2])
def test_no_items_give_no_answers(jobs):
    assert list(in_processes(double, [], jobs)) == []


def test_process_that_crashes_costs_only_its_own_item():
    answers = dict(in_processes(crash_on_two_and_five, range(7), 2))
    assert answers == {n: Failure.crashed if n in (2, 5) else n for n in range(7)}


def test_item_whose_process_crashed_once_is_tried_again(tmp_path):
    answers = dict(in_processes(CrashOnce(tmp_path), range(4), 2, tries=2))
    assert answers == {n: n for n in range(4)}


def test_item_is_replaced_before_it_is_tried_again():
    assert list(in_processes(crash_below_ten, [3], 1, tries=2, before_retry=add_ten)) == [(13, 13)]


def test_process_that_hangs_in_compiled_code_is_killed_and_the_others_go_on():
    answers = dict(in_processes(hang_on_one, range(4), 2, tries=2, timeout=5.0))
    assert answers == {0: 0, 1: Failure.timed_out, 2: 2, 3: 3}


@pytest.mark.parametrize("jobs", [0, 1])
def test_exception_of_the_function_is_raised(jobs):
    with pytest.raises(KeyError, match="one"):
        list(in_processes(fail_on_one, range(4), jobs))


def test_processes_are_kept_for_many_items():
    assert len({process for _, process in in_processes(process_number, range(30), 2)}) == 2


def test_items_are_taken_only_as_processes_become_free():
    endless = count()
    assert len(list(islice(in_processes(double, endless, 2), 10))) == 10
    assert next(endless) < 20


def test_processes_end_when_their_parent_is_killed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from tests.system.test_processes import note_and_wait\n"
        "from deskull.system.processes import in_processes\n"
        "if __name__ == '__main__': list(in_processes(note_and_wait, [Path(sys.argv[1])], 1))\n"
    )
    note = tmp_path / "process"
    parent = subprocess.Popen([sys.executable, "-c", code, note], cwd=Path(__file__).parents[2])
    wait_until(lambda: note.exists() and note.read_text())
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_running(int(note.read_text())))


def note_and_wait(note: Path) -> None:
    note.write_text(str(os.getpid()))
    time.sleep(60)


def wait_until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(process: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for by its new parent does not."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_isolated_function_keeps_its_process_until_it_fails():
    isolated = Isolated(process_number)
    first, second = isolated(0), isolated(0)
    assert first == second != os.getpid()


def test_isolated_function_goes_on_in_a_new_process_after_a_failure():
    isolated = Isolated(hang_on_one)
    assert isolated(0) == 0
    assert isolated(1, timeout=0.2) is Failure.timed_out
    assert isolated(2) == 2
