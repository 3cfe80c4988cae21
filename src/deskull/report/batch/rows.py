"""Rows: what the report states of each scan, and their order, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deskull.quality.files import short_text, to_quality
from deskull.quality.verdict import Quality, Verdict
from deskull.report.batch.entries import Entry
from deskull.report.batch.pictures import Drawn, Panels
from deskull.report.batch.quality import quality_of

#: Modified z-scores (Iglewicz and Hoaglin, 1993) beyond this are outliers.
OUTLIER = 3.5
#: Makes the median absolute deviation of normally distributed values their standard deviation.
_TO_STANDARD_DEVIATION = 1.4826
#: Smallest standard deviation assumed, as a fraction of the median: that of two scans says little.
_LEAST_SPREAD = 0.02
#: In place of a verdict where there is no mask, or it cannot be read.
NO_MASK = "no mask"
WORST_FIRST = (NO_MASK, Verdict.failed, Verdict.review, Verdict.not_judged, Verdict.passed)


@dataclass(frozen=True)
class Row:
    """A scan in the report.

    Attributes
    ----------
    number : int
        Of its pictures.
    entry : Entry
    verdict : str
        Of the quality, or `NO_MASK`.
    quality : Quality
    volume_ml : float, optional
        Volume of the mask.
    deviation : float
        Modified z-score of the volume within the batch; 0 if it is not known.
    notes : tuple of str
        Reasons of the verdict, what is unusual about the scan, errors and warnings, one sentence or several each.
    is_warned : bool
        Whether there were warnings, or something could not be drawn.
    panels : tuple of Panels
        Slices on the scan's own page; none if nothing could be drawn.
    """

    number: int
    entry: Entry
    verdict: str
    quality: Quality
    volume_ml: float | None
    deviation: float
    notes: tuple[str, ...]
    is_warned: bool
    panels: tuple[Panels, ...]


def make_rows(entries: Sequence[Entry], drawn: Sequence[Drawn]) -> list[Row]:
    """Bring together what is known of the scans of a batch.

    Parameters
    ----------
    entries : sequence of Entry
    drawn : sequence of Drawn
        What was drawn of each of them.

    Returns
    -------
    list of Row
        Worst first: scans without a mask; then by the verdict, the predicted Dice, warnings, and the distance of the
        volume from the median of the batch.
    """
    volumes = [_volume(entry, picture) for entry, picture in zip(entries, drawn, strict=True)]
    deviations = modified_z_scores(volumes)
    rows = [
        _make_row(number, entry, picture, volume, deviation)
        for number, (entry, picture, volume, deviation) in enumerate(
            zip(entries, drawn, volumes, deviations, strict=True), 1
        )
    ]
    return sorted(rows, key=_badness)


def _make_row(number: int, entry: Entry, drawn: Drawn, volume: float | None, deviation: float) -> Row:
    """Row of one scan."""
    quality = quality_of(entry.mask, entry.cells) if entry.quality is None else to_quality(entry.quality)
    verdict = str(quality.verdict)
    if entry.mask is None or drawn.volume_ml is None:
        verdict, quality = NO_MASK, Quality(Verdict.not_judged, reasons=quality.reasons)
    said = [_without_scan(entry.cells.get(column) or "", entry) for column in ("error", "warnings")]
    notes = [*quality.reasons, *quality.findings, said[0], said[1], _without_scan(drawn.problem, entry)]
    unique = tuple(dict.fromkeys(short_text(note) for note in notes if note))
    return Row(number, entry, verdict, quality, volume, deviation, unique, bool(said[1] or drawn.problem), drawn.panels)


def _volume(entry: Entry, drawn: Drawn) -> float | None:
    """Volume of a mask in ml, as it is, or as the table states it."""
    if entry.mask is None:
        return None
    return drawn.volume_ml


def _without_scan(text: str, entry: Entry) -> str:
    """Sentences without the name of the scan at their beginning, which the row shows already."""
    for name in (entry.cells.get("scan"), entry.name, entry.scan.name if entry.scan else None):
        text = text.replace(f"{name}: ", "") if name else text
    return text


def modified_z_scores(values: Sequence[float | None]) -> list[float]:
    """Return how far values lie from their median, in robust standard deviations.

    Parameters
    ----------
    values : sequence of float or None

    Returns
    -------
    list of float
        0 where there is no value.

    Examples
    --------
    >>> [round(score, 1) for score in modified_z_scores([1400, 1500, 1600, 300, None])]
    [-0.3, 0.3, 1.0, -7.8, 0.0]
    """
    known = np.array([value for value in values if value is not None], float)
    if not len(known):
        return [0.0] * len(values)
    median = float(np.median(known))
    spread = _TO_STANDARD_DEVIATION * float(np.median(np.abs(known - median)))
    spread = max(spread, _LEAST_SPREAD * abs(median), 1e-9)
    return [0.0 if value is None else (value - median) / spread for value in values]


def _badness(row: Row) -> tuple[float, ...]:
    """Sort key: the worst first."""
    dice = row.quality.predicted_dice
    return (
        WORST_FIRST.index(row.verdict),
        2.0 if dice is None else dice,
        not row.is_warned,
        -abs(row.deviation),
        row.number,
    )
