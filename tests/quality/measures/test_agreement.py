"""Agreement: two networks that see balls of known radii and places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.evidence import SecondLook
from deskull.quality.measures.agreement import agreement_measures
from tests.quality.heads import FAR, Shape, ball, cut_at_top, evidence_of, second_look, union

BALL = evidence_of(ball(30))
NOTHING = second_look(ball(-2 * FAR))


def compared(second: Shape) -> dict[str, float]:
    """Measures of a ball of 30 mm with what a second network sees."""
    return agreement_measures(replace(BALL, second=second_look(second)))


def test_without_a_second_network_nothing_is_measured():
    assert agreement_measures(BALL) == {}


def test_networks_that_see_the_same_agree():
    measures = compared(ball(30))
    assert measures["agreement"] == pytest.approx(1, abs=0.005)
    assert measures["difference_95_mm"] < 0.2
    assert measures["second_adds"] == measures["second_removes"] == 0


@settings(max_examples=12)
@given(radius=st.floats(25, 35))
def test_agreement_of_two_balls_is_their_dice(radius):
    small, large = sorted([radius, 30.0])
    assert compared(ball(radius))["agreement"] == pytest.approx(2 * small**3 / (small**3 + large**3), abs=0.01)


@pytest.mark.parametrize("radius", [28, 29, 31, 32])
def test_differences_of_two_balls_are_those_of_their_radii(radius):
    measures = compared(ball(radius))
    assert measures["offset_mm"] == pytest.approx(30 - radius, abs=0.1)
    assert measures["difference_mm"] == pytest.approx(abs(30 - radius), abs=0.1)
    assert measures["difference_95_mm"] == pytest.approx(abs(30 - radius), abs=0.3)


def test_shifted_second_network_lowers_agreement_and_leaves_the_offset_small():
    measures = compared(ball(30, (6, 0, 0)))
    overlap = 1 - 1.5 * 0.1 + 0.5 * 0.1**3  # of two equal balls whose middles lie 0.2 radii apart
    assert measures["agreement"] == pytest.approx(overlap, abs=0.01)
    # They differ by 6 c at a cosine of c, where what is near to either edge is 6 + 6 c thick.
    assert measures["difference_mm"] == pytest.approx((18 + 12) / (6 + 3), abs=0.15)
    assert abs(measures["offset_mm"]) < 0.5


def test_a_part_that_only_the_second_network_sees_is_added():
    measures = compared(union(ball(30), ball(8, (0, 0, 40))))
    assert 0.5 * (8 / 30) ** 3 < measures["second_adds"] < (8 / 30) ** 3
    assert measures["second_removes"] == 0


def test_a_part_that_only_the_first_network_sees_is_removed():
    evidence = evidence_of(union(ball(30), ball(8, (0, 0, 40))))
    measures = agreement_measures(replace(evidence, second=second_look(ball(30))))
    assert 0.5 * (8 / 30) ** 3 < measures["second_removes"] < (8 / 30) ** 3
    assert measures["second_adds"] == 0


def test_a_second_network_that_sees_nothing_does_not_agree():
    measures = agreement_measures(replace(BALL, second=NOTHING))
    assert measures["agreement"] == 0


def test_two_empty_masks_do_not_agree():
    measures = agreement_measures(replace(BALL, distance=np.full((48,) * 3, FAR, np.float32), second=NOTHING))
    assert measures["agreement"] == 0
    assert np.isnan(measures["difference_mm"])


def test_what_a_network_sees_beyond_the_field_of_view_is_not_compared():
    beyond = union(ball(30), ball(20, (0, 0, 40)))
    measures = agreement_measures(replace(cut_at_top(BALL, 0), second=second_look(beyond)))
    assert measures["agreement"] == pytest.approx(1, abs=0.02)


def test_padding_of_the_second_grid_is_not_compared():
    at_end = evidence_of(ball(30, (0, 0, 30)))
    look, ends = second_look(ball(30, (0, 0, 30))), [(0, 0), (0, 0), (0, 12)]
    distance = np.pad(look.distance, ends, constant_values=FAR)
    padded = SecondLook(distance, np.ones_like(distance), look.spacing)
    measures = agreement_measures(replace(at_end, second=padded))
    assert measures["agreement"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("radius", [26, 30])
def test_a_second_network_that_is_sure_expects_the_dice_of_both_masks(radius):
    measures = agreement_measures(replace(BALL, second=second_look(ball(radius), 0.1)))
    assert measures["expected_dice"] == pytest.approx(2 * radius**3 / (radius**3 + 30**3), abs=0.06)  # 4 mm voxels
    assert measures["expected_error_mm"] == pytest.approx(0.1)


def test_the_less_sure_a_second_network_is_the_lower_a_dice_it_expects():
    looks = [second_look(ball(30), error) for error in (0.3, 1.0, 3.0)]
    dice = [agreement_measures(replace(BALL, second=look))["expected_dice"] for look in looks]
    assert 1 > dice[0] > dice[1] > dice[2] > 0.5


def test_without_a_mirror_image_its_agreement_is_not_measured():
    assert not any("mirrored" in name for name in compared(ball(30)))


def test_agreement_with_the_mirror_image_is_that_of_either_network():
    looked = replace(BALL, second=second_look(ball(30)), mirrored=second_look(ball(27)))
    measures = agreement_measures(looked)
    expected = 2 * 27**3 / (27**3 + 30**3)
    assert measures["agreement"] == pytest.approx(1, abs=0.005)
    assert measures["mirrored_agreement"] == pytest.approx(expected, abs=0.01)
    assert measures["both_mirrored_agreement"] == pytest.approx(expected, abs=0.01)
