"""Data files: what the page's program reads, as scripts, since pages opened from disk may not read other files.

`web/report/src/data.ts` reads what is written here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deskull.quality.drift.measures import split_unit
from deskull.quality.files import short_text
from deskull.report.batch.rows import OUTLIER, Row

#: Columns of the table that are facts of a scan's own page, and what they are called there.
_FACTS = {
    "status": "Status", "model": "Model", "sha256": "SHA-256 of the model", "surface": "Surface",
    "border_mm": "Border (mm)", "frame": "Frames", "seconds": "Seconds", "icv_ml": "Intracranial volume (ml)",
    "version": "Version of deskull", "finished": "Finished",
}  # fmt: skip
#: The key of the review, which ``rows.js`` begins with.
_KEY = re.compile(r'"key":"([0-9a-f]{16})"')
#: Facts are cut off after this many characters: enough of a digest to tell networks apart.
_LONGEST_FACT = 32


def review_key(folder: Path) -> str:
    """Return the key under which browsers keep the review of a report.

    Parameters
    ----------
    folder : Path
        Of the report.

    Returns
    -------
    str
        Empty if there is no report.
    """
    try:
        with (folder / "data" / "rows.js").open(encoding="ascii", errors="replace") as file:
            found = _KEY.search(file.read(100))
    except OSError:
        return ""
    return found[1] if found else ""


def write_data(rows: Sequence[Row], folder: Path, *, viewer: bool, key: str = "") -> None:
    """Write the data of the page.

    Parameters
    ----------
    rows : sequence of Row
        In the order of the page.
    folder : Path
        Folder of the report: ``data/rows.js`` for the table, and ``data/00001.js`` and so on for the page of each scan.
    viewer : bool
        Whether the images of the scans were written.
    key : str
        Of the report's review; by default a new one.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "rows.js").write_text(rows_script(rows, viewer=viewer, key=key), encoding="ascii")
    for row in rows:
        (folder / "data" / f"{row.number:05}.js").write_text(_details_script(row), encoding="ascii")


def rows_script(rows: Sequence[Row], *, viewer: bool, key: str = "") -> str:
    """Return the script with the rows of the table.

    Parameters
    ----------
    rows : sequence of Row
    viewer : bool
    key : str
        Of the report's review; by default one that is the same for the same scans and masks.

    Returns
    -------
    str
        JavaScript in ASCII that assigns ``deskullReport``. Sentences that several rows share are stored once.
    """
    texts: dict[str, int] = {}
    table = [_cells(row, texts) for row in rows]
    content = {"viewer": viewer, "outlier": OUTLIER, "texts": list(texts), "rows": table}
    return f"globalThis.deskullReport = {_script({'key': key or _new_key(rows), **content})};\n"


def _new_key(rows: Sequence[Row]) -> str:
    """Return a key that the report of another batch, or of other masks, does not have."""
    return hashlib.sha256(json.dumps([[row.entry.name, row.volume_ml] for row in rows]).encode()).hexdigest()[:16]


def _cells(row: Row, texts: dict[str, int]) -> list[Any]:
    """Cells of a row, in the order of `Cells` in data.ts."""
    return [
        row.number,
        row.entry.name,
        row.verdict,
        _rounded(row.quality.predicted_dice, 4),
        _rounded(row.quality.lower_bound, 4),
        _rounded(row.quality.margin_mm, 2),
        _rounded(row.volume_ml, 1),
        round(row.deviation, 2),
        int(bool(row.panels)),
        int(row.is_warned),
        [texts.setdefault(note, len(texts)) for note in row.notes],
    ]


def _details_script(row: Row) -> str:
    """Script with what only the page of a scan shows."""
    cells = row.entry.cells
    facts = [[label, short_text(cells[name])[:_LONGEST_FACT]] for name, label in _FACTS.items() if cells.get(name)]
    details = {
        "facts": facts,
        "input": _measures(row.quality.input, row.quality.percentiles),
        "measures": _measures(row.quality.measures, row.quality.percentiles),
        "panels": [[panels.plane, *panels.positions] for panels in row.panels],
    }
    return f"deskullDetails({row.number}, {_script(details)});\n"


def _measures(values: Mapping[str, Any], percentiles: Mapping[str, float]) -> list[list[Any]]:
    """Measures in the order of `Measure` in scripts.ts: words, value, unit, and the percentile where it is known."""
    named = [(name, *split_unit(name), value) for name, value in values.items() if name != "findings"]
    return [[words, value, unit, percentiles.get(name)] for name, words, unit, value in named]


def _script(content: object) -> str:
    """Return data as JavaScript: JSON in ASCII, which holds no character that could end a line or a script."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _rounded(value: float | None, digits: int) -> float | None:
    """A number with some digits, or None."""
    return None if value is None else round(value, digits)
