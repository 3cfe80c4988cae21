"""Sidecars of derivatives: which raw scan a mask was made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from deskull.errors import InputError
from deskull.formats import split_name
from deskull.system.json_files import read_object

#: How sidecars name a scan of the raw dataset.
_RAW = "bids:raw:"


def sidecar_of(image: Path) -> Path:
    """Return the JSON file that describes an image, which need not exist."""
    return image.with_name(f"{split_name(image)[0]}.json")


def read_fields(path: Path) -> dict[str, Any]:
    """Return the fields of a JSON object; none if the file is missing or damaged."""
    try:
        return read_object(path)
    except InputError:
        return {}


def place_of_scan(fields: Mapping[str, Any]) -> PurePosixPath | None:
    """Return the path of a mask's scan beneath the raw dataset.

    Parameters
    ----------
    fields : mapping
        Of the sidecar of the mask.

    Returns
    -------
    PurePosixPath or None
        None where the sidecar names no scan, or one outside of the dataset.

    Examples
    --------
    >>> place_of_scan({"Sources": ["bids:raw:sub-01/anat/sub-01_T1w.nii.gz"]}).name
    'sub-01_T1w.nii.gz'
    """
    sources = fields.get("Sources")
    source = sources[0] if isinstance(sources, list) and sources else None
    if not isinstance(source, str) or not source.startswith(_RAW) or "\0" in source:
        return None
    return checked_place(source.removeprefix(_RAW))


def checked_place(text: str) -> PurePosixPath | None:
    """Return a path beneath the raw dataset; None for one that leads out of it."""
    place = PurePosixPath(text)
    return None if place.is_absolute() or ".." in place.parts else place
