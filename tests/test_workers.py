"""Parallel processes: every item is answered, also when one kills its process."""

from __future__ import annotations

import os

from deskull.workers import in_processes


def double(number: int) -> int:
    return 2 * number


def deadly(number: int) -> int:
    if number == 2:
        os._exit(1)
    return number


def test_items_are_answered_one_by_one_and_in_parallel():
    for jobs in (1, 2):
        assert dict(in_processes(double, [1, 2, 3], jobs)) == {1: 2, 2: 4, 3: 6}


def test_a_process_that_dies_takes_only_its_own_item_along():
    assert dict(in_processes(deadly, [1, 2, 3], 2)) == {1: 1, 2: None, 3: 3}
