"""Reading: cohorts from tables, from folders of quality files, and shipped ones by name; writing references.

Together with `quality_files`, `quality_tables` and `sidecars` this is all that knows of files.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np

from deskull.errors import InputError, UsageError
from deskull.quality.drift.cohorts import Cohort
from deskull.quality.drift.quality_files import read_files, read_folder
from deskull.quality.drift.quality_tables import OUTPUT_COLUMNS, read_table
from deskull.quality.drift.sidecars import with_sidecars
from deskull.system.atomic import write_bytes

#: Folder of the references that ship with deskull: NAME.tsv, and NAME.json with a "description" of where it comes from.
_REFERENCES = resources.files(__package__).joinpath("references")


def read_cohort(path: Path, sidecars: Path | None = None) -> Cohort:
    """Read the features of a cohort.

    Parameters
    ----------
    path : Path
        A table (TSV or CSV) with columns ``input.NAME``, ``measures.NAME`` and ``predicted_dice``, or a folder with
        files ``*_quality.json``.
    sidecars : Path, optional
        Folder of the JSON files that describe the scans, such as a BIDS dataset; by default `path`. Unused for a table.

    Returns
    -------
    Cohort

    Raises
    ------
    InputError
        If it is neither, or has no feature.
    """
    cohort = with_sidecars(*read_folder(path), sidecars or path) if path.is_dir() else read_table(path)
    return _with_features(cohort, path)


def read_cohort_of(files: Sequence[Path], folder: Path, sidecars: Path | None = None) -> Cohort:
    """Read the features of the cohort that some quality files describe.

    Parameters
    ----------
    files : sequence of Path
    folder : Path
        Names the cohort.
    sidecars : Path, optional
        As for `read_cohort`; by default `folder`.

    Returns
    -------
    Cohort

    Raises
    ------
    InputError
        If no file can be used, or none has a feature.
    """
    return _with_features(with_sidecars(*read_files(files, folder), sidecars or folder), folder)


def _with_features(cohort: Cohort, path: Path) -> Cohort:
    """Refuse a cohort without features.

    Raises
    ------
    InputError
    """
    if not (cohort.inputs.names or cohort.outputs.names):
        raise InputError(f"{path}: holds no number under input or measures, and no predicted_dice; make it anew.")
    return cohort


def shipped_references() -> list[str]:
    """Names of the references that ship with deskull."""
    files = [file.name for file in _REFERENCES.iterdir()] if _REFERENCES.is_dir() else []
    return sorted(name.removesuffix(".tsv") for name in files if name.endswith(".tsv"))


def read_reference(text: str) -> Cohort:
    """Read a reference.

    Parameters
    ----------
    text : str
        The path of a table or folder, or else the name of a reference that ships with deskull.

    Returns
    -------
    Cohort

    Raises
    ------
    UsageError
        If there is no such path and no such name.
    """
    if Path(text).exists():
        return read_cohort(Path(text))
    names = shipped_references()
    if text not in names:
        known = ", ".join(names) or "none ships yet"
        fault = f"is no file, no folder and no shipped reference ({known})"
        raise UsageError(f"{fault}; make one of scans that are known to be good.", parameter="reference", value=text)
    with resources.as_file(_REFERENCES.joinpath(f"{text}.tsv")) as table:
        cohort = replace(read_table(table), name=text)
    card = _REFERENCES.joinpath(f"{text}.json")
    return replace(cohort, description=json.loads(card.read_text())["description"]) if card.is_file() else cohort


def write_reference(path: Path, cohort: Cohort, *, overwrite: bool = False) -> None:
    """Write the features of a cohort as a table that can serve as a reference.

    The table holds no name and no label of a scan, so that it can be given to others.

    Parameters
    ----------
    path : Path
        A .tsv file.
    cohort : Cohort
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OutputError
        If the file exists and may not be replaced, or cannot be written.
    """
    names = [f"input.{name}" for name in cohort.inputs.names]
    names += [name if name in OUTPUT_COLUMNS else f"measures.{name}" for name in cohort.outputs.names]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(names)
    for row in np.hstack([cohort.inputs.values, cohort.outputs.values]):
        writer.writerow("n/a" if np.isnan(value) else f"{value:.6g}" for value in row)
    write_bytes(path, buffer.getvalue().encode("utf-8", "surrogateescape"), overwrite=overwrite)
