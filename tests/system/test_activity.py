"""Activity: the stages and frames of a scan are reported to whoever listens in the same thread."""

from __future__ import annotations

from threading import Thread

import pytest

from deskull import Stripper
from deskull.system.activity import frame_done, listening, stage_done
from deskull.system.timing import StageTimer


@pytest.fixture
def heard():
    """What is reported while the fixture listens."""
    events = []
    with listening(events.append, lambda done, total: events.append((done, total))):
        yield events


def test_stage_is_reported_when_its_time_is_taken(heard):
    StageTimer().finish("read")
    assert heard == ["read"]


def test_frames_are_reported(heard):
    frame_done(2, 5)
    assert heard == [(2, 5)]


def test_other_threads_are_not_heard(heard):
    thread = Thread(target=stage_done, args=("network",))
    thread.start()
    thread.join()
    assert heard == []


def test_nothing_is_reported_after_the_context():
    events = []
    with listening(events.append, lambda done, total: None):
        pass
    stage_done("read")
    assert events == []


def test_stages_of_a_scan_are_reported_in_their_order(heard, tiny_head, toy_model):
    Stripper(toy_model, threads=1).strip(tiny_head)
    assert heard == ["read", "conform", "network", "resample", "quality", "mask"]


def test_frames_of_a_series_are_reported_in_place_of_their_stages(heard, tiny_head, toy_model):
    import numpy as np

    series = tiny_head.with_data(np.stack([tiny_head.data] * 2, axis=-1))
    Stripper(toy_model, threads=1).strip(series, frame="each")
    assert [event for event in heard if isinstance(event, tuple)] == [(1, 2), (2, 2)]
    assert heard.count("network") <= 1
