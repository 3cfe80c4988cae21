"""Sources: from files, folders, patterns and tables to the scans of a batch."""

from __future__ import annotations

import glob
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deskull.batch.outputs import is_result, scan_of_result
from deskull.batch.tasks import Task, check_outputs, drop_duplicates, unique_outputs
from deskull.data.cases import resolve_path
from deskull.data.splits import cases_of
from deskull.data.tables import read_rows, read_text
from deskull.errors import DeskullWarning, DicomWarning, InputError, UsageError
from deskull.formats import dicom, split_name
from deskull.formats.pairs import has_header_beside
from deskull.options import ReadOptions

_DEFAULT = ReadOptions()
_TABLES = (".csv", ".tsv", ".txt")
#: What is appended to the name of a DICOM source in the names of the results of one series.
_SERIES_LABEL = re.compile(r"_series-[^_]+$")


@dataclass(frozen=True)
class Plan:
    """The scans of a batch.

    Attributes
    ----------
    tasks : list of Task
        The scans, each with the folder of its results.
    skipped : list of Path
        Images in folders that were left out because they are named like results, though their scan is not there.
    """

    tasks: list[Task]
    skipped: list[Path]


def plan(
    sources: Sequence[Path],
    out: Path | None = None,
    split: str | None = None,
    series: str | None = None,
    *,
    reading: ReadOptions = _DEFAULT,
) -> Plan:
    """List the scans of a batch, each with a folder for its results.

    Parameters
    ----------
    sources : sequence of Path
        Scans; folders (every image beneath them that is not a result); patterns; tables: of ``deskull data index``,
        or ``.csv`` and ``.tsv`` with a column ``scan``, or ``.txt`` with one path in each line.
    out : Path, optional
        Folder of the results, in which the folders beneath a source are mirrored. By default results are written
        beside each scan.
    split : str, optional
        Take only the scans of this split from tables of ``deskull data index``.
    series : str, optional
        Series of DICOM sources to strip: its position (``#2``), number, description or UID; or ``all``, for every
        series that can be a scan of a head.
    reading : ReadOptions
        Its ``max_archive_gb`` limits the size of zip archives, which are unpacked to list their series.

    Returns
    -------
    Plan

    Warns
    -----
    DeskullWarning
        If a folder holds files whose names differ in the suffix alone, of which only one is stripped, or a DICOM
        source holds localizers and the like, which are not stripped.

    Raises
    ------
    UsageError
        If there is no scan, or two scans would be written to the same file.
    InputError
        If a table cannot be read.
    """
    if split and not any(source.suffix.lower() == ".csv" for source in sources):
        raise UsageError("needs a table of 'deskull data index'; give one.", parameter="split", value=split)
    found = [_plan_source(source, out, split) for source in sources]
    tasks = [task for one in found for task in one.tasks]
    if series is not None:
        tasks = [one for task in tasks for one in _series_tasks(task, series, reading)]
        if not tasks:
            raise UsageError(
                "none of the series looks like a scan of a head; name the one to strip.",
                parameter="series",
                value=series,
            )
    tasks = unique_outputs(tasks, out)
    check_outputs(tasks)
    return Plan(tasks, [path for one in found for path in one.skipped])


def _plan_source(source: Path, out: Path | None, split: str | None) -> Plan:
    """Plan one source."""
    if source.is_dir():
        return _plan_folder(source, out)
    if source.suffix.lower() in _TABLES:
        scans = _table_scans(source, split)
        if not scans:
            raise UsageError(f"{source}: names no scan; check the table.")
        return Plan(_tasks(scans, out), [])
    if source.exists() or not glob.has_magic(str(source)):
        return Plan(_tasks([source], out), [])
    matches = [Path(name) for name in sorted(glob.glob(str(source), recursive=True))]  # noqa: PTH207 (absolute too)
    scans = [path for path in matches if not is_result(path)]
    if not scans:
        raise UsageError(f"{source}: matches no file; check the pattern.")
    return Plan(drop_duplicates(_tasks(scans, out)), _orphans(matches, scans))


def _tasks(scans: Sequence[Path], out: Path | None) -> list[Task]:
    """Tasks of scans whose results go into one folder or beside each scan."""
    return [Task(scan, out or scan.parent) for scan in scans]


def _orphans(images: Sequence[Path], scans: Sequence[Path]) -> list[Path]:
    """Images that are named like a result of a scan that is not there."""
    names = {(scan.parent, scan.name if scan.is_dir() else split_name(scan)[0]) for scan in scans}
    orphans = []
    for path in images:
        stem = scan_of_result(path)
        if stem and names.isdisjoint({(path.parent, stem), (path.parent, _SERIES_LABEL.sub("", stem))}):
            orphans.append(path)
    return orphans


def _series_tasks(task: Task, series: str, reading: ReadOptions) -> list[Task]:
    """A task for the chosen series of a DICOM source, or for each that can be a scan; other scans have no series."""
    if not task.is_dicom or not task.scan.exists():
        return [task]
    if series.isdecimal():
        return [replace(task, series=series, series_key=series)]
    try:
        with dicom.opened(task.scan, reading) as root, warnings.catch_warnings():
            warnings.simplefilter("ignore", DicomWarning)  # reading the scan issues them too
            listed = dicom.list_series(root, task.scan)
            chosen = dicom.strippable(listed) if series == "all" else [dicom.choose(listed, series, task.scan)]
    except (InputError, OSError):  # reading the scan reports what is wrong
        return [task] if series == "all" else [replace(task, series=series)]
    if series == "all" and len(chosen) < len(listed):
        warnings.warn(f"{task.scan}: {dicom.excluded(listed)}.", DicomWarning, stacklevel=2)
    if not listed:
        return [task]
    return [replace(task, series=f"#{one.position}", series_key=one.key) for one in chosen]


def _plan_folder(folder: Path, out: Path | None) -> Plan:
    """Plan every image beneath a folder that is not a result; a folder of DICOM files counts as one scan."""
    folders, files = _walk(folder, out)
    images = [path for path in files if split_name(path)[1] not in ("", *dicom.SUFFIXES)]
    scans = [path for path in images if not (is_result(path) or has_header_beside(path) or _is_dicom_img(path))]
    scans += _dicom_folders(folders)
    skipped = _orphans(images, [*scans, *(path for path in files if split_name(path)[1] in dicom.SUFFIXES)])
    if not scans and skipped:
        fault = f"holds only images that are named like results ({skipped[0].name}), which are not stripped"
        raise UsageError(f"{folder}: {fault}; name the files to strip them.")
    if not scans:
        raise UsageError(f"{folder}: holds no image that deskull can read; check the path.")
    tasks = [Task(scan, _mirrored_folder(scan, folder, out)) for scan in sorted(scans)]
    return Plan(drop_duplicates(tasks), skipped)


def _walk(folder: Path, out: Path | None) -> tuple[list[Path], list[Path]]:
    """Folders (itself first) and files beneath a folder, through links; hidden ones and the results' are left out."""
    results = out.absolute() if out and out.absolute() != folder.absolute() else None
    folders, files = [folder], list[Path]()
    for place, names_of_folders, names_of_files in os.walk(folder, followlinks=True, onerror=_warn_of_folder):
        here = Path(place)
        visible = [name for name in names_of_folders if not name.startswith(".")]
        wanted = [name for name in visible if (here / name).absolute() != results]
        names_of_folders[:] = [name for name in wanted if not _makes_a_loop(here / name, folder)]
        folders += [here / name for name in names_of_folders]
        files += [here / name for name in names_of_files if not name.startswith(".")]
    return folders, files


def _warn_of_folder(error: OSError) -> None:
    """Warn of a folder whose scans cannot be listed."""
    fault = f"cannot be listed ({error.strerror}), and its scans are left out"
    warnings.warn(f"{error.filename}: {fault}; check its permissions.", DeskullWarning, stacklevel=3)


def _makes_a_loop(path: Path, root: Path) -> bool:
    """Whether a path is a link to a folder that contains it, or through which it was reached."""
    if not path.is_symlink():
        return False
    passed = [place for place in path.parents if place == root or root in place.parents]
    real = [place.resolve() for place in passed]
    return path.resolve() in {*real, *(above for place in real for above in place.parents)}


def _dicom_folders(folders: Sequence[Path]) -> list[Path]:
    """Folders that hold DICOM files, without the folders beneath those, in which series are looked for too."""
    found: dict[Path, None] = {}
    for folder in folders:  # every folder comes after the one that contains it
        if found.keys().isdisjoint(folder.parents) and dicom.holds_dicom(folder):
            found[folder] = None
    return list(found)


def _is_dicom_img(path: Path) -> bool:
    """Whether a file is named like voxels of Analyze but is DICOM; its folder is a DICOM source then."""
    return split_name(path)[1] == ".img" and dicom.is_dicom(path)


def _mirrored_folder(scan: Path, folder: Path, out: Path | None) -> Path:
    """Folder for the results of a scan beneath a folder."""
    if out is None or scan == folder:
        return out or scan.absolute().parent
    return out / scan.parent.relative_to(folder)


def _table_scans(table: Path, split: str | None) -> list[Path]:
    """Scans that a table names; relative paths start at the folder of the table."""
    text, suffix = read_text(table), table.suffix.lower()
    if suffix == ".txt":
        lines = [line.strip() for line in text.splitlines()]
        return [resolve_path(table, line) for line in lines if line and not line.startswith("#")]
    delimiter = "\t" if suffix == ".tsv" else ","
    columns = {name.strip() for name in text.partition("\n")[0].split(delimiter)}
    if split or ("raw" in columns and "scan" not in columns):
        return [case.raw for case in cases_of(table, split)]
    rows = read_rows(table, ("scan",), delimiter=delimiter)
    return [resolve_path(table, row["scan"]) for _, row in rows if row["scan"]]
