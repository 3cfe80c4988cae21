"""Assets: what is committed is what the source of the page builds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src" / "deskull" / "report" / "assets"
WEB = ROOT / "web" / "report"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The assets, built anew."""
    if shutil.which("node") is None or not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("needs node and the packages of web/report; run 'npm ci' there")
    folder: Path = tmp_path_factory.mktemp("assets")
    subprocess.run(["node", WEB / "build.mjs", folder], check=True)
    return folder


def test_committed_assets_are_what_the_source_builds(built):
    assert sorted(path.name for path in built.iterdir()) == sorted(path.name for path in ASSETS.iterdir())
    for path in built.iterdir():
        assert path.read_bytes() == (ASSETS / path.name).read_bytes(), f"{path.name}: run 'make web'"


def test_source_of_the_page_has_no_type_errors(built):
    subprocess.run(["node", WEB / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", "-p", WEB], check=True)


@pytest.mark.parametrize("name", ["report.js", "report.css"])
def test_program_and_style_name_no_address_of_a_server(name):
    addresses = set(re.findall(r"https?://[^\"'`)\s]+", (ASSETS / name).read_text()))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "package-lock.json").read_text()


def test_licences_of_what_is_copied_are_beside_it():
    text = (ASSETS / "LICENSES.txt").read_text()
    assert "NiiVue 0.69.0" in text
    assert "BSD 2-Clause License" in text
