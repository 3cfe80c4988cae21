"""Appearance: brightness of shells, shading and regions without signal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.quality.evidence import Evidence
from deskull.quality.measures.appearance import SHELLS, appearance_measures
from tests.quality.heads import FAR, ball, evidence_of, places

BALL = evidence_of(ball(30))
POINTS = places(48, 2.0)


def with_image(image: np.ndarray, evidence: Evidence = BALL) -> dict[str, float]:
    """Measures of the ball with another image."""
    return appearance_measures(replace(evidence, image=np.asarray(image, np.float32)))


def test_brightness_of_shells_is_relative_to_the_inside():
    measures = appearance_measures(BALL)  # 0.6 inside and 0.24 outside
    assert measures["inside_level"] == pytest.approx(0.6)
    assert [measures[f"bright_{name}"] for name in ("core", "cortex")] == pytest.approx([1, 1], abs=1e-5)
    assert [measures[f"bright_{name}"] for name in ("fluid", "skull", "scalp")] == pytest.approx([0.4] * 3)


def test_a_brighter_scan_has_the_same_relative_brightness():
    once, twice = appearance_measures(BALL), with_image(2 * BALL.image)
    assert twice["inside_level"] == pytest.approx(2 * once["inside_level"])
    for name, _, _ in SHELLS:
        assert twice[f"bright_{name}"] == pytest.approx(once[f"bright_{name}"])


def test_each_shell_is_measured_at_its_own_distance():
    for name, low, high in SHELLS:
        shell = (BALL.depth >= low) & (BALL.depth < high)
        measures = with_image(np.where(shell, 0.9, 0.3))
        brightest = max(SHELLS, key=lambda other: measures[f"bright_{other[0]}"])
        assert brightest[0] == name


def test_spread_of_noise_is_its_standard_deviation_over_the_brightness():
    noise = np.random.default_rng(0).normal(0.5, 0.1, BALL.image.shape)
    assert with_image(noise)["spread_core"] == pytest.approx(0.2, rel=0.05)


def test_shells_beyond_the_field_of_view_are_not_measured():
    measures = appearance_measures(replace(BALL, field_of_view=BALL.depth < 2))
    assert np.isnan(measures["bright_skull"])
    assert np.isnan(measures["dark_face"])
    assert np.isfinite(measures["bright_cortex"])


def test_a_region_without_signal_is_a_fraction_of_the_inside():
    image = np.where(POINTS[..., 0] < 0, 0.0, BALL.image)
    assert with_image(image)["dark_inside"] == pytest.approx(0.5, abs=0.01)
    assert with_image(BALL.image)["dark_inside"] == 0


def test_a_stripped_scan_is_dark_outside():
    measures = with_image(np.where(BALL.inside, 0.6, 0))
    assert measures["dark_outside"] == 1
    assert measures["dark_inside"] == 0


@pytest.mark.parametrize(("front", "dark", "bright"), [(1, "dark_face", "dark_nape"), (-1, "dark_nape", "dark_face")])
def test_face_and_nape_lie_below_the_middle_in_front_and_behind(front, dark, bright):
    below = evidence_of(ball(24, (0, 0, 16)))
    image = np.where(front * POINTS[..., 1] > 0, 0.0, 0.5)
    measures = with_image(image, below)
    assert measures[dark] > 0.95
    assert measures[bright] < 0.05


def test_shading_of_an_even_scan_is_none():
    assert with_image(np.full(BALL.image.shape, 0.5))["shading"] == pytest.approx(0, abs=1e-6)


def test_shading_grows_with_a_gradient_across_the_brain():
    measured = [with_image(0.5 * np.exp(slope * POINTS[..., 0]))["shading"] for slope in (0.005, 0.01)]
    assert measured[0] > 0.03
    assert measured[1] == pytest.approx(2 * measured[0], rel=0.1)


def test_fine_texture_is_not_shading():
    checks = 0.5 + 0.2 * (np.indices(BALL.image.shape).sum(axis=0) % 2)
    assert with_image(checks)["shading"] < 0.01


def test_an_empty_mask_has_no_brightness():
    measures = appearance_measures(replace(BALL, distance=np.full_like(BALL.distance, FAR)))
    assert measures["inside_level"] == 0
    assert all(np.isnan(measures[name]) for name in ("dark_inside", "shading", "bright_core", "dark_face"))
