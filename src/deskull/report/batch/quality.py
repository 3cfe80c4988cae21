"""Quality: what the file beside a mask, or the table of the batch, says of how far to trust the mask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deskull.batch.outputs import quality_path
from deskull.batch.records import provenance_of
from deskull.batch.resuming import read_sidecar
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
        there is no such file, or where it describes another mask.

    Returns
    -------
    Quality
        Not judged if nothing is said.
    """
    stated = _stated_beside(mask, cells) if mask else None
    return stated or quality_of_cells(cells)


def has_quality_file(mask: Path, cells: Mapping[str, str]) -> bool:
    """Whether the file of the quality of a mask lies beside it; see `quality_of`."""
    return _stated_beside(mask, cells) is not None


def _stated_beside(mask: Path, cells: Mapping[str, str]) -> Quality | None:
    """Quality that the file beside a mask states; None if there is none, or if it describes another mask."""
    return read_quality(quality_path(mask), read_sidecar(mask) or provenance_of(cells, mask))
