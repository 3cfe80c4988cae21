"""Fixtures of the tests of the interfaces."""

from __future__ import annotations

import pytest

from deskull import formats


@pytest.fixture
def scan(tmp_path, tiny_head):
    """A scan of a head."""
    formats.write(tiny_head, tmp_path / "head.nii.gz")
    return tmp_path / "head.nii.gz"
