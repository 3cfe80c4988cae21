"""Second network: it looks at the image around the mask alone, and answers in coarser voxels from the same corner."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.models.engine import make_engine
from deskull.quality.second import SecondNetwork, second_model

SHAPE = (64, 64, 128)


@pytest.fixture(scope="module")
def second() -> SecondNetwork:
    return SecondNetwork(2, "onnxruntime", "cpu")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """A bright ball of 40 mm in a darker shell of 44 mm, on voxels of 2 mm, near one end of a long grid."""
    points = np.stack(np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij"), axis=-1)
    distance = 2 * np.linalg.norm(points - [31.5, 31.5, 31.5], axis=-1)
    return np.where(distance < 40, 0.7, np.where(distance < 44, 0.3, 0.0)).astype(np.float32)


def test_answer_covers_the_image_in_voxels_of_twice_the_edge(second, image):
    look = second(image[:, :, :-1])
    assert look.spacing == 2
    assert look.distance.shape == look.expected_error.shape == (32, 32, 64)


def test_answer_is_the_distance_and_the_exponential_of_the_other_output(second, image):
    predicted = make_engine(second_model(), 2, "onnxruntime", "cpu")(image)
    look = second(image)
    np.testing.assert_array_equal(look.distance, predicted[0])
    np.testing.assert_allclose(look.expected_error, np.exp(predicted[1].clip(-4, 4)), rtol=1e-6)


def test_with_a_box_the_network_looks_around_it_and_says_far_outside_elsewhere(second, image):
    around = second(image, (slice(0, 64), slice(0, 64), slice(17, 47)))
    alone = second(image[..., :64])
    np.testing.assert_array_equal(around.distance[..., :32], alone.distance)
    assert (around.distance[..., 32:] == second_model().band).all()
    np.testing.assert_allclose(around.expected_error[..., 32:], np.exp(-4), rtol=1e-6)


@settings(max_examples=200)
@given(size=st.integers(1, 120), ends=st.tuples(st.integers(0, 239), st.integers(1, 240)))
def test_window_holds_the_box_and_its_surroundings_in_a_size_that_the_network_takes(second, size, ends):
    start, stop = min(*ends, 2 * size - 1), min(max(ends), 2 * size)
    window = second.window((size,) * 3, (slice(start, stop),) * 3)[0]
    length = window.stop - window.start
    assert 0 <= window.start <= max(0, (start - 9) / 2 + 0.5)
    assert size >= window.stop >= min(size, (stop + 9) / 2 - 0.5)
    assert length == size or 2 * length % second_model().size_multiple == 0


def test_without_a_box_the_window_is_the_grid(second):
    assert second.window((5, 6, 7), None) == (slice(0, 5), slice(0, 6), slice(0, 7))


def test_mirror_image_is_looked_at_from_the_other_side(second, image):
    crooked = image.copy()
    crooked[30:] *= 0.7
    mirrored, expected = second.mirrored(crooked), second(np.ascontiguousarray(crooked[::-1]))
    np.testing.assert_array_equal(mirrored.distance, expected.distance[::-1])
    np.testing.assert_array_equal(mirrored.expected_error, expected.expected_error[::-1])
