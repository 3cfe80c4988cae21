"""Records: a table of every scan of a batch, a line added as each is done."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from deskull.batch import Record
from deskull.errors import OutputError

#: Columns of the table, in order.
COLUMNS = ("scan", "status", "volume_ml", "seconds", "mask", "model", "version", "finished", "warnings", "error")


@contextmanager
def records_table(path: Path | None) -> Iterator[Callable[[Record], None]]:
    """Open a tab-separated table to add records to; earlier lines stay, so of a scan the last line counts.

    Parameters
    ----------
    path : Path, optional
        None keeps no table.

    Raises
    ------
    OutputError
        If the file is another table, or cannot be written.
    """
    if path is None:
        yield lambda record: None
        return
    with _opened(path) as file:
        known = _known_scans(file, path)
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        if known is None:
            writer.writerow(COLUMNS)

        def add(record: Record) -> None:
            """Add a line, unless the scan is found done and has one."""
            if record.status == "found" and record.scan in (known or ()):
                return  # its line says more than that it is there
            try:
                writer.writerow(_row(record))
                file.flush()  # whole lines, whenever the batch is killed
            except OSError as error:
                raise OutputError(f"{path}: could not be written ({error.strerror}); free space.") from error

        yield add


def _opened(path: Path) -> TextIO:
    """A file to add to.

    Raises
    ------
    OutputError
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", newline="", errors="surrogateescape")
    except OSError as error:
        raise OutputError(f"{path}: could not be written ({error.strerror}); check the folder.") from error


def _known_scans(file: TextIO, path: Path) -> set[str] | None:
    """Scans that a table has lines for, None if it is new.

    Raises
    ------
    OutputError
        If it is another table.
    """
    file.seek(0)
    first = file.readline()
    if first and first.rstrip("\n") != "\t".join(COLUMNS):
        raise OutputError(f"{path}: is another table; name one of your own with --table.")
    return {line.split("\t", 1)[0] for line in file} if first else None


def _row(record: Record) -> list[str]:
    """Cells of a record."""
    cells = {
        **{name: getattr(record, name) for name in ("scan", "status", "model", "version", "finished", "error")},
        "volume_ml": f"{record.volume_ml:.2f}" if record.volume_ml else "",
        "seconds": f"{record.seconds:.2f}" if record.seconds else "",
        "mask": record.files.get("brainmask", ""),
        "warnings": " ".join(record.warnings),
    }
    return [" ".join(str(cells[name]).split()) for name in COLUMNS]


def read_records(path: Path) -> dict[str, dict[str, str]]:
    """Read a table: the last line of each scan, by its path."""
    with path.open(newline="", errors="surrogateescape") as file:
        return {row["scan"]: row for row in csv.DictReader(file, delimiter="\t")}
