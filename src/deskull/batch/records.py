"""Records: the outcome of each scan of a batch, and a table of them that grows by a line for each scan."""

from __future__ import annotations

import csv
import enum
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from deskull._version import __version__
from deskull.errors import InputError, OutputError
from deskull.provenance import Provenance
from deskull.quality.files import quality_of_cells
from deskull.quality.verdict import Quality

#: Columns of the table, in order.
COLUMNS = (
    "scan", "status", "verdict", "predicted_dice", "reason", "findings", "volume_ml", "icv_ml", "seconds", "mask",
    "model", "sha256", "surface", "border_mm", "frame", "version", "finished", "warnings", "error",
)  # fmt: skip
#: Those of a `Quality`.
_OF_QUALITY = ("verdict", "predicted_dice", "reason", "findings")
#: A mask that was changed later than this many seconds after its line in a table is another one.
_CLOCK_TOLERANCE_S = 2.0


class Status(enum.StrEnum):
    """Outcome of a scan."""

    #: It was stripped.
    done = "done"
    #: It was not stripped, because all its results existed already (with ``resume``).
    skipped = "skipped"
    #: It was not stripped, because results existed that may not be replaced.
    refused = "refused"
    #: It could not be stripped.
    failed = "failed"


@dataclass(frozen=True)
class Record:
    """Outcome of a scan.

    Attributes
    ----------
    scan : str
        Its path.
    status : Status
        Whether it was stripped.
    volume_ml : float
        Volume of the mask, in ml; 0 if the scan was not stripped.
    seconds : float
        Duration of all the work on it, in s; 0 if there was none.
    files : dict of str to str
        File of each kind of result.
    stages : dict of str to float
        Duration of each stage, in s.
    warnings : tuple of str
        One sentence each.
    error : str
        One sentence, if it failed or was refused.
    model : str
        Name or path of the network.
    provenance : Provenance, optional
        What the mask was made with; None if the scan has none, or if nothing tells.
    icv_ml : float, optional
        Volume of the intracranial mask, in ml, if it was asked for.
    quality : Quality, optional
        How far the mask can be trusted, if that was asked for.
    version : str
        Version of deskull.
    finished : str
        Date and time in UTC (ISO 8601).
    """

    scan: str
    status: Status
    volume_ml: float = 0.0
    seconds: float = 0.0
    files: dict[str, str] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: str = ""
    model: str = ""
    provenance: Provenance | None = None
    icv_ml: float | None = None
    quality: Quality | None = None
    version: str = __version__
    finished: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def checked(self) -> Record:
        """Return the record, for callers that strip one scan: its warnings are issued and its error is raised.

        Raises
        ------
        InputError
            If the scan failed or was refused.
        """
        for message in self.warnings:
            warnings.warn(message, stacklevel=2)
        if self.error:
            raise InputError(self.error)
        return self


@contextmanager
def records_table(path: Path | None) -> Iterator[Callable[[Record], None]]:
    """Open a tab-separated table and give a function that appends records to it.

    Lines of earlier batches are kept; the last line of a scan is the valid one.

    Parameters
    ----------
    path : Path, optional
        None writes no table.

    Yields
    ------
    callable
        Appends a record.

    Raises
    ------
    OutputError
        If the file is another table, or cannot be written.
    """
    if path is None:
        yield lambda record: None
        return
    with _open_table(path) as file:
        succeeded = _successful_scans(file, path)
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        if succeeded is None:
            writer.writerow(COLUMNS)

        def append(record: Record) -> None:
            """Append a line, unless the scan was left as it is and the table describes it already."""
            if record.status in (Status.skipped, Status.refused) and record.scan in (succeeded or ()):
                return
            try:
                writer.writerow(_row(record))
                file.flush()  # the lines written so far are whole, whenever the batch is killed
            except OSError as error:
                raise OutputError(f"{path}: could not be written ({error.strerror}); check its disk.") from error

        yield append


def _open_table(path: Path) -> TextIO:
    """Open a table for reading and appending.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", newline="", errors="surrogateescape")
    except OSError as error:
        raise OutputError(f"{path}: could not be written ({error.strerror or error}); check the folder.") from error


def _successful_scans(file: TextIO, path: Path) -> set[str] | None:
    """Scans whose last line in a table tells of results; None if the table is new.

    Raises
    ------
    OutputError
        If it is another table.
    """
    file.seek(0)
    first = file.readline()
    if not first:
        return None
    if first.rstrip("\n") != "\t".join(COLUMNS):
        raise OutputError(f"{path}: is a table of another kind; choose another file for the table.")
    last = {scan: status for scan, status, *_ in (line.split("\t", 2) for line in file if line.count("\t") > 1)}
    return {scan for scan, status in last.items() if status in (Status.done, Status.skipped)}


def _row(record: Record) -> list[str]:
    """Cells of a record."""
    made = record.provenance
    cells = {
        **{name: getattr(record, name) for name in ("scan", "status", "model", "version", "finished", "error")},
        **(record.quality.cells() if record.quality else dict.fromkeys(_OF_QUALITY, "")),
        "volume_ml": f"{record.volume_ml:.2f}" if record.volume_ml else "",
        "icv_ml": "" if record.icv_ml is None else f"{record.icv_ml:.2f}",
        "seconds": f"{record.seconds:.2f}" if record.seconds else "",
        "mask": record.files.get("brainmask", "") if record.status in (Status.done, Status.skipped) else "",
        "sha256": made.sha256 if made else "",
        "surface": made.surface if made else "",
        "border_mm": f"{made.border:g}" if made else "",
        "frame": made.frame if made else "",
        "warnings": " ".join(record.warnings),
    }
    return [" ".join(str(cells[name]).split()) for name in COLUMNS]


def read_records(path: Path) -> dict[str, dict[str, str]]:
    """Read a table: the cells of the last line of each scan, by the scan's path."""
    return {row["scan"]: row for row in _rows(path)}


def _rows(path: Path) -> list[dict[str, str]]:
    """Lines of a table."""
    with path.open(newline="", errors="surrogateescape") as file:
        return [{**row} for row in csv.DictReader(file, delimiter="\t")]


def recorded_results(path: Path) -> tuple[dict[Path, Provenance], dict[Path, Quality]]:
    """Read from a table what the masks that it names were made with, and how far they can be trusted.

    Parameters
    ----------
    path : Path
        The table may be missing.

    Returns
    -------
    made : dict of Path to Provenance
    quality : dict of Path to Quality
        Both by the absolute path of the mask. Masks that have gone, or that were changed after their line was written,
        are left out.
    """
    made: dict[Path, Provenance] = {}
    quality: dict[Path, Quality] = {}
    for row in _rows(path) if path.is_file() else ():
        if not (row.get("mask") and _is_unchanged(row, Path(row["mask"]))):
            continue
        mask = Path(row["mask"]).absolute()
        if stated := Provenance.from_texts(row):
            made[mask] = stated
        if row.get("verdict"):
            quality[mask] = quality_of_cells(row)
    return made, quality


def provenance_of(row: Mapping[str, str], mask: Path) -> Provenance | None:
    """Return what a line of a table says that a mask was made with.

    Parameters
    ----------
    row : mapping of str to str
        Cells of the line.
    mask : Path
        Where its mask lies now.

    Returns
    -------
    Provenance or None
        None if the line does not say, or if the mask was changed after it was written.
    """
    return Provenance.from_texts(row) if _is_unchanged(row, mask) else None


def _is_unchanged(row: Mapping[str, str], mask: Path) -> bool:
    """Whether the mask of a line is as old as the line."""
    try:
        finished = datetime.fromisoformat(row["finished"]).timestamp()
        return mask.stat().st_mtime <= finished + _CLOCK_TOLERANCE_S
    except (OSError, LookupError, TypeError, ValueError):
        return False
