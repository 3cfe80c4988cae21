"""Pages: building them from their source, and running their tests in a browser; skipped where something is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

#: Folder of the sources of the pages.
WEB = Path(__file__).parents[1] / "web"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def files_of_tests(page: str) -> list[Path]:
    """Files of tests of a page."""
    return sorted((WEB / page / "tests").glob("*.test.mjs"))


def needs_packages(page: str, package: str) -> None:
    """Skip a test where node or a package of a page is missing."""
    if shutil.which("node") is None or not (WEB / page / "node_modules" / package).is_dir():
        pytest.skip(f"needs node and the packages of web/{page}; run 'npm ci' there")


def build(page: str, folder: Path) -> Path:
    """Build the assets of a page into a folder, and return it; skips without node or the packages of the page."""
    needs_packages(page, "esbuild")
    subprocess.run(["node", WEB / page / "build.mjs", folder], check=True)
    return folder


def build_driver(source: Path, folder: Path) -> Path:
    """Bundle a program of the static page into a file that node runs; skips without node or the page's packages."""
    needs_packages("site", "esbuild")
    target = folder / "driver.mjs"
    subprocess.run(["node", WEB / "site" / "build_tests.mjs", source, target], check=True)
    return target


def assert_same_files(built: Path, committed: Path) -> None:
    """Fail unless what was built is what is committed."""
    assert sorted(path.name for path in built.iterdir()) == sorted(path.name for path in committed.iterdir())
    for path in built.iterdir():
        assert path.read_bytes() == (committed / path.name).read_bytes(), f"{path.name}: run 'make web'"


def assert_no_type_errors(page: str) -> None:
    """Fail if the source of a page has type errors."""
    compiler = WEB / page.partition("/")[0] / "node_modules" / "typescript" / "bin" / "tsc"
    subprocess.run(["node", compiler, "--noEmit", "-p", WEB / page], check=True)


def find_browser(page: str) -> str:
    """Return the path of the browser; skips where it, node or the packages of the page are missing."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip("needs Chromium")
    needs_packages(page, "playwright-core")
    return found


def run_in_browser(tests: Path, browser: str, settings: dict[str, str], timeout: float = 600) -> None:
    """Run a file of tests; fails unless at least one passes and none fails."""
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", tests],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "CHROMIUM": browser, **settings},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)
