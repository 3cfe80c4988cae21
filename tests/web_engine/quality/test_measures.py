"""Measures of the page are those of the package, on simple shapes and on the demo's head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.web_engine import WebEngine, as_web_evidence
from benchmarks.web_evidence import collect_evidence
from scipy import ndimage

from deskull import Volume
from deskull.pipeline import Stripper
from deskull.quality.assessment import assess
from deskull.quality.calibration import load_calibration
from deskull.quality.evidence import Evidence
from deskull.quality.measures import input_measures, mask_measures
from tests.quality.heads import ball, cut_at_top, egg, ellipsoid, evidence_of, second_look, union, with_values


def shapes() -> dict[str, Evidence]:
    """Evidence that reaches each branch of the measures."""
    plain = evidence_of(egg(), noise=0.05)
    looked = replace(plain, second=second_look(egg()), mirrored=second_look(ball(28)))
    islands = union(egg(), ball(8, (0, -38, -30)))
    data = plain.scan.data
    return {
        "looked at twice": looked,
        "cut at the top": cut_at_top(looked, 12.0, continued=1),
        "turned": replace(evidence_of(egg((2, 0, 1))), second=second_look(egg((2, 0, 1)))),
        "islands": replace(plain, predicted=evidence_of(islands).distance, second=second_look(islands)),
        "fine voxels": evidence_of(ellipsoid(30, 36, 26), voxel=1.5, noise=0.02),
        "scaled": replace(looked, scan=replace(plain.scan, slope=0.013, inter=-7.5)),
        "floats": with_values(looked, (data / 7).astype(np.float32)),
        "wide": replace(looked, scan=replace(plain.scan, data=data.astype(np.int32), slope=0.013)),
        "blank slices": with_values(looked, np.where(np.arange(48) > 34, 0, data).astype(np.int16)),
        "repeated": with_values(looked, data[:, :, np.repeat(np.arange(0, 48, 2), 2)]),
        "smooth": with_values(looked, ndimage.gaussian_filter(data.astype(np.float32), 1.5)),
        "two values": with_values(looked, plain.mask.astype(np.uint8)),
        "few values": with_values(looked, np.array([0, 2, 9, 41])[np.minimum(data // 300, 3)].astype(np.int16)),
        "wrapped around": wrapped(looked),
        "CT": replace(looked, scan=replace(plain.scan, slope=0.2, inter=-120.0, data=ct_of(data))),
        "small": evidence_of(ball(3)),
        "gap": replace(looked, mask=np.where((np.arange(48) % 9 == 4)[:, None], 0, plain.mask).astype(np.uint8)),
        "without an intracranial surface": replace(plain, intracranial=None),
        "empty": evidence_of(ball(-4)),
    }


def wrapped(evidence: Evidence) -> Evidence:
    """The scan and its mask, shifted upwards so far that they come in again from below."""
    data, mask = (np.roll(values, 16, axis=2) for values in (evidence.scan.data, evidence.mask))
    return replace(with_values(evidence, data), mask=np.where(np.arange(48) < 20, 0, mask).astype(np.uint8))


def ct_of(data: np.ndarray) -> np.ndarray:
    """The values with air, as a CT has it, around a half of the head, and a little fat."""
    values = np.where(np.arange(48) < 12, -4400, data).astype(np.int16)
    values[:, :3, 20:] = 100
    return values


@pytest.fixture(scope="module")
def evidence(stripper: Stripper, head: Volume) -> dict[str, Evidence]:
    """Simple shapes, and the demo's head as the default network sees it, for both of its quality checks."""
    thorough = collect_evidence(stripper, head, "thorough")
    return shapes() | {"head": replace(thorough, mirrored=None), "head, thorough": thorough}


@pytest.fixture(scope="module")
def measured(judging_engine: WebEngine, evidence: dict[str, Evidence]) -> dict[str, Any]:
    """What the page measures of each."""
    return {name: judging_engine.call("quality.measure", as_web_evidence(item)) for name, item in evidence.items()}


def effort_of(name: str) -> str:
    """Quality check for which evidence was collected."""
    return "thorough" if name.endswith("thorough") else "default"


def assert_close(page: Mapping[str, float | None], own: Mapping[str, float]) -> None:
    """Fail unless measures of the page are those of the package, to a part of their size; None stands for NaN."""
    assert list(page) == list(own)
    found = {name: math.nan if value is None else value for name, value in page.items()}
    assert found == pytest.approx(own, rel=1e-4, abs=3e-5, nan_ok=True)


TEXTS = ("contrast", "findings")
NAMES = [*shapes(), "head", "head, thorough"]


@pytest.mark.parametrize("name", NAMES)
def test_measures_of_the_scan_are_those_of_the_package(name, measured, evidence):
    assert_close(measured[name]["input"], input_measures(evidence[name]))


@pytest.mark.parametrize("name", NAMES)
def test_measures_of_the_mask_are_those_of_the_package(name, measured, evidence):
    assert_close(measured[name]["measures"], mask_measures(evidence[name], load_calibration("default").shape))


@pytest.mark.parametrize("name", NAMES)
def test_verdict_and_reasons_are_those_of_the_package(name, judging_engine, evidence):
    own = assess(evidence[name], load_calibration("default", effort_of(name))).as_dict()
    stripped = {"model": {"name": "default"}, "evidence": as_web_evidence(evidence[name])}
    found = judging_engine.call("quality.judged", stripped, effort_of(name))
    del found["seconds"]
    assert list(found) == list(own)
    assert (found["verdict"], found["reasons"]) == (own["verdict"], own["reasons"])
    assert list(found["input"]) == list(own["input"])
    assert [found["input"].get(name) for name in TEXTS] == [own["input"].get(name) for name in TEXTS]
    assert found["predicted_dice"] == pytest.approx(own["predicted_dice"], abs=1e-4)
