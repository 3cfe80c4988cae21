"""Data files: scripts in ASCII that hold what was read, however hostile, and stay small for large batches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskull.report.batch.data_files import review_key, rows_script, write_data
from deskull.report.batch.entries import Entry
from deskull.report.batch.pictures import Drawn, Panels
from deskull.report.batch.rows import make_rows

HOSTILE = "</script><!--\u2028'\"\\\udc80__proto__"


def rows_named(*names, **cells):
    entries = [Entry(name, Path("a"), Path("m"), {"scan": name, **cells}) for name in names]
    return make_rows(entries, [Drawn((Panels("axial", (1, 2)),), 1500.0)] * len(names))


def content_of(script):
    return json.loads(script.split(" = ", 1)[1].rstrip(";\n"))


def details_of(path):
    return json.loads(path.read_text().removeprefix("deskullDetails(1, ").rstrip(");\n"))


def test_script_holds_hostile_text_in_harmless_characters():
    script = rows_script(rows_named(HOSTILE, warnings=HOSTILE), viewer=False)
    assert script.isascii()
    assert "<" not in script
    assert content_of(script)["rows"][0][1] == HOSTILE


def test_sentence_of_several_scans_is_stored_once():
    content = content_of(rows_script(rows_named("a", "b", warnings="The sform is doubtful."), viewer=False))
    assert content["texts"] == ["The sform is doubtful."]
    assert [row[-1] for row in content["rows"]] == [[0], [0]]


def test_another_batch_has_another_key_and_the_same_batch_the_same():
    keys = [content_of(rows_script(rows_named(name), viewer=False))["key"] for name in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]


def test_key_that_is_given_is_written_and_read(tmp_path):
    write_data(rows_named("a"), tmp_path, viewer=False, key="0123456789abcdef")
    assert review_key(tmp_path) == "0123456789abcdef"


@pytest.mark.parametrize("content", [None, "", "globalThis.deskullReport = {};\n", "é" * 200])
def test_folder_without_a_report_has_no_key(tmp_path, content):
    if content is not None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "rows.js").write_text(content)
    assert review_key(tmp_path) == ""


def test_5000_scans_take_less_than_a_megabyte():
    names = [f"sub-{k:04}/ses-1/anat/sub-{k:04}_ses-1_T1w.nii.gz" for k in range(5000)]
    rows = rows_named(*names, verdict="review", predicted_dice="0.9123", reason="The surface is uncertain.")
    assert len(rows_script(rows, viewer=True)) < 700_000


def test_details_hold_facts_measures_and_panels(tmp_path):
    write_data(rows_named("a", model="small", border_mm="0.5"), tmp_path, viewer=False)
    details = details_of(tmp_path / "data" / "00001.js")
    assert details["facts"] == [["Model", "small"], ["Border (mm)", "0.5"]]
    assert details["panels"] == [["axial", 1, 2]]


def test_measures_have_words_units_and_their_percentiles(tmp_path):
    measures = {"difference_95_mm": 1.786, "gap": 0.0}
    quality = {"input": {"contrast": "T1w"}, "measures": measures, "percentiles": {"difference_95_mm": 37}}
    drawn = Drawn((Panels("axial", (1, 2)),), 1500.0)
    write_data(make_rows([Entry("a", Path("a"), Path("m"), quality=quality)], [drawn]), tmp_path, viewer=False)
    details = details_of(tmp_path / "data" / "00001.js")
    assert details["input"] == [["contrast", "T1w", "", None]]
    assert details["measures"] == [
        ["difference from a second network, 95th percentile", 1.786, "mm", 37.0],
        ["part of the slices between the ends of the mask in which it is empty", 0.0, "", None],
    ]


def test_findings_are_notes_of_the_row_and_no_measures(tmp_path):
    quality = {"verdict": "pass", "input": {"noise": 0.2, "findings": ["The scan is very noisy."]}}
    rows = make_rows([Entry("a", Path("a"), Path("m"), quality=quality)], [Drawn(volume_ml=1500.0)])
    write_data(rows, tmp_path, viewer=False)
    assert content_of(rows_script(rows, viewer=False))["texts"] == ["The scan is very noisy."]
    assert details_of(tmp_path / "data" / "00001.js")["input"] == [["noise", 0.2, "", None]]


@pytest.mark.parametrize("viewer", [True, False])
def test_page_is_told_whether_scans_are_embedded(viewer):
    assert content_of(rows_script(rows_named("a"), viewer=viewer))["viewer"] is viewer
