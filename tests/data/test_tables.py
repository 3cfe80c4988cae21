"""Tables: every encoding and size that a stranger's file can have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, OutputError
from deskull.data import tables
from deskull.data.tables import read_rows, refuse_other_files, write_rows

VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), max_size=8)


@pytest.fixture
def table(tmp_path):
    """Write a table from bytes."""

    def _write(content: bytes):
        (tmp_path / "t.csv").write_bytes(content)
        return tmp_path / "t.csv"

    return _write


@given(st.lists(st.tuples(VALUES, VALUES.filter(bool)), max_size=5))
def test_written_values_are_read_again(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "t.csv"
    write_rows(path, ("a", "b"), rows)
    assert [(row["a"], row["b"]) for _, row in read_rows(path, ("a", "b"))] == rows


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n",
        b"\xef\xbb\xbfa,b\r\n1,2\r\n",
        b"a,b\n\n 1 ,2",
        b'"a","b"\n"1","2"\n',
        b"a,b\r1,2\r",
    ],
)
def test_byte_order_mark_line_ends_quotes_and_spaces_do_not_matter(table, content):
    ((_, row),) = read_rows(table(content), ("a", "b"))
    assert row == {"a": "1", "b": "2"}


def test_line_numbers_are_those_of_the_file(table):
    assert [line for line, _ in read_rows(table(b"a\n1\n\n2\n"), ("a",))] == [2, 4]


def test_missing_values_at_the_end_of_a_line_are_empty(table):
    assert read_rows(table(b"a,b\n1\n"), ("a",)) == [(2, {"a": "1", "b": ""})]


def test_bytes_that_are_not_utf8_are_kept(table, tmp_path):
    rows = read_rows(table(b"a\nbroken-\xff\n"), ("a",))
    write_rows(tmp_path / "again.csv", ("a",), [(rows[0][1]["a"],)])
    assert (tmp_path / "again.csv").read_bytes() == b"a\nbroken-\xff\n"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "has no column .a.; its first line must name the columns: a, b"),
        (b"a;b\n1;2\n", "separate the values by commas"),
        (b"a\tb\n1\t2\n", "separate the values by commas"),
        (b"a,c\n1,2\n", "has no column .b."),
        (b"a,a,b\n1,2,3\n", "has two columns .a."),
        (b"a,b\n1,2,3\n", "line 2 has more values than columns; put quotes around values with commas"),
        ("a,b\n1,2\n".encode("utf-16"), "is in UTF-16; save it as CSV in UTF-8"),
        (b"a,b\n1,2\0\n", "is not a text file"),
        (b"PK\x03\x04\0\0", "is not a text file"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "is not a table"),
        (b"a," * 60_000, "has a first line of more than 100,000 characters"),
    ],
)
def test_unusable_table_is_refused_in_one_sentence(table, content, fault):
    path = table(content)
    with pytest.raises(InputError, match=fault) as caught:
        read_rows(path, ("a", "b"))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_too_large_file_is_refused(table, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="is larger than"):
        read_rows(table(b"a,b\n" + b"1,2\n" * 10), ("a",))


def test_too_many_values_are_refused(table, monkeypatch):
    monkeypatch.setattr(tables, "MAX_CELLS", 10)
    with pytest.raises(InputError, match="has more than 10 values; split it"):
        read_rows(table(b"a,b\n" + b"1,2\n" * 6), ("a",))


@pytest.mark.parametrize(("name", "fault"), [("none.csv", "no such file"), ("", "is not a regular file")])
def test_missing_file_and_folder_are_refused(tmp_path, name, fault):
    with pytest.raises(InputError, match=fault):
        read_rows(tmp_path / name, ("a",))


def test_quotation_marks_can_be_part_of_values(table):
    rows = read_rows(table(b'a\tb\n"1\t2\n'), ("a",), delimiter="\t", quoted=False)
    assert rows == [(2, {"a": '"1', "b": "2"})]


def test_table_with_the_same_columns_is_replaced(table):
    path = table(b"\xef\xbb\xbfa,b\r\n1,2\r\n")
    write_rows(path, ("a", "b"), [("3", "4")])
    assert path.read_text() == "a,b\n3,4\n"


@pytest.mark.parametrize("content", [b"precious,data\n", b"", b"a,b,c\n", b"\0" * 10_000])
def test_other_file_is_never_replaced(table, content):
    path = table(content)
    with pytest.raises(OutputError, match="exists and is not a table with the columns a,b; choose another name"):
        write_rows(path, ("a", "b"), [])
    assert path.read_bytes() == content


def test_folder_is_never_replaced(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        refuse_other_files(tmp_path, ("a",))


def test_row_with_too_many_values_can_be_left_out_and_named(tmp_path):
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\t3\n4\t5\n")
    faults: dict[int, str] = {}
    rows = read_rows(tmp_path / "t.tsv", ("a",), delimiter="\t", quoted=False, faults=faults)
    assert rows == [(3, {"a": "4", "b": "5"})]
    assert faults == {2: f"{tmp_path / 't.tsv'}: line 2 has more values than columns; remove what stands beyond them."}
