"""Quality files: features of a cohort from the JSON files that lie beside its masks."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from deskull.errors import DeskullWarning, InputError, printable
from deskull.provenance import Provenance
from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.quality_tables import OUTPUT_COLUMNS, features, to_number
from deskull.quality.files import read_fields, read_provenance

#: End of the names of quality files.
ENDING = "_quality.json"
#: Ends of the names of the sidecars of masks, in place of it.
_SIDECARS = ("_brainmask.json", "_icvmask.json", "_mask.json", ".json")
#: How the files come to lie beside masks, also those of a batch that is finished.
REMEDY = "strip the scans again with resume=True and quality_file=True"
#: Limits of a folder: files, and features of each.
MAX_FILES, MAX_NAMES = 500_000, 500
#: Longest name of a measure, and longest label, in characters.
_MAX_NAME, _MAX_LABEL = 80, 200
_SUBJECT = re.compile(r"(?:^|[_/])sub-([A-Za-z0-9+]+)")


class QualityFileWarning(DeskullWarning):
    """A quality file could not be used and is left out."""


def read_folder(folder: Path) -> tuple[Cohort, list[Path]]:
    """Read all quality files of a folder and the folders below it.

    Parameters
    ----------
    folder : Path
        Files that are damaged are left out, with a warning.

    Returns
    -------
    cohort : Cohort
        Texts under ``input`` are labels; ``file_changed`` is the time of the file's last change.
    files : list of Path
        One for each of its scans.

    Raises
    ------
    InputError
        If there is no quality file that can be used.
    """
    return read_files(quality_files(folder), folder)


def read_files(paths: Sequence[Path], folder: Path) -> tuple[Cohort, list[Path]]:
    """Read some quality files; see `read_folder`.

    Parameters
    ----------
    paths : sequence of Path
    folder : Path
        Names the cohort.

    Returns
    -------
    cohort : Cohort
    files : list of Path

    Raises
    ------
    InputError
        If there is no quality file that can be used.
    """
    found = {path: content for path in paths if (content := _read_or_warn(path)) is not None}
    if not found:
        remedy = f"{REMEDY}, or give the folder that holds them"
        raise InputError(f"{folder}: holds no *{ENDING} that can be used; {remedy}.")
    contents, files = list(found.values()), list(found)
    inputs = [_mapping(content.get("input")) for content in contents]
    outputs = [
        {**{name: content.get(name) for name in OUTPUT_COLUMNS}, **_mapping(content.get("measures"))}
        for content in contents
    ]
    labels = _labels(inputs)
    labels["file_changed"] = tuple(_changed(path) for path in files)
    labels["participant"] = tuple(_participant(path, folder) for path in files)
    return Cohort(folder.resolve().name, _numbers(inputs), _numbers(outputs), labels), files


def quality_files(folder: Path) -> list[Path]:
    """List the quality files of a folder in the order of their names; links to folders are not followed.

    Raises
    ------
    InputError
        If there are too many.
    """
    found = [Path(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(ENDING)]
    if len(found) > MAX_FILES:
        raise InputError(f"{folder}: holds more than {MAX_FILES:,} quality files; give a folder of fewer scans.")
    return sorted(found)


def _read_or_warn(path: Path) -> dict[str, Any] | None:
    """Return what a file says of quality; None, with a warning, if it cannot be used."""
    try:
        quality = read_fields(path, _provenance_beside(path))
        if max(len(_mapping(quality.get(name))) for name in ("input", "measures")) > MAX_NAMES:
            raise InputError(f"{path}: holds more than {MAX_NAMES} measures; make it anew.")
        return quality
    except InputError as error:
        warnings.warn(QualityFileWarning(f"{error} It is left out."), stacklevel=2)
        return None


def _provenance_beside(path: Path) -> Provenance | None:
    """Return what the sidecar of the mask states that a quality file describes; None if there is none."""
    stated = read_provenance(path)
    beside = (read_provenance(path.with_name(f"{path.name.removesuffix(ENDING)}{end}")) for end in _SIDECARS)
    return next((made for made in beside if stated and made and made.surface == stated.surface), None)


def _mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping with names that can be printed, and anything else as an empty one."""
    return {printable(name)[:_MAX_NAME]: entry for name, entry in value.items()} if isinstance(value, dict) else {}


def _numbers(rows: Sequence[Mapping[str, Any]]) -> Features:
    """Return the numbers of all files."""
    columns = {name: np.array([_number(row.get(name)) for row in rows], float) for name in _names(rows)}
    return features(columns, len(rows))


def _labels(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return the texts of all files."""
    columns = {name: tuple(label_text(row.get(name)) for row in rows) for name in _names(rows)}
    return {name: texts for name, texts in columns.items() if any(texts)}


def _names(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield every name once, in the order in which they appear.

    Raises
    ------
    InputError
        If the files together have too many names.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    if len(names) > 4 * MAX_NAMES:
        raise InputError(f"the quality files name {len(names):,} different measures; give files of one kind.")
    yield from names


def _number(value: object) -> float:
    """Return a number as it is, and anything else as missing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return to_number(str(value)) if abs(value) < 10**100 else math.nan


def label_text(value: object) -> str:
    """Return a short text, in which control characters are escaped, and anything else as none."""
    return printable(value) if isinstance(value, str) and len(value) <= _MAX_LABEL else ""


def _changed(path: Path) -> str:
    """Return when a file was last changed, in UTC (ISO 8601)."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _participant(path: Path, folder: Path) -> str:
    """Return the label of the participant that a path names; "" if it names none."""
    within = path.relative_to(folder) if path.is_relative_to(folder) else path
    found = _SUBJECT.findall(within.as_posix())
    return f"sub-{found[-1]}" if found else ""
