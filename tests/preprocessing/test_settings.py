"""Preprocessing: fixed grids, scalings, N4; the same settings from a recipe and from a card."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskull import InputError, UsageError, Volume
from deskull.preprocessing.settings import Preprocessing


def test_a_fixed_grid_holds_the_head_whatever_the_scan_covers(head):
    for size in ((96, 128, 160), (64, 80, 64)):
        seen = Preprocessing(size=size).apply(head)
        assert seen.data.shape == size
        assert seen.field_of_view.mean() > 0.5 if size[0] == 64 else seen.field_of_view.mean() < 1
    # Cut down, the grid keeps the top of the head: the brightest half of it stays.
    small = Preprocessing(size=(64, 80, 64)).apply(head)
    assert (small.data > 0.2).mean() > 0.3


def test_frames_can_share_a_grid(head):
    other = Volume(head.data.copy(), head.affine)
    other.data[:, :, :12] = head.data.max()  # something bright below: alone, it would be covered too
    first, alone = Preprocessing().apply(head), Preprocessing().apply(other)
    shared = Preprocessing().apply(other, reference_grid=first)
    assert not np.array_equal(alone.affine, first.affine)
    np.testing.assert_array_equal(shared.affine, first.affine)
    assert shared.data.shape == first.data.shape


def test_scalings_do_what_their_names_say(head):
    standard = Preprocessing(intensity="standardise").apply(head)
    bright = standard.data[standard.data > standard.data[standard.field_of_view].mean()]
    assert abs(float(bright.mean())) < 1  # the head, not the air, has mean 0
    assert (
        standard.data.min() == standard.data[~standard.field_of_view].max() if (~standard.field_of_view).any() else True
    )
    stored = Preprocessing(intensity="bytes").apply(head)
    assert stored.data.min() == 0
    assert stored.data.max() == pytest.approx(255)


def test_nearest_takes_voxels_as_they_are(head):
    nearest = Preprocessing(voxel_size=4.0, interpolation="nearest", intensity="bytes")
    values = np.unique(nearest.apply(head).data)
    linear = np.unique(Preprocessing(voxel_size=4.0, intensity="bytes").apply(head).data)
    assert len(values) < len(linear)  # stored numbers only, nothing between them


def test_n4_takes_shading_away(head):
    ramp = np.linspace(0.5, 1.5, head.shape[0], dtype=np.float32)[:, None, None]
    shaded = Volume(head.values() * ramp, head.affine)

    def sides(preprocessing):
        data = preprocessing.apply(shaded).data
        left, right = np.array_split(data, 2, axis=0)
        return np.median(left[left > 0.3]) / np.median(right[right > 0.3])

    plain, corrected = sides(Preprocessing()), sides(Preprocessing(n4=True, n4_shrink=4))
    assert abs(corrected - 1) < abs(plain - 1)


def test_settings_survive_a_card():
    made = Preprocessing(size=(96, 128, 160), n4=True, intensity="standardise")
    assert Preprocessing.of(json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"intensity": "loud"}, "unknown"),
        ({"interpolation": "cubic"}, "unknown"),
        ({"size": (95, 128, 160)}, "multiples of 16"),
        ({"voxel_size": 0}, "positive"),
        ({"colour": 1}, "colour"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, said):
    with pytest.raises(UsageError, match=said):
        Preprocessing.of(settings)


def test_what_is_no_head_is_refused():
    with pytest.raises(InputError, match="too small"):
        Preprocessing().apply(Volume(np.random.default_rng(0).random((3, 3, 3)), np.diag([0.1, 0.1, 0.1, 1])))
    assert Preprocessing().apply(Volume(np.zeros((64, 64, 64)), np.diag([3.0, 3, 3, 1]))) is None
