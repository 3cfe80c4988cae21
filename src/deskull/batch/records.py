"""Records: what became of each scan of a batch, and a table of them, a line added as each is done."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from deskull._version import __version__
from deskull.errors import InputError, OutputError

#: Columns of the table, in order.
COLUMNS = ("scan", "status", "volume_ml", "seconds", "mask", "model", "version", "finished", "warnings", "error")


@dataclass(frozen=True)
class Record:
    """What became of a scan.

    Attributes
    ----------
    scan : str
    status : {"stripped", "found", "failed"}
        Found: its results were there.
    volume_ml, seconds : float
        Of the brain; of all the work. 0 where there was none.
    files : dict of str to str
        File of each kind.
    stages : dict of str to float
        Seconds of each stage.
    warnings : tuple of str
    error : str
        One sentence where it failed.
    model, version, finished : str
        Name of the network, version of deskull, time in ISO 8601.
    """

    scan: str
    status: str
    volume_ml: float = 0.0
    seconds: float = 0.0
    files: dict[str, str] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: str = ""
    model: str = ""
    version: str = __version__
    finished: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def checked(self) -> Record:
        """Return the record for callers that want one scan: warn of what was odd, raise what went wrong.

        Raises
        ------
        InputError
        """
        for message in self.warnings:
            warnings.warn(message, stacklevel=2)
        if self.error:
            raise InputError(self.error)
        return self


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
        known = _done_scans(file, path)
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        if known is None:
            writer.writerow(COLUMNS)

        def add(record: Record) -> None:
            """Add a line, unless the scan is found done and its last line says so."""
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


def _done_scans(file: TextIO, path: Path) -> set[str] | None:
    """Scans that were not failures at last by a table, None if it is new.

    Raises
    ------
    OutputError
        If it is another table.
    """
    file.seek(0)
    first = file.readline()
    if first and first.rstrip("\n") != "\t".join(COLUMNS):
        raise OutputError(f"{path}: is another table; name one of your own with --table.")
    last = {scan: status for scan, status, *_ in (line.split("\t", 2) for line in file if line.count("\t") > 1)}
    return {scan for scan, status in last.items() if status != "failed"} if first else None


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
