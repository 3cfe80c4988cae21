"""The page in a browser: the tests in `web/report/tests` run on a real report, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report.batch.conftest import centre_of_mask

WEB = Path(__file__).parents[3] / "web" / "report"
TESTS = sorted((WEB / "tests").glob("*.test.mjs"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> str:
    """Path of the browser; the tests are skipped where it, node or the packages of the page are missing."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("needs Chromium")
    if shutil.which("node") is None or not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("needs node and the packages of web/report; run 'npm ci' there")
    return found


@pytest.mark.parametrize("tests", TESTS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_page_behaves_in_a_browser(tests: Path, report: Path, browser: str) -> None:
    settings = {"REPORT": str(report), "CHROMIUM": browser, "CENTRE": json.dumps(centre_of_mask())}
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
