"""Second network: it looks at the same image on coarser voxels from the same corner."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.models import load_model
from deskull.preprocessing.grid import Conformed
from deskull.preprocessing.resampling import average_blocks
from deskull.quality.second import SecondNetwork

SHAPE = (64, 64, 96)


@pytest.fixture(scope="module")
def second() -> SecondNetwork:
    return SecondNetwork(2, "onnxruntime", "cpu")


@pytest.fixture(scope="module")
def conformed() -> Conformed:
    """A bright ball of 24 mm in a darker shell of 30 mm, on voxels of 1 mm."""
    points = np.stack(np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij"), axis=-1)
    distance = np.linalg.norm(points, axis=-1)
    image = np.where(distance < 24, 0.7, np.where(distance < 30, 0.3, 0.0)).astype(np.float32)
    return Conformed(image, np.ones(SHAPE, bool), np.eye(4))


def test_answer_covers_the_image_and_is_padded_to_a_size_that_the_network_takes(second, conformed):
    assert second.voxel_size == 3
    assert second(conformed, 1.0, "brain").shape == (32, 32, 32)  # 64 voxels of 1 mm are padded to 96


def test_padding_of_the_image_is_that_of_the_network(second, conformed):
    padded = Conformed(np.pad(conformed.data, [(0, 32), (0, 32), (0, 0)]), np.ones((96,) * 3, bool), np.eye(4))
    np.testing.assert_array_equal(second(padded, 1.0, "brain"), second(conformed, 1.0, "brain"))


def test_answer_is_the_distance_less_the_default_border_on_averaged_voxels(second, conformed):
    from deskull.models.engine import make_engine

    model = load_model("small")
    data = np.pad(conformed.data, [(0, 32), (0, 32), (0, 0)])
    coarse, _ = average_blocks(data, np.eye(4), 3.0)
    expected = make_engine(model, 2, "onnxruntime", "cpu")(coarse)[model.surfaces.index("brain")]
    expected = expected - model.default_border("brain")
    np.testing.assert_allclose(second(conformed, 1.0, "brain"), expected, atol=1e-3)


def test_intracranial_distance_is_another_than_that_of_the_brain(second, conformed):
    brain, wide = (second(conformed, 1.0, surface) for surface in ("brain", "intracranial"))
    assert not np.array_equal(brain, wide)
