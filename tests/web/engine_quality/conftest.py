"""The page's program, bundled once."""

from __future__ import annotations

import pytest

from tests.web.engine_quality.page import Page, bundle_page


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Page:
    """The page's program for judging masks."""
    return bundle_page(tmp_path_factory.mktemp("page"))
