"""Wrapping: scans and their masks, shifted so that the head comes in again on the other side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.measures.wrapping import wrapping_measures
from tests.quality.heads import Evidence, ball, evidence_of, union

#: A ball of a smooth scan, and the same that is cut in the middle, at the end of the first axis.
BALL = evidence_of(ball(30), noise=0.02)


def rolled(evidence: Evidence, axis: int, shift: int) -> Evidence:
    """The scan, shifted along an axis, with the mask of the larger part."""
    data, mask = np.roll(evidence.scan.data, shift, axis), np.roll(evidence.mask, shift, axis)
    kept = np.moveaxis(mask, axis, 0)
    kept[:24] = 0
    return replace(evidence, scan=replace(evidence.scan, data=data), mask=mask)


def part(evidence: Evidence, planes: slice) -> Evidence:
    """A part of the scan along the last axis."""
    scan = replace(evidence.scan, data=evidence.scan.data[:, :, planes])
    return replace(evidence, scan=scan, mask=evidence.mask[:, :, planes])


def test_a_head_within_the_field_of_view_does_not_go_on_elsewhere():
    assert wrapping_measures(BALL) == {"opposite_ends": 0}


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_head_that_is_shifted_around_an_axis_goes_on_at_the_opposite_end(axis):
    assert wrapping_measures(rolled(BALL, axis, 15))["opposite_ends"] > 0.9


def test_a_head_that_is_cut_does_not_go_on_at_the_opposite_end():
    assert wrapping_measures(part(BALL, slice(0, 27)))["opposite_ends"] == 0


def test_a_slab_that_is_cut_at_both_ends_does_not_count():
    assert wrapping_measures(part(BALL, slice(18, 30)))["opposite_ends"] == 0


def test_a_blank_slice_at_the_end_resembles_nothing():
    shifted = rolled(BALL, 0, 15)
    shifted.scan.data[0] = 0
    assert wrapping_measures(shifted)["opposite_ends"] == 0


def test_an_empty_mask_does_not_go_on():
    empty = np.zeros_like(BALL.mask)
    assert wrapping_measures(replace(evidence_of(union(ball(30))), mask=empty)) == {"opposite_ends": 0}
