"""Times: when the scans of a cohort were acquired, or else processed, read from its labels."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from deskull.errors import InputError
from deskull.quality.drift.cohorts import Cohort, IntArray

#: Columns that tell the time, the best one first.
COLUMNS = ("time", "date", "acq_time", "AcquisitionDateTime", "AcquisitionDate", "finished", "file_changed")
#: How a note calls the columns that do not tell when a scan was acquired.
_OF_PROCESSING = {"finished": "they were stripped", "file_changed": "their files were last changed"}


def in_order_of_time(cohort: Cohort) -> tuple[Cohort, list[str], str]:
    """Sort the scans of a cohort by time; those without a time are left out.

    Parameters
    ----------
    cohort : Cohort
        With one of `COLUMNS` among its labels.

    Returns
    -------
    cohort : Cohort
    dates : list of str
        Of its scans, as YYYY-MM-DD.
    note : str
        What is to be known of these times, in one sentence; "" if nothing is.

    Raises
    ------
    InputError
        If no column tells the time.
    """
    for column in COLUMNS:
        times = [_parsed(text) for text in cohort.labels.get(column, ())]
        known = [row for row, time in enumerate(times) if time is not None]
        if known:
            rows: IntArray = np.array(sorted(known, key=lambda row: times[row] or datetime.min), np.intp)
            dates = [f"{times[row]:%Y-%m-%d}" for row in rows]
            return cohort.select(rows), dates, _note(column, len(cohort) - len(known))
    wanted = ", ".join(COLUMNS[:4])
    raise InputError(f"{cohort.name}: nothing tells when its scans were made; add one of the columns {wanted}.")


def _note(column: str, n_unknown: int) -> str:
    """Say what the times are, if not those of acquisition, and how many scans have none."""
    parts = []
    if column in _OF_PROCESSING:
        parts.append(
            f"scans are in the order in which {_OF_PROCESSING[column]}, as nothing tells when they were acquired"
        )
    if n_unknown:
        parts.append(f"{n_unknown:,} without a time were left out")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _parsed(text: str) -> datetime | None:
    """Read a date in ISO 8601, with or without a time; None if it is none."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
