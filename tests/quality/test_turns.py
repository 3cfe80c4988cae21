"""Turns: which one fits best, and what it is called."""

from __future__ import annotations

import pytest

from deskull.quality.turns import TURNS, best_turn, describe_turn

#: Width, length and height of a brain in mm.
EXTENTS = (129.0, 157.0, 121.0)


def fits_of(*best: int) -> list[float]:
    """Fits of which some are the best."""
    return [0.91 if number in best else 0.85 for number in range(len(TURNS))]


def test_turns_begin_with_the_identity_and_are_all_different():
    assert TURNS[0] == ((0, 1, 2), (1, 1, 1))
    assert len(set(TURNS)) == 48


@pytest.mark.parametrize("mirrored", [0, 4])
def test_turns_that_differ_by_a_reflection_of_left_and_right_have_one_number(mirrored):
    assert best_turn(fits_of(16 + mirrored), EXTENTS) == 8


@pytest.mark.parametrize(("order", "words"), [((0, 1, 2), "reversed"), ((0, 2, 1), "swapped")])
def test_of_turns_that_fit_alike_the_one_with_usual_proportions_counts(order, words):
    turn = best_turn(fits_of(3, 8), [EXTENTS[axis] for axis in order])  # as real brains with such headers fit
    assert describe_turn(turn) == f"the front-back and up-down axes were {words}"


@pytest.mark.parametrize("turn", range(24))
def test_every_turn_but_the_identity_is_named(turn):
    assert ("swapped or reversed" in describe_turn(turn)) is (turn == 0)
