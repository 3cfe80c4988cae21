"""The page in a browser: the tests in `web/report/tests` run on a real report, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pages import files_of_tests, find_browser, run_in_browser
from tests.report.batch.conftest import centre_of_mask


@pytest.fixture(scope="module")
def browser() -> str:
    """Path of the browser."""
    return find_browser("report")


@pytest.mark.parametrize("tests", files_of_tests("report"), ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_page_behaves_in_a_browser(tests: Path, report: Path, later_report: Path, browser: str) -> None:
    settings = {"REPORT": str(report), "LATER_REPORT": str(later_report), "CENTRE": json.dumps(centre_of_mask())}
    run_in_browser(tests, browser, settings)
