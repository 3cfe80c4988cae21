"""Error slices: the right place, measured in mm, drawn the right way round."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deskull import Volume
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from deskull.report.error_slices import POINTER, error_slices

SHAPE = (40, 50, 45)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
AFFINE[:3, 3] = (-40, -50, -45)
BRAIN = np.s_[10:30, 12:40, 10:35]
FAR_PIECE = np.s_[34:36, 20:22, 20:22]


def _mask(*boxes):
    data = np.zeros(SHAPE, np.uint8)
    for box in boxes:
        data[box] = 1
    return Volume(data, AFFINE)


def _pixels_of(picture, rgb):
    return (np.asarray(picture.convert("RGB")) == rgb).all(axis=-1)


@pytest.fixture(scope="module")
def too_large():
    return error_slices(_mask(BRAIN, FAR_PIECE), _mask(BRAIN))


def test_largest_error_of_a_mask_that_is_too_large_is_positive(too_large):
    assert too_large.distance_mm == pytest.approx(12, abs=1.5)


def test_largest_error_of_a_mask_that_is_too_small_is_negative(too_large):
    assert error_slices(_mask(BRAIN), _mask(BRAIN, FAR_PIECE)).distance_mm == -too_large.distance_mm


def test_position_is_that_of_the_farthest_wrong_voxel(too_large):
    expected = (-40 + 2 * 35, -50 + 2 * 20.5, -45 + 2 * 20.5)
    np.testing.assert_allclose(too_large.position_mm, expected, atol=2)


def test_contour_of_the_mask_covers_that_of_the_reference(too_large):
    assert _pixels_of(too_large.picture, CONTOUR).sum() > 500
    assert not _pixels_of(too_large.picture, REFERENCE_CONTOUR).any()


def test_contour_of_the_reference_is_drawn_where_the_mask_differs():
    picture = error_slices(_mask(FAR_PIECE), _mask(BRAIN)).picture
    assert _pixels_of(picture, REFERENCE_CONTOUR).sum() > 500


def test_four_pointers_are_drawn_in_each_of_three_slices(too_large):
    assert _pixels_of(too_large.picture, POINTER).sum() == 3 * 4 * 2 * 12


def test_left_of_the_picture_is_the_patients_right():
    scan = Volume(np.zeros(SHAPE, np.float32), AFFINE)
    scan.data[20:30] = 100  # in RAS, the half on the patient's right
    picture = np.asarray(error_slices(_mask(BRAIN), _mask(BRAIN), scan).picture.convert("L")).astype(int)
    axial = picture[40:-40, -120:]
    assert axial[:, :60].sum() > 1.5 * axial[:, 60:].sum()


def test_masks_are_cut_off_at_the_field_of_view():
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    everything = np.ones(SHAPE, np.uint8)
    one_slice_less = everything.copy()
    one_slice_less[..., -1] = 0
    cut, whole, scan = (Volume(data, rotation @ AFFINE) for data in (one_slice_less, everything, 7 * everything))
    assert abs(error_slices(cut, whole, scan).distance_mm) < 4


def test_errors_outside_the_region_of_interest_do_not_count():
    slices = error_slices(_mask(BRAIN, FAR_PIECE), _mask(BRAIN), roi=_mask(np.s_[:33]))
    assert slices.distance_mm == 0


@pytest.mark.parametrize(("predicted", "reference"), [((), (BRAIN,)), ((BRAIN,), ()), ((), ())])
def test_empty_masks_give_a_picture_and_no_distance(predicted, reference):
    slices = error_slices(_mask(*predicted), _mask(*reference))
    assert math.isnan(slices.distance_mm)
    assert slices.picture.width > 100


def test_series_with_nan_is_drawn_on():
    data = np.random.default_rng(0).normal(size=(*SHAPE, 2)).astype(np.float32)
    data[0, 0, 0] = np.nan
    assert len(error_slices(_mask(BRAIN), _mask(BRAIN), Volume(data, AFFINE)).picture.getcolors()) > 100


def test_position_is_in_world_coordinates_of_a_scan_stored_in_another_order():
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    flip[0, 3] = SHAPE[0] - 1
    flipped = [Volume(mask.data[::-1], AFFINE @ flip) for mask in (_mask(BRAIN, FAR_PIECE), _mask(BRAIN))]
    np.testing.assert_allclose(error_slices(*flipped).position_mm, (30, -9, -4), atol=2)


def test_distance_is_in_mm_whatever_the_voxel_size():
    masks = [_mask(BRAIN, FAR_PIECE), _mask(BRAIN)]
    half = [Volume(mask.data, np.diag([0.5, 0.5, 0.5, 1]) @ AFFINE) for mask in masks]
    assert error_slices(*half).distance_mm == pytest.approx(error_slices(*masks).distance_mm / 2, abs=1.1)


def test_largest_of_two_errors_counts_though_it_is_a_missing_piece():
    near = np.s_[30:32, 20:22, 20:22]
    slices = error_slices(_mask(BRAIN, near), _mask(BRAIN, FAR_PIECE))
    assert slices.distance_mm <= -8


def test_equal_masks_differ_by_zero_and_are_shown_at_their_centre():
    slices = error_slices(_mask(BRAIN), _mask(BRAIN))
    assert slices.distance_mm == 0
    np.testing.assert_allclose(slices.position_mm, (-1, 1, -1), atol=2)


def test_picture_takes_one_byte_for_each_pixel(too_large):
    assert too_large.picture.mode == "P"


def test_pointers_of_an_error_on_the_patients_right_are_on_the_left_of_the_axial_slice(too_large):
    pointers = _pixels_of(too_large.picture, POINTER)
    columns = np.flatnonzero(pointers[0]) - (pointers.shape[1] - 160)  # the axial slice is the last, 80 mm wide
    assert 0 < columns.min() <= columns.max() < 40
