"""Tables: reading and writing CSV files, which may come from strangers or from spreadsheet programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deskull.errors import InputError, OutputError
from deskull.system.atomic import write_bytes

#: Largest table that is read, in bytes and in cells, and longest first line in characters: far more than any data set
#: needs, and little enough that no table can exhaust the memory.
MAX_BYTES = 20_000_000
MAX_CELLS = 2_000_000
_MAX_FIRST_LINE = 100_000
#: Marks at the beginning of a file in UTF-16 (LE or BE), in which spreadsheet programs save "Unicode text".
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_rows(
    table: Path,
    required: Sequence[str],
    *,
    delimiter: str = ",",
    quoted: bool = True,
    faults: dict[int, str] | None = None,
) -> list[tuple[int, dict[str, str]]]:
    """Read a table whose first line names its columns.

    Parameters
    ----------
    table : Path
        Text in UTF-8, with or without a byte-order mark. Bytes that are not UTF-8 (odd file names) are kept.
    required : sequence of str
        Columns that the table must have.
    delimiter : str
        Character between two values.
    quoted : bool
        Whether values may be enclosed in quotation marks; otherwise these are part of the values.
    faults : dict of int to str, optional
        By its line, one sentence is added for each row with more values than columns, which is left out; without a
        dict, such a row is refused with the whole table.

    Returns
    -------
    list of (line number, row)
        Values by column, without spaces around them; "" where there is none. Empty lines are left out.

    Raises
    ------
    InputError
        If the file is missing, too large, not a table of text, or lacks one of the columns; or if a row has more
        values than there are columns, and there is no dict of faults.
    """
    text = read_text(table)
    if len(text[: _MAX_FIRST_LINE + 1].partition("\n")[0]) > _MAX_FIRST_LINE:
        raise InputError(
            f"{table}: has a first line of more than {_MAX_FIRST_LINE:,} characters; it must name columns."
        )
    reader = csv.DictReader(
        io.StringIO(text, newline=""),
        restval="",
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    try:
        columns = list(reader.fieldnames or ())
        for column in required:
            if columns.count(column) > 1:
                raise InputError(f"{table}: has two columns '{column}'; rename or remove one of them.")
            if column not in columns:
                raise InputError(f"{table}: has no column '{column}'; {_columns_remedy(columns, required, delimiter)}")
        rows = _limited(table, reader, len(columns))
        checked = [(line, _checked_row(table, line, row, delimiter, faults)) for line, row in rows]
        return [(line, row) for line, row in checked if row is not None]
    except csv.Error as error:
        raise InputError(f"{table}: is not a table ({error}); save it as comma-separated text.") from None


def _columns_remedy(columns: Sequence[str], required: Sequence[str], delimiter: str) -> str:
    """Say what to do about a missing column."""
    if len(columns) == 1 and delimiter == "," and (";" in columns[0] or "\t" in columns[0]):
        return "separate the values by commas."
    return f"its first line must name the columns: {', '.join(required)}."


def _limited(table: Path, reader: csv.DictReader[str], n_columns: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line numbers and rows, up to the largest number of cells."""
    for count, row in enumerate(reader, 1):
        if count * n_columns > MAX_CELLS:
            raise InputError(f"{table}: has more than {MAX_CELLS:,} values; split it into smaller tables.")
        yield reader.line_num, row


def _checked_row(
    table: Path, line: int, row: dict[str, str], delimiter: str, faults: dict[int, str] | None
) -> dict[str, str] | None:
    """Refuse a row with more values than columns, or leave it out (None) where faults are listed; strip spaces."""
    if None in row:
        advice = "put quotes around values with commas" if delimiter == "," else "remove what stands beyond them"
        fault = f"{table}: line {line} has more values than columns; {advice}."
        if faults is None:
            raise InputError(fault)
        faults[line] = fault
        return None
    return {column: value.strip() for column, value in row.items()}


def write_rows(table: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV file atomically.

    Parameters
    ----------
    table : Path
        An existing table with the same columns is replaced, any other file is refused.
    columns : sequence of str
    rows : iterable of iterable
        Values in the order of the columns.

    Raises
    ------
    OutputError
        If another file has this name, or the table cannot be written.
    """
    refuse_other_files(table, columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_bytes(table, buffer.getvalue().encode("utf-8", "surrogateescape"), overwrite=True)


def refuse_other_files(table: Path, columns: Sequence[str]) -> None:
    """Refuse to replace a file that is not a table with exactly these columns.

    Parameters
    ----------
    table : Path
    columns : sequence of str

    Raises
    ------
    OutputError
    """
    if not table.exists():
        return
    if table.is_dir():
        raise OutputError(f"{table}: is a folder; name a .csv file.")
    with table.open("rb") as file:
        first_line = file.read(4096).removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].rstrip(b"\r")
    if first_line != ",".join(columns).encode():
        fault = f"exists and is not a table with the columns {','.join(columns)}"
        raise OutputError(f"{table}: {fault}; choose another name.")


def read_text(path: Path) -> str:
    """Read a text file of limited size; bytes that are not UTF-8 are kept as surrogate escapes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is no such file, or it is too large or not UTF-8 text.
    """
    if not path.is_file():
        fault = "is not a regular file" if path.exists() else "no such file"
        raise InputError(f"{path}: {fault}; check the path.")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB; check that it is a table.")
    if data.startswith(_UTF16_MARKS):
        raise InputError(f"{path}: is in UTF-16; save it as CSV in UTF-8.")
    if b"\0" in data:
        raise InputError(f"{path}: is not a text file; save it as comma-separated text.")
    return data.decode("utf-8-sig", "surrogateescape")
