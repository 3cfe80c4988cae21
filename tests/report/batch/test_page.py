"""The page: settings, citation and further sections, with all text escaped."""

from __future__ import annotations

from pathlib import Path

from deskull.report.batch.entries import Entry
from deskull.report.batch.page import batch_page, citation
from deskull.report.batch.pictures import Drawn
from deskull.report.batch.rows import make_rows
from deskull.report.html import Section


def rows_made_with(*settings):
    entries = [Entry(str(k), Path("a"), Path("m"), cells) for k, cells in enumerate(settings)]
    return make_rows(entries, [Drawn(volume_ml=1500.0)] * len(entries))


def test_text_from_files_is_escaped():
    page = batch_page(rows_made_with({"model": "<b>x</b>"}), "<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert "<b>x" not in page


def test_further_sections_are_part_of_the_page_and_of_its_navigation():
    page = batch_page(rows_made_with({}), "t", [Section("drift", "Drift", "<p>None.</p>")])
    assert '<h2 id="drift">Drift</h2>\n<p>None.</p>' in page
    assert '<a href="#drift">Drift</a>' in page


def test_settings_that_differ_are_listed_with_their_numbers():
    page = batch_page(rows_made_with({"model": "small"}, {"model": "small"}, {"model": "default"}), "t")
    assert "small (2 scans), default (1 scan)" in page


def test_citation_states_version_network_border_and_surface():
    text = citation(rows_made_with({"version": "0.1.0", "model": "small", "surface": "brain", "border_mm": "-0.5"}))
    assert "deskull 0.1.0 with the network 'small'; they end 0.5 mm inside the brain surface." in text


def test_citation_says_where_settings_differ():
    assert "other settings" in citation(rows_made_with({"model": "small"}, {"model": "default"}))


def test_page_loads_only_files_beside_it():
    page = batch_page(rows_made_with({}), "t")
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page
