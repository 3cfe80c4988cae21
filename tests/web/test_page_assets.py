"""Assets of the page: what is committed is what its source builds, and it loads nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages import WEB, assert_no_type_errors, assert_same_files, build

ASSETS = WEB.parent / "src" / "deskull" / "web" / "assets"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The assets, built anew."""
    return build("app", tmp_path_factory.mktemp("assets"))


def test_committed_assets_are_what_the_source_builds(built):
    assert_same_files(built, ASSETS)


def test_source_of_the_page_has_no_type_errors(built):
    assert_no_type_errors("app")


@pytest.mark.parametrize("name", ["index.html", "app.js", "app.css"])
def test_page_names_no_address_of_a_server(name):
    addresses = set(re.findall(r"https?://[^\"'`)\s]+", (ASSETS / name).read_text(encoding="utf-8")))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_page_has_no_inline_script_or_style():
    text = (ASSETS / "index.html").read_text(encoding="utf-8")
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text)


def test_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "app" / "package-lock.json").read_text(encoding="utf-8")
