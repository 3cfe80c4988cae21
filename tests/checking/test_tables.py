"""Tables of pairs: every row that can be used is, and the others are named by their lines."""

from __future__ import annotations

import re

import pytest

from deskull import InputError
from deskull.checking.pairs import Pair
from deskull.checking.tables import pairs_of_table


@pytest.fixture
def table(tmp_path):
    """Write a table beside empty files a.nii, b.nii and b_mask.nii."""
    for name in ("a.nii", "b.nii", "b_mask.nii", 'q"uote.nii'):
        (tmp_path / name).touch()

    def write(text: str | bytes, name: str = "pairs.tsv"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / name

    return write


def test_paths_are_relative_to_the_folder_of_the_table_or_absolute(table, tmp_path):
    found = pairs_of_table(table(f"mask\tnote\tscan\nb_mask.nii\tgood\t{tmp_path}/b.nii\n"))
    assert found.pairs == (Pair(tmp_path / "b.nii", tmp_path / "b_mask.nii"),)
    assert not found.faults


def test_commas_separate_the_values_of_a_csv_file(table, tmp_path):
    found = pairs_of_table(table('scan,mask\n"b.nii",b_mask.nii\n', "pairs.csv"))
    assert found.pairs == (Pair(tmp_path / "b.nii", tmp_path / "b_mask.nii"),)


def test_quotation_mark_in_a_tab_separated_table_is_part_of_a_name(table, tmp_path):
    found = pairs_of_table(table('scan\tmask\nq"uote.nii\tb_mask.nii\nb.nii\tb_mask.nii\n'))
    assert [pair.scan.name for pair in found.pairs] == ['q"uote.nii', "b.nii"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("\tb_mask.nii", "line 2 has no scan; add it."),
        ("a.nii", "line 2 has no mask; add it."),
        ("none.nii\tb_mask.nii", r"line 2 names .*none.nii, which does not exist"),
        ("a.nii\t" + 300 * "x", "line 2 names .*, which does not exist"),
        ("a.nii\ta.nii", "line 2 names one file as the scan and as its mask"),
        ("a.nii\tb_mask.nii\tmore", "line 2 has more values than columns"),
        ('"a.nii\tb_mask.nii', 'line 2 names .*"a.nii, which does not exist'),
    ],
)
def test_bad_row_is_named_and_the_others_count(table, row, fault):
    found = pairs_of_table(table(f"scan\tmask\n{row}\nb.nii\tb_mask.nii\n"))
    assert [pair.scan.name for pair in found.pairs] == ["b.nii"]
    (said,) = found.faults
    assert re.search(fault, said)


def test_row_that_is_repeated_counts_once(table):
    found = pairs_of_table(table("scan\tmask\nb.nii\tb_mask.nii\nb.nii\tb_mask.nii\n"))
    assert len(found.pairs) == 1
    assert found.faults[0].endswith("line 3 repeats an earlier line; remove it.")


def test_faults_are_in_the_order_of_the_lines(table):
    found = pairs_of_table(table("scan\tmask\n\tx\nx\ty\tz\na.nii\t\n"))
    assert [fault.split("line ")[1][0] for fault in found.faults] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("scan\tother\n", "has no column 'mask'"),
        ("scan\tmask\n", "has no rows; add a line for each mask"),
        ("", "has no column 'scan'"),
        (b"scan\tmask\n\0", "is not a text file"),
        ("scan\tmask\n".encode("utf-16"), "is in UTF-16"),
    ],
)
def test_file_that_is_no_table_of_pairs_is_refused(table, text, fault):
    with pytest.raises(InputError, match=fault):
        pairs_of_table(table(text))
