"""Seeded random draws."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")


from deskull.train.synthesis.rng import Rng


def test_large_field_of_noise_is_as_random_as_a_small_one():
    noise = Rng(5).noise(1, 1, 160, 160, 160)
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert torch.equal(noise, Rng(5).noise(1, 1, 160, 160, 160))
    beside = np.corrcoef(noise[0, 0, :-1].flatten(), noise[0, 0, 1:].flatten())[0, 1]
    assert abs(beside) < 0.01
