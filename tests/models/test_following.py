"""Following: frames near the mean get its distance plus their movement; frames far from it are predicted anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull import Volume, formats
from deskull.evaluation.metrics import score
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.models.following import FrameFollower, follower_of
from deskull.models.prediction import Predictor
from deskull.system.timing import StageTimer


@pytest.fixture(scope="module")
def predictor(toy_model):
    model = load_model(toy_model)
    return Predictor(model, make_engine(model, 1), 1)


def unusable(image):
    raise AssertionError("the network was run")


def follower(predictor, mean, engine=None):
    """A follower whose coarser network is the network itself; after the mean, the network is replaced by `engine`."""
    made = FrameFollower(predictor, predictor, mean, "brain", 0.0, StageTimer())
    if engine:
        made._network = replace(predictor, engine=engine)
    return made


def moved(head, voxels):
    return replace(head, data=np.roll(head.data, voxels, axis=1))


@pytest.mark.parametrize("voxels", [0, 1])
def test_frame_near_the_mean_is_followed_without_the_network(predictor, tiny_head, voxels):
    frame = moved(tiny_head, voxels)
    found = follower(predictor, tiny_head, unusable)(frame, StageTimer())
    expected, _ = predictor(frame, "brain", 0.0, StageTimer())
    assert score((found < 0).astype(np.uint8), (expected < 0).astype(np.uint8)).dice > 0.98


def test_frame_of_another_head_is_predicted_by_the_network(predictor, tiny_head):
    frame = moved(tiny_head, 8)
    following = follower(predictor, tiny_head)
    expected, _ = predictor(frame, "brain", 0.0, StageTimer(), following._grid)
    np.testing.assert_array_equal(following(frame, StageTimer()), expected)


def test_blank_frame_is_far_outside(predictor, tiny_head):
    blank = replace(tiny_head, data=np.zeros_like(tiny_head.data))
    assert (follower(predictor, tiny_head)(blank, StageTimer()) == predictor.model.band).all()


def test_every_frame_is_predicted_by_the_network_where_the_mean_shows_no_brain(predictor, tiny_head):
    noise = np.random.default_rng(0).normal(0, 1, tiny_head.data.shape).astype(np.float32)
    following = follower(predictor, replace(tiny_head, data=noise))
    following._box = None
    expected, _ = predictor(tiny_head, "brain", 0.0, StageTimer(), following._grid)
    np.testing.assert_array_equal(following(tiny_head, StageTimer()), expected)


@pytest.mark.parametrize(
    ("name", "voxel", "expected"), [("default", 2.0, "small"), ("default", 1.2, None), ("small", 3.0, None)]
)
def test_default_network_is_followed_through_coarse_scans(name, voxel, expected):
    scan = Volume(np.zeros((8, 8, 8, 2), np.int16), np.diag([voxel, voxel, voxel, 1.0]))
    found = follower_of(load_model(name), scan)
    assert (found and found.path.stem) == expected


def test_network_of_a_user_is_not_followed(toy_model, tiny_head):
    assert follower_of(load_model(toy_model), tiny_head) is None


def test_moved_frame_of_a_real_series_gets_the_mask_of_the_network(data, stripper):
    scan = formats.read(data / "unlabelled" / "uih_sub1_b0.nii.gz")
    shifted = moved(scan, 1)
    series = replace(scan, data=np.stack([scan.data, shifted.data], axis=-1))
    found = stripper.strip(series, frame="each").mask
    assert score(found.data[..., 1], stripper.strip(shifted).mask.data).dice > 0.98
