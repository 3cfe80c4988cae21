"""Assets of the page: what is committed is what its source builds, and it loads nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src" / "deskull" / "web" / "assets"
WEB = ROOT / "web" / "app"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The assets, built anew."""
    if shutil.which("node") is None or not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("needs node and the packages of web/app; run 'npm ci' there")
    folder: Path = tmp_path_factory.mktemp("assets")
    subprocess.run(["node", WEB / "build.mjs", folder], check=True)
    return folder


def test_committed_assets_are_what_the_source_builds(built):
    assert sorted(path.name for path in built.iterdir()) == sorted(path.name for path in ASSETS.iterdir())
    for path in built.iterdir():
        assert path.read_bytes() == (ASSETS / path.name).read_bytes(), f"{path.name}: run 'make web'"


def test_source_of_the_page_has_no_type_errors(built):
    subprocess.run(["node", WEB / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", "-p", WEB], check=True)


@pytest.mark.parametrize("name", ["index.html", "app.js", "app.css"])
def test_page_names_no_address_of_a_server(name):
    addresses = set(re.findall(r"https?://[^\"'`)\s]+", (ASSETS / name).read_text(encoding="utf-8")))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_page_has_no_inline_script_or_style():
    text = (ASSETS / "index.html").read_text(encoding="utf-8")
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text)


def test_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "package-lock.json").read_text(encoding="utf-8")
