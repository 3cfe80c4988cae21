"""Differences: how large the parts are that differ, and where they lie."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.quality.differences import Kind, far_parts, find_differences, place_of
from tests.quality.test_given import distance_to_ball

SHAPE = (64, 64, 64)
#: Voxels of 2 x 1.5 x 1 mm in LAS order, away from the origin.
AFFINE = np.array([[-2.0, 0, 0, 70], [0, 1.5, 0, -40], [0, 0, 1.0, 5], [0, 0, 0, 1]])


def differences(mask: np.ndarray, affine: np.ndarray = AFFINE, **options: int) -> list:
    distance = distance_to_ball(16)
    return find_differences(far_parts(distance, mask, 0.0), distance < 0, affine, **options)


def test_same_masks_have_no_differences():
    assert differences(distance_to_ball(16) < 0) == []


def test_extra_part_has_its_volume_centre_and_place():
    mask = distance_to_ball(16) < 0
    mask[2:7, 52:57, :5] = True
    (part,) = differences(mask)
    assert (part.kind, part.place) == (Kind.extra, "lower front right")
    assert part.volume_ml == pytest.approx(125 * 0.003)
    assert part.centre_mm == pytest.approx((70 - 2 * 4, -40 + 1.5 * 54, 5 + 2))


def test_missing_part_is_what_lies_deep_inside():
    distance = distance_to_ball(16)
    mask = (distance < 0) & (np.arange(64) < 40)
    (part,) = differences(mask)
    assert (part.kind, part.place) == (Kind.missing, "top")
    assert part.volume_ml == pytest.approx(np.count_nonzero((distance < -5) & ~mask) * 0.003)


def test_largest_parts_come_first_and_no_more_than_were_asked_for():
    mask = distance_to_ball(16) < 0
    for size, corner in ((4, (0, 0, 0)), (6, (0, 56, 0)), (5, (56, 0, 56))):
        mask[tuple(slice(start, start + size) for start in corner)] = True
    found = differences(mask, count=2)
    assert [round(part.volume_ml / 0.003) for part in found] == [216, 125]


def test_specks_are_not_named():
    mask = distance_to_ball(16) < 0
    mask[:2, :2, :2] = True
    assert differences(mask) == []


def test_part_that_is_bent_has_its_centre_inside_of_it():
    mask = distance_to_ball(16) < 0
    mask[0, :, 0] = mask[:, 0, 0] = True
    (part,) = differences(mask)
    index = np.linalg.solve(AFFINE, [*part.centre_mm, 1.0])[:3].round().astype(int)
    assert mask[tuple(index)]


def test_without_a_brain_directions_start_in_the_middle_of_the_scan():
    far = far_parts(np.full(SHAPE, 99.0, np.float32), np.arange(64) > 60, 0.0)
    (part,) = find_differences(far, np.zeros(SHAPE, bool), AFFINE)
    assert part.place == "top"


@pytest.mark.parametrize(
    ("offset", "place"),
    [
        ((-40, 50, -35), "lower front left"),
        ((0, -60, 10), "back"),
        ((60, 5, 50), "upper right"),
        ((0, 0, -60), "bottom"),
        ((3, 4, 5), "centre"),
    ],
)
def test_place_is_a_direction_in_words(offset, place):
    assert place_of(offset, 70.0) == place


def test_part_can_be_written_as_json():
    mask = distance_to_ball(16) < 0
    mask[2:7, 52:57, :5] = True
    (part,) = differences(mask)
    assert part.as_dict() == {
        "kind": "extra",
        "volume_ml": 0.375,
        "centre_ras_mm": [62.0, 41.0, 7.0],
        "place": "lower front right",
    }
