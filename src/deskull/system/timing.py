"""Timing: how long each stage of the work on a scan takes."""

from __future__ import annotations

import logging
import time

from deskull.system.activity import stage_done

_logger = logging.getLogger(__name__)


class StageTimer:
    """Durations of stages in seconds, summed by name (and over frames that were stripped at the same time).

    Attributes
    ----------
    seconds : dict of str to float
        Duration of each stage.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def finish(self, stage: str) -> None:
        """Add the time since the last stage finished to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        _logger.debug("%s: %.3f s", stage, now - self._last)
        self._last = now
        stage_done(stage)

    def add(self, other: StageTimer) -> None:
        """Add the durations of another timer; the time meanwhile belongs to no stage."""
        for stage, seconds in other.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self._last = time.perf_counter()
