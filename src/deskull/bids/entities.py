"""Entities: their names in filter files and in the names of files.

Names of files are read by `deskull.formats.bids_names`, which lies lower so that data sets can be found with it too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deskull.errors import InputError

#: The names of entities that pybids and its filter files use, and the short keys in the names of files.
SHORT_KEYS = {
    "subject": "sub", "session": "ses", "sample": "sample", "task": "task", "tracer": "trc", "acquisition": "acq",
    "ceagent": "ce", "staining": "stain", "reconstruction": "rec", "direction": "dir", "run": "run", "echo": "echo",
    "modality": "mod", "flip": "flip", "inversion": "inv", "mt": "mt", "part": "part", "processing": "proc",
    "hemisphere": "hemi", "space": "space", "split": "split", "recording": "recording", "chunk": "chunk",
}  # fmt: skip
#: The suffixes that fMRIPrep's names for kinds of scans stand for.
_SUFFIXES_OF_KINDS = {
    "t1w": "T1w", "t2w": "T2w", "flair": "FLAIR", "pdw": "PDw", "bold": "bold", "sbref": "sbref", "dwi": "dwi",
}  # fmt: skip


def read_filters(path: Path) -> list[dict[str, Any]]:
    """Read a filter file: an object of entities and values, or one such object for each kind of scan.

    Parameters
    ----------
    path : Path
        JSON file, as fMRIPrep takes it: ``{"t1w": {"session": "1"}}``; or ``{"session": "1"}`` for scans of any kind.

    Returns
    -------
    list of dict
        Short keys and values, ``suffix`` and ``datatype`` among them, for each kind of scan that can be stripped.

    Raises
    ------
    InputError
        If the file is not of this form, or names an unknown entity.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as a filter file in JSON ({error}); check it.") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: is not a JSON object of entities; write it as one.")
    if not any(isinstance(value, dict) for value in content.values()):
        return [_filter(content, path)]
    kinds = [_kind_filter(name, value) for name, value in content.items() if isinstance(value, dict)]
    return [_filter(kind, path) for kind in kinds if kind is not None]


def _kind_filter(kind: str, entities: dict[str, Any]) -> dict[str, Any] | None:
    """Entities of a kind of scan, with its suffix; None if the kind is never stripped (field maps, for instance)."""
    suffix = _SUFFIXES_OF_KINDS.get(kind.lower())
    if suffix is None and "suffix" not in entities:
        return None
    return {"suffix": suffix, **entities}


def _filter(entities: dict[str, Any], path: Path) -> dict[str, Any]:
    """Entities by their short keys.

    Raises
    ------
    InputError
        If one is unknown.
    """
    filters = {SHORT_KEYS.get(key, key): value for key, value in entities.items() if key != "extension"}
    unknown = sorted(set(filters) - {*SHORT_KEYS.values(), "suffix", "datatype"})
    if unknown:
        raise InputError(f"{path}: {unknown[0]} is not an entity of BIDS; correct it.")
    return filters
