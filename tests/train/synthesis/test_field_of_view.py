"""Field of view: an oblique cut ends the image, the tissues and both surfaces at one plane."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.train.synthesis.field_of_view import cut_obliquely
from deskull.train.synthesis.rng import Rng

SIZE, VOXEL_SIZE = 40, 2.0


@pytest.fixture
def ball():
    """Distances to a ball of 30 mm and to one of 34 mm."""
    index = torch.stack(torch.meshgrid(*[torch.arange(float(SIZE))] * 3, indexing="ij"))
    radius = VOXEL_SIZE * (index - (SIZE - 1) / 2).square().sum(0).sqrt()[None, None]
    return torch.cat([radius - 30, radius - 34], dim=1)


def test_image_and_tissues_are_cut_at_the_plane_and_the_brain_ends_there(ball):
    image, tissues = torch.ones(1, 1, 2 * SIZE, 2 * SIZE, 2 * SIZE), torch.ones(1, 1, *[2 * SIZE] * 3).byte()
    for seed in range(6):
        seen, distance, kept = cut_obliquely(image, ball, tissues, Rng(seed), VOXEL_SIZE)
        assert torch.equal(seen > 0, kept > 0)
        assert 0 < (seen == 0).float().mean() < 0.6
        assert (distance >= ball).all()
        blank = torch.nn.functional.avg_pool3d(seen, 2) == 0
        assert (distance[:, :1][blank] >= 0).all()
        assert (distance[:, 1:][blank] >= 0).all()
        remaining = (distance[:, 0] < 0).sum() / (ball[:, 0] < 0).sum()
        assert 0.75 < remaining <= 1


def test_image_without_brain_is_left_whole(ball):
    image, tissues = torch.ones(1, 1, SIZE, SIZE, SIZE), torch.ones(1, 1, SIZE, SIZE, SIZE).byte()
    seen, distance, kept = cut_obliquely(image, ball.abs() + 1, tissues, Rng(0), VOXEL_SIZE)
    assert (seen == 1).all()
    assert (kept == 1).all()
    assert torch.equal(distance, ball.abs() + 1)
