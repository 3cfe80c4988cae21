"""The page's quality: hands evidence and calls of single functions to node, and reads what it answers."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from deskull.quality.evidence import Evidence
from tests.pages import WEB, needs_packages

_RUNNER = WEB / "engine" / "tests" / "quality_runner.mjs"
#: Names of arrays on the grid, as the page has them.
_GRID = {
    "image": "image", "fieldOfView": "field_of_view", "distance": "distance", "predicted": "predicted",
    "intracranial": "intracranial", "second": "second", "mirrored": "mirrored",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Evidence that the page judges."""

    evidence: Evidence
    effort: str = "default"


@dataclass(frozen=True)
class Page:
    """The page's program for judging masks, bundled for node."""

    program: Path

    def judge(self, cases: Mapping[str, Case], folder: Path) -> dict[str, Any]:
        """Judge cases, by name: their ``quality``, and the measures of the scan (``input``) and the mask (``measures``)."""
        for name, case in cases.items():
            _write_case(folder / name, case)
        answers: dict[str, Any] = self._run(folder)["cases"]
        return answers

    def call(self, calls: Sequence[Sequence[Any]], folder: Path) -> list[Any]:
        """Call functions: each has a name and arguments."""
        (folder / "calls.json").write_text(json.dumps(calls, default=float).replace("NaN", "null"))
        results: list[Any] = self._run(folder)["calls"]
        return results

    def _run(self, folder: Path) -> dict[str, Any]:
        """Run the program on a folder."""
        calibrations = str(resources.files("deskull.quality") / "calibrations")
        done = subprocess.run(["node", self.program, calibrations, folder], check=True, capture_output=True, text=True)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def bundle_page(folder: Path) -> Page:
    """Bundle the program; skips without node or the packages of the engine."""
    needs_packages("engine", "esbuild")
    program = folder / "quality.mjs"
    esbuild = WEB / "engine" / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={program}"]
    subprocess.run([esbuild, _RUNNER, *options], check=True)
    return Page(program)


def _write_case(folder: Path, case: Case) -> None:
    """Write evidence as the program reads it."""
    evidence = case.evidence
    found = {name: getattr(evidence, field) for name, field in _GRID.items()}
    arrays = {name: array for name, array in found.items() if array is not None}
    arrays |= {"scan": evidence.scan.data, "mask": evidence.mask}
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        (folder / f"{name}.raw").write_bytes(_as_stored(array).tobytes(order="F"))
    fields = {
        "arrays": {name: {"type": _type_of(_as_stored(array)), "shape": array.shape} for name, array in arrays.items()},
        "scan": {
            "affine": evidence.scan.affine.ravel().tolist(),
            "slope": evidence.scan.slope,
            "inter": evidence.scan.inter,
        },
        "affine": evidence.affine.ravel().tolist(),
        "border": evidence.border,
        "secondSpacing": evidence.second_spacing,
        "effort": case.effort,
    }
    (folder / "case.json").write_text(json.dumps(fields))


def _as_stored(array: np.ndarray) -> np.ndarray:
    """The array in a type that the page has: 64-bit integers become 64-bit floats."""
    if array.dtype == bool:
        return array.astype(np.uint8)
    return array.astype(np.float64) if array.dtype.kind in "iu" and array.dtype.itemsize == 8 else array


def _type_of(array: np.ndarray) -> str:
    """Name of the typed array of the page."""
    kind = {"i": "Int", "u": "Uint", "f": "Float"}[array.dtype.kind]
    return f"{kind}{8 * array.dtype.itemsize}Array"


def assert_close(page: Mapping[str, float | None], own: Mapping[str, float], tolerance: float = 1e-4) -> None:
    """Fail unless measures of the page are those of the package, to a part of their size; null stands for NaN."""
    assert list(page) == list(own)
    apart = {
        name: (page[name], value)
        for name, value in own.items()
        if not math.isclose(_number(page[name]), value, rel_tol=tolerance, abs_tol=3e-5)
        and not (page[name] is None and math.isnan(value))
    }
    assert not apart, apart


def _number(value: float | None) -> float:
    """NaN for null."""
    return math.nan if value is None else value
