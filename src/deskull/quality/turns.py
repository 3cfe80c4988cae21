"""Turns: permutations and reflections of the axes, by number and in words.

The aligned shape alone does not tell which turn is right: without its proportions, a brain resembles itself with front
and top exchanged. Of the turns that fit about as well, the one that gives the brain an adult's proportions counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations, product

#: What the axes of the world are called.
_AXES = ("left-right", "front-back", "up-down")
#: Width, length and height of an adult's brain in mm, as four standard deviations of the voxels' places.
_USUAL_MM = (130.0, 160.0, 115.0)
#: Turns fit about as well as the best one if they fit worse by no more than this.
_ALIKE = 0.01
_ORDERS = tuple(permutations(range(3)))
_SIGNS = tuple(product((1.0, -1.0), repeat=3))
#: All permutations of the axes with all signs, the identity first.
TURNS = tuple(product(_ORDERS, _SIGNS))


def best_turn(fits: Sequence[float], extents_mm: Sequence[float]) -> int:
    """Return the number of the turn that fits best.

    Parameters
    ----------
    fits : sequence of float
        How well each of `TURNS` fits.
    extents_mm : sequence of float
        Width, length and height as they are without a turn.

    Returns
    -------
    int
        0 for none, up to 23. Turns that differ by a reflection of the left-right axis have one number, since a brain
        resembles its mirror image.
    """
    alike = (number for number, fit in enumerate(fits) if fit >= max(fits) - _ALIKE)
    best = min(alike, key=lambda number: (_oddness(TURNS[number][0], extents_mm), -fits[number]))
    return best // 8 * 4 + best % 4


def describe_turn(turn: int) -> str:
    """Say what a turn does to the axes.

    Parameters
    ----------
    turn : int
        What `best_turn` returns.

    Examples
    --------
    >>> describe_turn(9), describe_turn(2)
    ('the left-right and front-back axes were swapped and the up-down axis was reversed',
     'the front-back axis was reversed')
    """
    order, (_, *signs) = _ORDERS[turn // 4], _SIGNS[turn % 4]
    swapped = [name for axis, name in enumerate(_AXES) if order[axis] != axis]
    reversed_ = [name for name, sign in zip(_AXES[1:], signs, strict=True) if sign < 0]
    clauses = [f"{_joined(axes)} {what}" for axes, what in ((swapped, "swapped"), (reversed_, "reversed")) if axes]
    return " and ".join(clauses) or "the axes were swapped or reversed"


def _oddness(order: Sequence[int], extents_mm: Sequence[float]) -> float:
    """How far the proportions of a brain are from usual ones if its axes are put in an order."""
    ratios = [math.log(extents_mm[axis] / usual) for axis, usual in zip(order, _USUAL_MM, strict=True)]
    return max(ratios) - min(ratios)


def _joined(axes: list[str]) -> str:
    """Axes and their verb, as a part of a sentence."""
    *others, last = axes
    return f"the {', '.join(others)} and {last} axes were" if others else f"the {last} axis was"
