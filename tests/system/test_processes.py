"""Parallel processes: every item is answered, also when some kill their process."""

from __future__ import annotations

import os
import time
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest

from deskull.system.processes import in_processes


def double(number: int) -> int:
    return 2 * number


def deadly(number: int) -> int:
    if number in (2, 5):
        os._exit(1)
    return number


def deadly_once(number: int, folder: Path) -> int:
    """Dies of an even number the first time."""
    mark = folder / str(number)
    if number % 2 == 0 and not mark.exists():
        mark.touch()
        os._exit(1)
    return number


def wrong(number: int) -> int:
    if number == 1:
        raise KeyError("one")
    return number


def process_of(number: int) -> int:
    time.sleep(0.01)
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_items_are_answered_one_by_one_and_in_parallel(jobs):
    assert dict(in_processes(double, [1, 2, 3], jobs)) == {1: 2, 2: 4, 3: 6}
    assert list(in_processes(double, [], jobs)) == []


def test_a_process_that_dies_takes_only_its_own_item_along():
    found = dict(in_processes(deadly, range(9), 2))
    assert found == {n: None if n in (2, 5) else n for n in range(9)}


def test_a_process_that_dies_once_is_forgiven(tmp_path):
    found = dict(in_processes(partial(deadly_once, folder=tmp_path), range(6), 2, tries=2))
    assert found == {n: n for n in range(6)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_raised_comes_through(jobs):
    with pytest.raises(KeyError, match="one"):
        list(in_processes(wrong, range(4), jobs))


def test_processes_are_few_and_stay_for_many_items():
    assert len({pid for _, pid in in_processes(process_of, range(30), 2)}) == 2


def test_items_are_taken_as_they_are_needed():
    endless = count()
    assert len(list(islice(in_processes(double, endless, 2), 10))) == 10
    assert next(endless) < 20
