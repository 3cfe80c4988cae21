"""Measures of the page are those of the package, on simple shapes and on the demo's head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from deskull import Volume
from deskull.pipeline import Stripper
from deskull.quality.assessment import assess
from deskull.quality.calibration import load_calibration
from deskull.quality.evidence import Evidence
from deskull.quality.measures import input_measures, mask_measures
from tests.quality.heads import ball, cut_at_top, egg, ellipsoid, evidence_of, second_look, union, with_values
from tests.web.engine_quality.evidence import collect_evidence
from tests.web.engine_quality.page import Case, Page, assert_close


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
        "small": evidence_of(ball(3)),
        "gap": replace(looked, mask=np.where((np.arange(48) % 9 == 4)[:, None], 0, plain.mask).astype(np.uint8)),
        "without an intracranial surface": replace(plain, intracranial=None),
        "empty": evidence_of(ball(-4)),
    }


@pytest.fixture(scope="module")
def evidence(stripper: Stripper, head: Volume) -> dict[str, Evidence]:
    """Simple shapes, and the demo's head as the default network sees it, for both of its quality checks."""
    thorough = collect_evidence(stripper, head, "thorough")
    return shapes() | {"head": replace(thorough, mirrored=None), "head, thorough": thorough}


@pytest.fixture(scope="module")
def answers(page: Page, evidence: dict[str, Evidence], tmp_path_factory) -> dict[str, Any]:
    cases = {name: Case(item, effort_of(name)) for name, item in evidence.items()}
    return page.judge(cases, tmp_path_factory.mktemp("cases"))


def effort_of(name: str) -> str:
    return "thorough" if name.endswith("thorough") else "default"


NAMES = [*shapes(), "head", "head, thorough"]


@pytest.mark.parametrize("name", NAMES)
def test_measures_of_the_scan_are_those_of_the_package(name, answers, evidence):
    assert_close(answers[name]["input"], input_measures(evidence[name]))


@pytest.mark.parametrize("name", NAMES)
def test_measures_of_the_mask_are_those_of_the_package(name, answers, evidence):
    shape = load_calibration("default").shape
    assert_close(answers[name]["measures"], mask_measures(evidence[name], shape))


@pytest.mark.parametrize("name", NAMES)
def test_verdict_and_reasons_are_those_of_the_package(name, answers, evidence):
    own = assess(evidence[name], load_calibration("default", effort_of(name))).as_dict()
    found = answers[name]["quality"]
    assert list(found) == list(own)
    assert (found["verdict"], found["reasons"]) == (own["verdict"], own["reasons"])
    assert found["input"].get("findings") == own["input"].get("findings")
    assert found["predicted_dice"] == pytest.approx(own["predicted_dice"], abs=1e-4)
