"""The page in a browser: the tests in `web/app/tests` run against a server that answers as the real one does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.web.page_scans import BRIGHT, ISLAND_MM, SHAPE, VOXEL_MM, n_with_island, write_scans

WEB = Path(__file__).parents[2] / "web" / "app"
TESTS = sorted((WEB / "tests").glob("*.test.mjs"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> str:
    """Path of the browser; the tests are skipped where it, node or the packages of the page are missing."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("needs Chromium")
    if shutil.which("node") is None or not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("needs node and the packages of web/app; run 'npm ci' there")
    return found


@pytest.fixture(scope="module")
def scans(browser, tmp_path_factory) -> Path:
    """A folder of scans that were stripped."""
    folder: Path = tmp_path_factory.mktemp("scans")
    write_scans(folder)
    return folder


@pytest.mark.parametrize("tests", TESTS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_page_behaves_in_a_browser(tests: Path, scans: Path, browser: str) -> None:
    small = {"shape": SHAPE, "voxel_mm": VOXEL_MM, "bright": BRIGHT, "island_mm": ISLAND_MM, "n": n_with_island()}
    settings = {"SCANS": str(scans), "CHROMIUM": browser, "SMALL": json.dumps(small)}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", tests],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)
