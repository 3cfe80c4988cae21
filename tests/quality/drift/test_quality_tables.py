"""Quality tables: features, labels, and tables that are none."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.errors import InputError
from deskull.quality.drift.quality_tables import read_table


def _table(folder, *lines, name="table.tsv"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def test_columns_become_features_and_labels(tmp_path):
    path = _table(
        tmp_path,
        "scan\tpredicted_dice\tinput.noise\tmeasures.volume_ml\tsite",
        "a\t0.9\t1\t1400\tx",
        "b\t0.8\tn/a\t\ty",
    )
    found = read_table(path)
    assert (found.inputs.names, found.outputs.names) == (("noise",), ("predicted_dice", "volume_ml"))
    np.testing.assert_array_equal(found.inputs.values, [[1], [np.nan]])
    np.testing.assert_array_equal(found.outputs.values, [[0.9, 1400], [0.8, np.nan]])
    assert found.labels == {"scan": ("a", "b"), "site": ("x", "y")}


def test_column_of_texts_under_input_is_a_label(tmp_path):
    found = read_table(_table(tmp_path, "input.noise\tinput.sequence", "1\tmprage"))
    assert found.inputs.names == ("noise",)
    assert found.labels == {"sequence": ("mprage",)}


def test_csv_file_is_separated_by_commas(tmp_path):
    found = read_table(_table(tmp_path, "input.noise,site", '1,"a, b"', name="table.csv"))
    assert found.labels == {"site": ("a, b",)}


def test_short_and_empty_lines_are_filled_and_left_out(tmp_path):
    found = read_table(_table(tmp_path, "input.noise\tsite", "1", "", "2\tx"))
    assert found.labels == {"site": ("", "x")}


def test_scan_of_a_table_of_strip_counts_once_with_its_last_line(tmp_path):
    lines = ["a\tdone\tpass\t0.9", "b\tdone\tpass\t0.7", "a\tdone\tpass\t0.95"]
    found = read_table(_table(tmp_path, "scan\tstatus\tverdict\tpredicted_dice", *lines))
    assert found.labels["scan"] == ("a", "b")
    np.testing.assert_array_equal(found.outputs.values, [[0.95], [0.7]])


def test_scan_that_failed_in_a_table_of_strip_is_left_out(tmp_path):
    lines = ["a\tdone\tpass\t0.9", "b\tdone\tpass\t0.7", "b\tfailed\t\t", "c\trefused\t\t"]
    found = read_table(_table(tmp_path, "scan\tstatus\tverdict\tpredicted_dice", *lines))
    assert found.labels["scan"] == ("a",)


def test_table_of_strip_without_a_stripped_scan_is_refused(tmp_path):
    with pytest.raises(InputError, match="names no scan that was stripped; strip scans first"):
        read_table(_table(tmp_path, "scan\tstatus\tverdict\tpredicted_dice", "a\tfailed\t\t"))


def test_status_in_a_table_of_another_kind_is_a_label(tmp_path):
    found = read_table(_table(tmp_path, "scan\tstatus\tinput.noise", "a\twell\t1", "a\tpatient\t2"))
    assert found.labels["status"] == ("well", "patient")


@pytest.mark.parametrize("text", ["inf", "-inf", "1e300", "nan", "text"])
def test_cell_that_is_no_number_a_measure_can_have_is_missing(tmp_path, text):
    found = read_table(_table(tmp_path, "input.noise", "1", text))
    np.testing.assert_array_equal(found.inputs.values, [[1], [np.nan]])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["scan\tvolume", "a\t1"], "has no column input.NAME, measures.NAME or predicted_dice"),
        (["input.noise\tinput.noise", "1\t2"], "has two columns 'input.noise'"),
        (["input.noise", "1\t2"], "line 2 has more values than there are columns"),
        (["input.noise"], "has no line below the names"),
        ([""], "has no column"),
    ],
)
def test_table_that_cannot_be_used_is_refused(tmp_path, lines, message):
    with pytest.raises(InputError, match=message):
        read_table(_table(tmp_path, *lines))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"input.noise\n\xff\n", b"input.noise\n" + b"1" * 200_000])
def test_file_that_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "table.tsv").write_bytes(content)
    with pytest.raises(InputError, match="is not a table of text in UTF-8"):
        read_table(tmp_path / "table.tsv")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file; check the path"):
        read_table(tmp_path / "missing.tsv")


def test_too_many_values_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("deskull.quality.drift.quality_tables.MAX_CELLS", 3)
    with pytest.raises(InputError, match="has more than 3 values"):
        read_table(_table(tmp_path, "input.a\tinput.b", "1\t2", "3\t4"))
