"""Worker of the engine of the static page: in a browser it gives the masks of Python, and its types are right."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.pages import assert_no_type_errors, files_of_tests, find_browser, needs_packages, run_in_browser
from tests.web_engine.conftest import as_list


@pytest.fixture
def scans(tiny_head, toy_model, toy_stripper, tmp_path):
    """A folder with a scan, a toy network and the mask of Python."""
    for path in (toy_model, toy_model.with_suffix(".json")):
        shutil.copy(path, tmp_path / f"toy{path.suffix}")
    geometry = {"shape": tiny_head.shape, "affine": as_list(tiny_head.affine)}
    (tmp_path / "scan.json").write_text(json.dumps(geometry))
    (tmp_path / "scan.bin").write_bytes(tiny_head.data.ravel("F").tobytes())
    mask = toy_stripper.strip(tiny_head, quality="none").mask
    (tmp_path / "mask.bin").write_bytes(mask.data.ravel("F").tobytes())
    return tmp_path


@pytest.mark.parametrize("tests", files_of_tests("engine"), ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_worker_behaves_in_a_browser(tests, scans):
    run_in_browser(tests, find_browser("engine"), {"SCANS": str(scans)})


def test_engine_has_no_type_errors():
    needs_packages("engine", "typescript")
    assert_no_type_errors("engine")
