"""The engine with its calibrations."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from benchmarks.web_engine import WebEngine, read_calibration


@pytest.fixture(scope="session")
def judging_engine(web_engine) -> WebEngine:
    """The engine in node, which has read the calibrations."""
    web_engine.call("quality.load", read_calibration())
    return web_engine


def as_given(measures: Mapping[str, float]) -> dict[str, float | None]:
    """Measures as JSON can hold them: None for NaN."""
    return {name: None if math.isnan(value) else value for name, value in measures.items()}
