"""Critic of the page: it is shown what that of the package is shown, and says the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.web_engine import as_web_evidence
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.critic.cells import Window, window_of
from deskull.quality.critic.critic import Critic
from deskull.quality.evidence import Evidence
from tests.quality.heads import GRID, ball, cut_at_top, egg, ellipsoid, evidence_of, union
from tests.web_engine.conftest import shaped


def shaded(evidence: Evidence) -> Evidence:
    """The evidence with an image of noise, darker and brighter than the critic is shown."""
    noise = np.random.default_rng(0).uniform(-0.2, 1.5, (GRID,) * 3)
    return replace(evidence, image=noise.astype(np.float32))


def shapes() -> dict[str, Evidence]:
    """Evidence that reaches each branch of the window."""
    plain = shaded(evidence_of(egg()))
    affine = plain.affine @ np.diag([0.95, 1.1, 1.25, 1.0])
    return {
        "egg": plain,
        "small": shaded(evidence_of(ball(3))),
        "beyond the grid": shaded(evidence_of(union(ball(24, (30, 0, -30)), ball(10, (-40, 0, 0))))),
        "cut at the top": cut_at_top(plain, 12.0, continued=2),
        "with a border": replace(plain, border=0.7),
        "other voxels": replace(plain, affine=affine),
        "without an intracranial surface": replace(plain, intracranial=None),
    }


EVIDENCE = shapes()


@pytest.fixture(scope="module")
def critic() -> Critic:
    return Critic(1)


def window(evidence: Evidence) -> Window:
    """What the critic of the package is shown of a mask that is not empty."""
    found = window_of(evidence)
    assert found is not None
    return found


def assert_same_window(judging_engine, evidence: Evidence) -> None:
    """Fail unless both critics are shown the same."""
    shown, own = judging_engine.call("quality.shown", as_web_evidence(evidence)), window(evidence)
    assert tuple(shown["shape"]) == own.image.shape
    np.testing.assert_allclose(shown["channels"], own.channels().ravel(), atol=1e-6)


@pytest.mark.parametrize("name", EVIDENCE)
def test_window_is_that_of_the_package(name, judging_engine):
    assert_same_window(judging_engine, EVIDENCE[name])


@settings(max_examples=15)
@given(
    axes=st.tuples(*[st.floats(4, 44)] * 3),
    spacing=st.tuples(*[st.floats(0.8, 4)] * 3),
    border=st.floats(-1, 1),
)
def test_window_of_any_size_is_that_of_the_package(judging_engine, axes, spacing, border):
    evidence = evidence_of(ellipsoid(*axes))
    resized = replace(evidence, affine=np.diag([*spacing, 1.0]), border=border)
    assert_same_window(judging_engine, resized)


@pytest.mark.parametrize("name", EVIDENCE)
def test_doubt_is_that_of_the_package(name, judging_engine, critic):
    found, own = judging_engine.call("quality.doubt", as_web_evidence(EVIDENCE[name])), critic(EVIDENCE[name])
    for part in ("extra", "missing"):
        assert tuple(found[part]["shape"]) == getattr(own, part).shape
        values = shaped(found[part]["values"], getattr(own, part).shape)
        np.testing.assert_allclose(values, getattr(own, part), atol=1e-4)
    assert (found["dice"], found["head"]) == pytest.approx((own.dice, own.head), abs=1e-4)
    assert found["maskCells"] == pytest.approx(own.mask_cells, rel=1e-5)


@pytest.mark.parametrize("function", ["quality.shown", "quality.doubt"])
def test_of_an_empty_mask_nothing_is_shown_or_said(function, judging_engine):
    assert judging_engine.call(function, as_web_evidence(evidence_of(ball(-4)))) is None
