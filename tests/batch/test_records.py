"""Records: a table that grows by whole lines, the last of each scan being the valid one."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import InputError, __version__
from deskull.batch.records import (
    COLUMNS,
    Record,
    Status,
    read_records,
    recorded_results,
    records_table,
)
from deskull.errors import OutputError
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality, Verdict

MADE = Provenance("small", "ab12", "brain", 0.5, "mean")
DONE = Record(
    "a.nii.gz", Status.done, 1234.5, 6.78, {"brainmask": "a_brainmask.nii.gz"}, model="small", provenance=MADE
)


def append(path, *records):
    with records_table(path) as add:
        for record in records:
            add(record)


def test_new_table_has_a_header_and_a_line_for_each_record(tmp_path):
    append(tmp_path / "new" / "t.tsv", DONE, Record("b.nii.gz", Status.failed, error="b: is\n bad."))
    lines = [line.split("\t") for line in (tmp_path / "new" / "t.tsv").read_text().splitlines()]
    assert lines[0] == list(COLUMNS)
    assert lines[1][:15] == [
        "a.nii.gz", "done", "", "", "", "", "1234.50", "", "6.78", "a_brainmask.nii.gz", "small", "ab12", "brain",
        "0.5", "mean",
    ]  # fmt: skip
    assert lines[2][1:7] == ["failed", "", "", "", "", ""]
    assert lines[2][-1] == "b: is bad."


def test_quality_of_a_mask_is_in_the_table(tmp_path):
    scan = {"noise": 0.2, "findings": ["The scan is noisy.", "The brain is cut."]}
    quality = Quality(Verdict.review, ("Low agreement.", "More."), predicted_dice=0.9312, input=scan)
    append(tmp_path / "t.tsv", replace(DONE, quality=quality))
    row = read_records(tmp_path / "t.tsv")["a.nii.gz"]
    assert (row["verdict"], row["predicted_dice"], row["reason"]) == ("review", "0.9312", "Low agreement.")
    assert row["findings"] == "The scan is noisy. The brain is cut."


def test_line_is_in_the_file_before_the_next_scan_is_done(tmp_path):
    with records_table(tmp_path / "t.tsv") as add:
        add(DONE)
        assert read_records(tmp_path / "t.tsv")["a.nii.gz"]["status"] == "done"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("done", "skipped", 1), ("skipped", "skipped", 1), ("failed", "skipped", 2), ("failed", "done", 2),
        ("done", "refused", 1), ("refused", "refused", 2), ("refused", "done", 2), ("done", "failed", 2),
    ],
)  # fmt: skip
def test_scan_that_was_left_as_it_is_is_appended_only_if_no_line_tells_of_its_results(tmp_path, before, after, lines):
    append(tmp_path / "t.tsv", Record("a.nii.gz", Status(before)))
    append(tmp_path / "t.tsv", Record("a.nii.gz", Status(after)))
    assert len((tmp_path / "t.tsv").read_text().splitlines()) == 1 + lines
    assert read_records(tmp_path / "t.tsv")["a.nii.gz"]["status"] == (after if lines == 2 else before)


def test_table_of_another_kind_is_refused_and_kept(tmp_path):
    (tmp_path / "t.tsv").write_text("mine\n")
    with pytest.raises(OutputError, match="is a table of another kind"), records_table(tmp_path / "t.tsv"):
        pass
    assert (tmp_path / "t.tsv").read_text() == "mine\n"


def test_table_in_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="could not be written"), records_table(tmp_path / "file" / "t.tsv"):
        pass


def test_without_a_path_records_go_nowhere():
    append(None, DONE)


def test_path_that_is_not_utf8_is_read_back(tmp_path):
    name = b"caf\xe9.nii".decode(errors="surrogateescape")
    append(tmp_path / "t.tsv", Record(name, Status.done))
    assert list(read_records(tmp_path / "t.tsv")) == [name]


def test_record_of_one_scan_issues_its_warnings():
    with pytest.warns(UserWarning, match="is odd"):
        assert Record("a", Status.done, warnings=("a: is odd",)).checked().scan == "a"


def test_record_of_one_failed_scan_raises_its_error():
    with pytest.raises(InputError, match="a: is bad"):
        Record("a", Status.failed, error="a: is bad").checked()


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(lambda text: " ".join(text.split()) or "x")


@settings(max_examples=30)
@given(scan=TEXT, error=TEXT, messages=st.lists(TEXT, max_size=3))
def test_any_text_is_read_back_from_the_table(scan, error, messages):
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "t.tsv"
        append(table, Record(scan, Status.failed, error=error, warnings=tuple(messages)))
        row = read_records(table)[scan]
    assert (row["error"], row["warnings"]) == (error, " ".join(messages))


def test_record_states_version_and_time_in_utc():
    record = Record("a", Status.done)
    assert record.version == __version__
    assert datetime.fromisoformat(record.finished).utcoffset() == timedelta(0)


def test_numbers_of_a_scan_that_was_not_stripped_are_empty(tmp_path):
    append(tmp_path / "t.tsv", Record("a", Status.failed))
    row = read_records(tmp_path / "t.tsv")["a"]
    assert (row["volume_ml"], row["seconds"], row["mask"]) == ("", "", "")


def test_settings_of_a_mask_are_read_from_its_last_line(tmp_path):
    mask, table = tmp_path / "a_brainmask.nii", tmp_path / "t.tsv"
    mask.touch()
    for border in (0.0, 2.5):
        made = replace(MADE, border=border)
        append(table, Record("a.nii", Status.done, files={"brainmask": str(mask)}, model="small", provenance=made))
    append(table, Record("a.nii", Status.failed, files={"brainmask": str(mask)}))
    assert recorded_results(table)[0] == {mask: replace(MADE, border=2.5)}


def test_line_of_a_mask_that_was_changed_later_tells_nothing(tmp_path):
    mask, table = tmp_path / "a_brainmask.nii", tmp_path / "t.tsv"
    mask.touch()
    append(table, Record("a.nii", Status.done, files={"brainmask": str(mask)}, provenance=MADE))
    later = time.time() + 60
    os.utime(mask, (later, later))
    assert recorded_results(table)[0] == {}
    assert recorded_results(table)[1] == {}


def test_quality_of_a_mask_is_read_from_its_line(tmp_path):
    mask, table, quality = tmp_path / "a_brainmask.nii", tmp_path / "t.tsv", Quality(Verdict.review, ("Low.",), 0.9)
    mask.touch()
    quality = replace(quality, input={"findings": ["The scan is noisy."]})
    append(table, Record("a.nii", Status.done, files={"brainmask": str(mask)}, quality=quality))
    assert recorded_results(table)[1] == {mask: quality}


def test_line_of_a_mask_without_a_verdict_tells_no_quality(tmp_path):
    mask, table = tmp_path / "a_brainmask.nii", tmp_path / "t.tsv"
    mask.touch()
    append(table, Record("a.nii", Status.done, files={"brainmask": str(mask)}, provenance=MADE))
    assert recorded_results(table)[1] == {}


def test_table_that_does_not_exist_tells_nothing(tmp_path):
    assert recorded_results(tmp_path / "none.tsv")[0] == recorded_results(tmp_path / "none.tsv")[1] == {}
