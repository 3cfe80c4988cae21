"""Numbers in the sentences of the static page: the text that Python writes."""

from __future__ import annotations

import numpy as np
import pytest

VALUES = [
    0.0, 0.5, 1.5, 2.5, -2.5, 0.125, 0.375, 99.5, 100.5, 999.5, 0.00012345, 0.0000999996, 123456.7, 1e-7, 2.675, 12.25,
    0.0009765625, 9.9995, 4.0, 1e22, *np.random.default_rng(0).lognormal(0, 4, 40).tolist(),
]  # fmt: skip


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_numbers_of_fixed_digits_are_those_of_python(judging_engine, digits):
    for value in VALUES:
        if value < 1e21:
            assert judging_engine.call("numbers.fixed", value, digits) == f"{value:.{digits}f}"


@pytest.mark.parametrize("digits", [1, 3, 4])
def test_numbers_of_significant_digits_are_those_of_python(judging_engine, digits):
    for value in VALUES:
        assert judging_engine.call("numbers.general", value, digits) == f"{value:.{digits}g}"
