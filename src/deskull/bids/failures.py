"""Failures: the scans that the participant level could not strip, from the table that it keeps in the derivatives."""

from __future__ import annotations

import csv
from pathlib import Path

from deskull.batch.records import Status, read_records
from deskull.errors import InputError, printable
from deskull.formats.bids_names import read_name

#: Table to which the participant level adds a line for each scan, see `deskull.batch.records`.
RECORDS = "deskull_scans.tsv"


def failed_scans(out: Path) -> dict[str, str]:
    """Find the scans that failed when they were last stripped.

    Parameters
    ----------
    out : Path
        Folder of the derivatives.

    Returns
    -------
    dict of str to str
        Why each failed, in one sentence, by its path beneath the raw dataset; none if nothing was recorded.

    Raises
    ------
    InputError
        If the table is damaged.
    """
    table = out / RECORDS
    if not table.is_file():
        return {}
    try:
        return {
            _place(scan): printable((cells["error"] or "").removeprefix(f"{scan}: "))
            for scan, cells in read_records(table).items()
            if cells["status"] == Status.failed
        }
    except (OSError, ValueError, LookupError, csv.Error) as error:
        raise InputError(f"{table}: is damaged ({str(error)[:100]}); remove it and strip the scans again.") from None


def _place(scan: str) -> str:
    """Path of a scan beneath its dataset: from the folder of its participant on."""
    path = Path(printable(scan))
    folders = path.parent.parts
    named = [row for row, name in enumerate(folders) if name == f"sub-{read_name(path).entities.get('sub')}"]
    return Path(*folders[named[-1] if named else len(folders) :], path.name).as_posix()
