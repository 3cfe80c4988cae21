"""Static page: its folder is whole, names no other address, and replaces nothing that is not its own."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from deskull.errors import OutputError
from deskull.models.cards import load_model
from deskull.web.static_site import build_site
from tests.pages import WEB, assert_no_type_errors, assert_same_files, build, needs_packages

BUILT = WEB.parent / "src" / "deskull" / "web" / "site"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """The folder of a page."""
    folder: Path = tmp_path_factory.mktemp("page") / "new"
    site = build_site(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert (site.n_files, site.size) == (len(files), sum(path.stat().st_size for path in files))
    return folder


def test_service_worker_lists_every_other_file(page):
    listed = json.loads(re.search(r"FILES = (\[.*?\]);", (page / "service_worker.js").read_text())[1])
    files = {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()}
    assert set(listed) == {"./", *files} - {"index.html", "service_worker.js"}


def test_build_has_another_name_once_a_file_differs(page, tmp_path, monkeypatch):
    monkeypatch.setattr("deskull.web.static_site.NOTICE", "another notice")
    build_site(tmp_path / "other")
    names = [(folder / "service_worker.js").read_text().partition(",")[0] for folder in (page, tmp_path / "other")]
    assert names[0] != names[1]


def test_settings_name_the_networks_with_what_the_engine_reads(page):
    models = {model["name"]: model for model in json.loads((page / "settings.json").read_text())["models"]}
    assert list(models) == ["default", "small"]
    for name, model in models.items():
        assert (page / "models" / f"{name}.onnx").read_bytes() == load_model(name).content()
        assert model["card"]["sha256"] == load_model(name).card["sha256"]


def test_page_has_the_network_that_looks_a_second_time(page):
    card = json.loads((page / "settings.json").read_text())["second"]
    assert card["sha256"] == hashlib.sha256((page / "quality" / "second.onnx").read_bytes()).hexdigest()
    assert card["surfaces"] == ["brain", "log_error"]


def test_page_names_no_address_of_a_server_and_has_a_policy(page):
    text = (page / "index.html").read_text()
    assert "default-src 'none'" in text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text)
    for name in ("index.html", "service_worker.js", "assets/site.js", "assets/files_worker.js"):
        addresses = set(re.findall(r"https?://[\w.-]+", (page / name).read_text()))
        assert addresses <= {"http://www.w3.org", "http://localhost"}, name


def test_file_of_somebody_else_is_not_replaced_unless_asked(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(OutputError, match=r"index\.html: exists already"):
        build_site(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    (tmp_path / "other.txt").write_text("stays")
    build_site(tmp_path, overwrite=True)
    assert (tmp_path / "index.html").read_text() != "mine"
    assert (tmp_path / "other.txt").read_text() == "stays"


def test_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "page").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        build_site(tmp_path / "page")


def test_committed_programs_are_what_the_source_builds(tmp_path):
    assert_same_files(build("site", tmp_path), BUILT)


@pytest.mark.parametrize("part", ["site", "site/service"])
def test_source_has_no_type_errors(part):
    needs_packages("site", "typescript")
    assert_no_type_errors(part)


def test_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "site" / "package-lock.json").read_text(encoding="utf-8")
