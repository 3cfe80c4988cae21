"""The trainer: what it is made with."""

from __future__ import annotations

import pytest

pytest.importorskip("lightning")

from deskull.train.trainer import usable_precision


@pytest.mark.parametrize(
    ("precision", "accelerator", "has_bf16", "used"),
    [
        ("bf16-mixed", "cpu", False, "32-true"),
        ("bf16-mixed", "cpu", True, "bf16-mixed"),
        ("bf16-mixed", "gpu", False, "bf16-mixed"),
        ("32-true", "cpu", False, "32-true"),
    ],
)
def test_bfloat16_is_used_on_processors_that_have_it(precision, accelerator, has_bf16, used):
    assert usable_precision(precision, accelerator, has_bf16=has_bf16) == used
