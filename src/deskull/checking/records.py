"""Records: what is said of checked masks in lines, in JSON and in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deskull.checking.judging import Checked
from deskull.checking.pairs import Pair
from deskull.system.atomic import output_errors, write_bytes

#: Columns of the table.
COLUMNS = (
    "scan", "mask", "verdict", "predicted_dice", "reason", "given_volume_ml", "dice", "border_mm", "offset_mm",
    "extra_ml", "missing_ml", "largest_kind", "largest_ml", "largest_place", "largest_ras_mm", "picture", "error",
)  # fmt: skip
#: Characters that cells may not hold.
_BREAKS = re.compile(r"[\t\n\r\v\f]")


def line_of(checked: Checked) -> str:
    """Return what is printed of a mask: the verdict, how well it fits the network's mask, and the reasons."""
    fit = (
        f"Dice {checked.comparison.dice:.3f} with the network's mask at a border of {checked.comparison.border_mm:g} mm"
    )
    reasons = " ".join(checked.quality.reasons)
    return f"{checked.pair.mask}: {checked.quality.summary()}; {fit}. {reasons}".rstrip()


def fields_of(checked: Checked) -> dict[str, Any]:
    """Return what JSON holds of a mask.

    Parameters
    ----------
    checked : Checked

    Returns
    -------
    dict
        ``scan``, ``mask``, ``quality``, and ``differences``, the largest first.
    """
    return {
        **_names(checked.pair),
        "quality": checked.quality.as_dict(),
        "differences": [part.as_dict() for part in checked.differences],
    }


def cells_of(checked: Checked, picture: Path | None = None) -> dict[str, str]:
    """Return the cells of a mask in the table, by column.

    Parameters
    ----------
    checked : Checked
    picture : Path, optional
        The picture that was drawn of it.
    """
    cells = {**_names(checked.pair), **checked.quality.cells(), "picture": str(picture or "")}
    cells |= {name: f"{value:.4g}" for name, value in asdict(checked.comparison).items()}
    cells["given_volume_ml"] = cells.pop("volume_ml")
    for part in checked.differences[:1]:
        cells |= {
            "largest_kind": str(part.kind),
            "largest_ml": f"{part.volume_ml:.4g}",
            "largest_place": part.place,
            "largest_ras_mm": " ".join(f"{value:.1f}" for value in part.as_dict()["centre_ras_mm"]),
        }
    return cells


def cells_of_failure(pair: Pair, error: str) -> dict[str, str]:
    """Return the cells of a mask that could not be checked, by column."""
    return {**_names(pair), "error": error}


def begin_table(path: Path, *, overwrite: bool = False) -> None:
    """Write the first line of a table, to which `append_line` adds.

    Parameters
    ----------
    path : Path
    overwrite : bool
        Whether an existing table may be replaced.

    Raises
    ------
    OutputError
        If the file exists and may not be replaced, or cannot be written.
    """
    write_bytes(path, _line(dict(zip(COLUMNS, COLUMNS, strict=True))), overwrite=overwrite)


def append_line(path: Path, cells: Mapping[str, str]) -> None:
    """Append a line to a table; the lines so far are whole, whenever the check is killed.

    Parameters
    ----------
    path : Path
    cells : mapping of str to str
        By column; those that are not given are empty.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with output_errors(path), path.open("ab") as file:
        file.write(_line(cells))


def _line(cells: Mapping[str, str]) -> bytes:
    """A line of the table, without quotation marks; what would break it or a cell is a space."""
    texts = [_BREAKS.sub(" ", cells.get(column, "")) for column in COLUMNS]
    return ("\t".join(texts) + "\n").encode("utf-8", "surrogateescape")


def _names(pair: Pair) -> dict[str, str]:
    """Paths of a scan and its mask."""
    return {"scan": str(pair.scan), "mask": str(pair.mask)}
