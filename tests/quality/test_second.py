"""Second network: it looks at the same image on coarser voxels from the same corner, around the mask alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.preprocessing.grid import Conformed
from deskull.preprocessing.resampling import average_blocks
from deskull.quality.second import SecondNetwork

SHAPE = (64, 64, 192)


@pytest.fixture(scope="module")
def second() -> SecondNetwork:
    return SecondNetwork(2, "onnxruntime", "cpu")


@pytest.fixture(scope="module")
def conformed() -> Conformed:
    """A bright ball of 24 mm in a darker shell of 30 mm, on voxels of 1 mm, near one end of a long grid."""
    points = np.stack(np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij"), axis=-1)
    distance = np.linalg.norm(points - [31.5, 31.5, 47.5], axis=-1)
    image = np.where(distance < 24, 0.7, np.where(distance < 30, 0.3, 0.0)).astype(np.float32)
    return Conformed(image, np.ones(SHAPE, bool), np.eye(4))


def test_answer_covers_the_image(second, conformed):
    assert second.voxel_size == 3
    assert second(conformed, 1.0).shape == (22, 22, 64)


def test_answer_is_the_distance_less_the_default_border_on_averaged_voxels(second, conformed):
    model = load_model("small")
    data = np.pad(conformed.data, [(0, 32), (0, 32), (0, 0)])
    coarse, _ = average_blocks(data, np.eye(4), 3.0)
    predicted = make_engine(model, 2, "onnxruntime", "cpu")(coarse)[model.surfaces.index("brain"), :22, :22]
    np.testing.assert_allclose(second(conformed, 1.0), predicted - model.default_border("brain"), atol=1e-3)


def test_with_a_box_the_network_looks_around_it_and_says_far_outside_elsewhere(second, conformed):
    around = second(conformed, 1.0, (slice(0, 64), slice(0, 64), slice(18, 78)))
    part = Conformed(conformed.data[..., :96], np.ones((64, 64, 96), bool), np.eye(4))
    np.testing.assert_array_equal(around[..., :32], second(part, 1.0))
    assert (around[..., 32:] == load_model("small").band).all()


@settings(max_examples=200)
@given(size=st.integers(1, 120), ends=st.tuples(st.integers(0, 359), st.integers(1, 360)))
def test_window_holds_the_box_and_its_surroundings_in_a_size_that_the_network_takes(second, size, ends):
    start, stop = min(*ends, 3 * size - 1), min(max(ends), 3 * size)
    window = second.window((size,) * 3, 1.0, (slice(start, stop),) * 3)[0]
    length = window.stop - window.start
    assert 0 <= window.start <= max(0, (start - 18) / 3 + 0.5)
    assert size >= window.stop >= min(size, (stop + 18) / 3 - 0.5)
    assert length == size or length % load_model("small").size_multiple == 0


def test_without_a_box_the_window_is_the_grid(second):
    assert second.window((5, 6, 7), 1.0, None) == (slice(0, 5), slice(0, 6), slice(0, 7))


def test_mirror_image_is_looked_at_from_the_other_side(second, conformed):
    crooked = conformed.data.copy()
    crooked[40:] *= 0.7
    mirrored = second.mirrored(Conformed(crooked, conformed.field_of_view, np.eye(4)), 1.0)
    padded = np.pad(crooked, [(0, 2), (0, 0), (0, 0)])[::-1]
    expected = second(Conformed(padded, np.ones(padded.shape, bool), np.eye(4)), 1.0)[::-1]
    np.testing.assert_array_equal(mirrored, expected)
