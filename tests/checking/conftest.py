"""Fixtures of checked masks."""

from __future__ import annotations

import pytest

from tests.checking.examples import make_checked


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A mask with a part too much and a part too little."""
    return make_checked(tmp_path_factory.mktemp("checked"))
