"""The page in a browser: the tests in `web/app/tests` run against a server that answers as the real one does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pages import files_of_tests, find_browser, run_in_browser
from tests.web.page_scans import BRIGHT, ISLAND_MM, SHAPE, VOXEL_MM, n_with_island, write_scans


@pytest.fixture(scope="module")
def browser() -> str:
    """Path of the browser."""
    return find_browser("app")


@pytest.fixture(scope="module")
def scans(browser, tmp_path_factory) -> Path:
    """A folder of scans that were stripped."""
    folder: Path = tmp_path_factory.mktemp("scans")
    write_scans(folder)
    return folder


@pytest.mark.parametrize("tests", files_of_tests("app"), ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_page_behaves_in_a_browser(tests: Path, scans: Path, browser: str) -> None:
    small = {"shape": SHAPE, "voxel_mm": VOXEL_MM, "bright": BRIGHT, "island_mm": ISLAND_MM, "n": n_with_island()}
    run_in_browser(tests, browser, {"SCANS": str(scans), "SMALL": json.dumps(small)})
