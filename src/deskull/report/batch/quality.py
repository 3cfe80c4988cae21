"""Quality: what the file beside a mask, or the table of the batch, says of how far to trust the mask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deskull.batch.outputs import quality_path
from deskull.quality.files import quality_of_cells, read_quality
from deskull.quality.verdict import Quality


def quality_of(mask: Path | None, cells: Mapping[str, str]) -> Quality:
    """Read the quality of a mask.

    Parameters
    ----------
    mask : Path, optional
        The file of its quality lies beside it.
    cells : mapping of str to str
        The line of the table, whose columns ``verdict``, ``predicted_dice``, ``reason`` and ``findings`` count where
        there is no such file.

    Returns
    -------
    Quality
        Not judged if nothing is said.
    """
    stated = read_quality(quality_path(mask)) if mask else None
    return stated or quality_of_cells(cells)
