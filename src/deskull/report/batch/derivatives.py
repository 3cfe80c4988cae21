"""Derivatives: the masks of ``deskull bids`` and the scans that their sidecars name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from deskull.bids.failures import failed_scans
from deskull.bids.sidecars import checked_place, place_of_scan, read_fields, sidecar_of
from deskull.errors import printable
from deskull.formats import split_name
from deskull.provenance import Provenance

_DESCRIPTION = "dataset_description.json"

#: Name, scan, mask, and what the sidecar or the table of the participant level says in the columns of a table.
Found = tuple[str, Path | None, Path | None, Mapping[str, str]]


def is_derivatives(folder: Path) -> bool:
    """Whether a folder is a BIDS dataset, as ``deskull bids`` writes it."""
    return (folder / _DESCRIPTION).is_file()


def find_derivatives(folder: Path, raw: Path | None = None) -> list[Found]:
    """Find the masks of a dataset of derivatives and the scan of each, and the scans that failed.

    Parameters
    ----------
    folder : Path
        The derivatives.
    raw : Path, optional
        The raw dataset, by default the one that the description of the derivatives links to.

    Returns
    -------
    list of tuple
        Name of the scan, its file if it is found, the mask if there is one, and what was said of it.

    Raises
    ------
    InputError
        If the table of the participant level is damaged.
    """
    raw = raw or _raw_dataset(folder)
    masks = (mask for mask in sorted(folder.glob("sub-*/**/*_mask.nii.gz")) if not _is_edited(mask))
    found = [_found(mask, folder, raw) for mask in masks]
    names = {name for name, *_ in found}
    return found + [
        (place, _scan_file(raw, checked_place(place)), None, {"status": "failed", "error": error})
        for place, error in failed_scans(folder).items()
        if place not in names
    ]


def _is_edited(mask: Path) -> bool:
    """Whether a mask was edited by hand, and so belongs to one of the network's."""
    return re.search(r"_desc-edited\w*_mask$", split_name(mask)[0]) is not None


def _found(mask: Path, folder: Path, raw: Path | None) -> Found:
    """Scan of a mask, and what its sidecar says."""
    fields = read_fields(sidecar_of(mask))
    place = place_of_scan(fields)
    name = place.as_posix() if place else mask.relative_to(folder).as_posix()
    return printable(name), _scan_file(raw, place), mask, _cells(fields)


def _scan_file(raw: Path | None, place: PurePosixPath | None) -> Path | None:
    """File of a scan of the raw dataset; None if it is not found."""
    scan = raw / place if raw and place else None
    return scan if scan and scan.is_file() else None


def _cells(fields: Mapping[str, Any]) -> dict[str, str]:
    """What the sidecar says, in the columns of a table."""
    made, volume = Provenance.from_sidecar(fields), fields.get("VolumeMl")
    cells = {"status": "done", "volume_ml": str(volume) if isinstance(volume, int | float) else ""}
    if made:
        cells |= {
            "model": made.model, "sha256": made.sha256, "surface": made.surface, "border_mm": f"{made.border:g}",
            "frame": made.frame, "version": made.version,
        }  # fmt: skip
    return cells


def _raw_dataset(folder: Path) -> Path | None:
    """The raw dataset that the description of the derivatives links to."""
    links = read_fields(folder / _DESCRIPTION).get("DatasetLinks")
    link = links.get("raw") if isinstance(links, dict) else None
    if not isinstance(link, str) or "\0" in link or "://" in link:
        return None
    return Path(os.path.normpath(folder.resolve() / link))
