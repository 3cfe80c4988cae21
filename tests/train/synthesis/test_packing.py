"""Packing: blocks of voxels as channels, and back."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")


from deskull.train.synthesis.packing import pack, unpack


def test_packing_moves_the_voxels_of_a_block_into_channels_and_unpacking_back():
    image = torch.arange(6 * 4 * 8.0).reshape(1, 1, 6, 4, 8)
    packed = pack(image, 2)
    assert packed.shape == (1, 8, 3, 2, 4)
    assert packed[0, :, 1, 1, 2].tolist() == image[0, 0, 2:4, 2:4, 4:6].flatten().tolist()
    assert torch.equal(unpack(packed, 2), image)
    assert pack(image, 1) is image is unpack(image, 1)
