"""Assets: what is committed is what the source of the page builds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages import WEB, assert_no_type_errors, assert_same_files, build

ASSETS = WEB.parent / "src" / "deskull" / "report" / "assets"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The assets, built anew."""
    return build("report", tmp_path_factory.mktemp("assets"))


def test_committed_assets_are_what_the_source_builds(built):
    assert_same_files(built, ASSETS)


def test_source_of_the_page_has_no_type_errors(built):
    assert_no_type_errors("report")


@pytest.mark.parametrize("name", ["report.js", "report.css"])
def test_program_and_style_name_no_address_of_a_server(name):
    addresses = set(re.findall(r"https?://[^\"'`)\s]+", (ASSETS / name).read_text()))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "report" / "package-lock.json").read_text()


def test_licences_of_what_is_copied_are_beside_it():
    text = (ASSETS / "LICENSES.txt").read_text()
    assert "NiiVue 0.69.0" in text
    assert "BSD 2-Clause License" in text
