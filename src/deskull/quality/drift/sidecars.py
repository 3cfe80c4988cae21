"""Sidecars: scanner, site and protocol of scans, from the JSON files beside them and from participants.tsv.

BIDS describes a scan in JSON files of the same name in its folder or above it (the inheritance principle); dcm2niix
writes ``X.json`` beside ``X.nii.gz``. Standard: https://bids-specification.readthedocs.io, version 1.10.
"""

from __future__ import annotations

import csv
import functools
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from deskull.errors import InputError
from deskull.quality.drift.cohorts import Cohort
from deskull.quality.drift.quality_files import ENDING, MAX_FILES, QualityFileWarning, label_text
from deskull.system.json_files import read_object

#: What is read of a scan; nothing that identifies a patient.
FIELDS = (
    "Manufacturer", "ManufacturersModelName", "MagneticFieldStrength", "InstitutionName", "StationName",
    "ProtocolName", "SeriesDescription", "SoftwareVersions", "AcquisitionDateTime", "AcquisitionDate",
)  # fmt: skip
#: Suffixes of the scans that a plain ``desc-brain`` belongs to, by folder.
_PLAIN_SUFFIXES = {"func": ("bold",), "dwi": ("dwi",)}
_DESCRIPTION = re.compile(r"desc-brain([A-Za-z0-9]*)")
#: Largest participants.tsv that is read, in bytes.
_MAX_TABLE = 50_000_000


_Index = dict[tuple[tuple[str, ...], str], list[tuple[frozenset[str], Path]]]


def with_sidecars(cohort: Cohort, files: Sequence[Path], folder: Path) -> Cohort:
    """Add to the labels of a cohort what is known of its scans.

    Parameters
    ----------
    cohort : Cohort
    files : sequence of Path
        Quality file of each scan.
    folder : Path
        Folder of the JSON files of the scans and, perhaps, of ``participants.tsv``.

    Returns
    -------
    Cohort

    Raises
    ------
    InputError
        If it is no folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; give the dataset that holds the scans.")
    index, read = _index(folder), functools.cache(_read_fields)
    rows = [{name: text for path in _sidecars(file, index) for name, text in read(path).items()} for file in files]
    known = [cohort.labels.get(name, ("",) * len(rows)) for name in FIELDS]
    labels = {
        name: tuple(row.get(name, text) for row, text in zip(rows, texts, strict=True))
        for name, texts in zip(FIELDS, known, strict=True)
    }
    people = _participants(folder / "participants.tsv")
    names = cohort.labels.get("participant", ())
    for column in dict.fromkeys(column for person in people.values() for column in person):
        labels[column] = tuple(people.get(name, {}).get(column, "") for name in names)
    return replace(cohort, labels={**cohort.labels, **{name: texts for name, texts in labels.items() if any(texts)}})


def _index(folder: Path) -> _Index:
    """Arrange the JSON files of a dataset by place and suffix; those with fewer entities come first.

    Raises
    ------
    InputError
        If there are too many.
    """
    index: _Index = {}
    paths = [Path(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(".json")]
    if len(paths) > MAX_FILES:
        raise InputError(f"{folder}: holds more than {MAX_FILES:,} JSON files; give a smaller dataset.")
    for path in sorted(paths):
        *parts, suffix = path.name.removesuffix(".json").split("_")
        index.setdefault((_place(path), suffix), []).append((frozenset(parts), path))
    return {key: sorted(entries, key=lambda entry: (len(entry[0]), entry[1])) for key, entries in index.items()}


def _place(path: Path) -> tuple[str, ...]:
    """Return the folders of a file from that of the participant on; () for a file above them or of no participant."""
    folders = path.parent.parts
    start = next((row for row, name in enumerate(folders) if name.startswith("sub-")), len(folders))
    return folders[start:]


def _sidecars(file: Path, index: _Index) -> Iterator[Path]:
    """Yield the JSON files that describe the scan of a quality file, the most specific one last."""
    place = _place(file)
    *names, last = file.name.removesuffix(ENDING).split("_")
    described = _DESCRIPTION.fullmatch(last)
    parts = frozenset(names)
    suffixes = (last,)
    if described:
        suffixes = (described[1],) if described[1] else _PLAIN_SUFFIXES.get(file.parent.name, ("T1w",))
    for depth in range(len(place) + 1):
        for suffix in suffixes:
            yield from (path for other, path in index.get((place[:depth], suffix), ()) if other <= parts)


def _read_fields(path: Path) -> dict[str, str]:
    """Return what a JSON file says of a scan; nothing, with a warning, if it is damaged."""
    try:
        content = read_object(path)
    except InputError as error:
        warnings.warn(QualityFileWarning(f"{error} It is left out."), stacklevel=2)
        return {}
    texts = {name: _text(content.get(name)) for name in FIELDS}
    return {name: text for name, text in texts.items() if text}


def _text(value: object) -> str:
    """Return a short text or a number as text, and anything else as none."""
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**9):
        return f"{value:g}"
    return label_text(value)


def _participants(path: Path) -> dict[str, dict[str, str]]:
    """Read the table of participants, by their label; nothing if there is none, or it is damaged."""
    if not path.is_file() or path.stat().st_size > _MAX_TABLE:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{k: label_text(v) for k, v in row.items() if k} for row in csv.DictReader(file, delimiter="\t")]
    except (csv.Error, UnicodeDecodeError) as error:
        warnings.warn(QualityFileWarning(f"{path}: is not a table ({error}); it is left out."), stacklevel=2)
        return {}
    return {row.pop("participant_id"): row for row in rows if row.get("participant_id")}
