"""Work lists: from files, folders, patterns and tables to scans, each with a folder of its own for results."""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deskull.batch.outputs import KINDS, Note, is_result, result_paths
from deskull.data.cases import resolve_path
from deskull.data.splits import cases_of
from deskull.data.tables import read_rows
from deskull.errors import InputError, UsageError
from deskull.formats import dicom, split_name

_TABLES = (".csv", ".txt")


@dataclass(frozen=True)
class Task:
    """A scan to strip and where its results go.

    Attributes
    ----------
    scan, folder : Path
    paths : mapping of str to Path, optional
        File of each kind, where they have other names than `deskull.batch.outputs.result_paths` gives.
    notes : mapping of Path to Note
        JSON files that appear together with the results.
    series : int, optional
        Of a DICOM source with several: the number of the one that is meant.
    """

    scan: Path
    folder: Path
    paths: Mapping[str, Path] | None = None
    notes: Mapping[Path, Note] = field(default_factory=dict)
    series: int | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of file that there may be of it."""
        return KINDS if self.paths is None else tuple(self.paths)

    def results(self, kinds: tuple[str, ...]) -> dict[str, Path]:
        """File of each kind."""
        if self.paths is None:
            stem = "" if self.series is None else f"_series-{self.series}"
            kinds = tuple(kind for kind in kinds if kind != "seg" or self.of_dicom)
            return result_paths(self.scan, self.folder, kinds, stem)
        return {kind: self.paths[kind] for kind in kinds}

    @property
    def of_dicom(self) -> bool:
        """Whether the scan is DICOM: a folder, a zip or a file of it."""
        return split_name(self.scan)[1] in ("", *dicom.SUFFIXES)

    @property
    def mask(self) -> Path:
        """Where its mask goes."""
        return self.results(("brainmask",))["brainmask"]


def plan(
    sources: Sequence[Path], out: Path | None = None, split: str | None = None, series: str | None = None
) -> list[Task]:
    """List the scans that are meant, each with a folder for its results.

    Parameters
    ----------
    sources : sequence of Path
        Scans; folders (every image beneath, but no results); patterns; tables: of ``deskull data index``,
        or ``.csv`` with a column ``scan``, or ``.txt`` with a path a line.
    out : Path, optional
        Folder of results, with the folders beneath a source mirrored in it; beside each scan by default.
    split : str, optional
        Of tables of ``deskull data index``: only the scans of this split.
    series : str, optional
        Of DICOM sources: the number of the series that is meant, or ``all``.

    Raises
    ------
    UsageError
        If nothing is meant, or two scans would give files of one name.
    InputError
        If a table cannot be read.
    """
    if split and not any(source.suffix.lower() == ".csv" for source in sources):
        raise UsageError(f"--split {split}: is of a table; give the table of 'deskull data index'.")
    if series is not None and series != "all" and not series.isdecimal():
        raise UsageError(f"--series {series}: write the number of a series, or all.")
    tasks = [task for source in sources for task in _of_source(source, out, split)]
    if series is not None:
        tasks = [one for task in tasks for one in _of_series(task, series)]
    tasks = _told_apart(tasks, out)
    check(tasks)
    return tasks


def _of_source(source: Path, out: Path | None, split: str | None) -> list[Task]:
    """Tasks of one source."""
    if source.is_dir():
        return _of_folder(source, out)
    suffix = source.suffix.lower()
    if suffix in _TABLES:
        scans = _of_table(source, split)
        if not scans:
            raise UsageError(f"{source}: names no scan; check the table.")
    elif not source.exists() and glob.has_magic(str(source)):
        named = sorted(glob.glob(str(source), recursive=True))  # noqa: PTH207 (absolute patterns too)
        scans = [path for path in map(Path, named) if not is_result(path)]
        if not scans:
            raise UsageError(f"{source}: no file is named like this; check the pattern.")
    else:
        scans = [source]
    return [Task(scan, out or scan.parent) for scan in scans]


def _of_series(task: Task, series: str) -> list[Task]:
    """A task for the series that is meant, or for each of a DICOM source; other scans have none."""
    if not task.of_dicom or not task.scan.exists():
        return [task]
    if series != "all":
        return [replace(task, series=int(series))]
    try:
        with dicom.opened(task.scan) as root:
            found = dicom.list_series(root, task.scan)
    except (InputError, OSError):
        found = []  # reading it will say what is wrong, as of several series of one number
    return [replace(task, series=number) for number in dict.fromkeys(one.number for one in found)] or [task]


def _of_folder(folder: Path, out: Path | None) -> list[Task]:
    """Every image beneath a folder that is no result, a folder of DICOM files being one; its place beneath is kept."""
    folders, files = _walk(folder, out)
    images = [path for path in files if split_name(path)[1] not in ("", *dicom.SUFFIXES)]
    scans = [path for path in images if not is_result(path) and not _other_half(path)]
    scans += _dicom_folders(folders)
    if not scans:
        raise UsageError(f"{folder}: holds no image that deskull reads; check the path.")
    return [Task(scan, _mirrored(scan, folder, out)) for scan in sorted(scans)]


def _walk(folder: Path, out: Path | None) -> tuple[list[Path], list[Path]]:
    """Folders (itself first) and files beneath a folder, linked ones too; no hidden ones, nor that of the results."""
    own = out.absolute() if out and out.absolute() != folder.absolute() else None
    folders, files = [folder], list[Path]()
    for place, inner, names in os.walk(folder, followlinks=True):
        here = Path(place)
        wanted = [name for name in inner if not name.startswith(".") and (here / name).absolute() != own]
        inner[:] = [name for name in wanted if not _leads_back(here / name, folder)]
        folders += [here / name for name in inner]
        files += [here / name for name in names if not name.startswith(".")]
    return folders, files


def _leads_back(path: Path, root: Path) -> bool:
    """Whether a path is a link to a folder that it is in, or was reached through."""
    if not path.is_symlink():
        return False
    passed = [place for place in path.parents if place == root or root in place.parents]
    real = [place.resolve() for place in passed]
    return path.resolve() in {*real, *(above for place in real for above in place.parents)}


def _dicom_folders(folders: Sequence[Path]) -> list[Path]:
    """Folders with DICOM files in them, but for those beneath such a one: a series is looked for there too."""
    found: dict[Path, None] = {}
    for folder in folders:  # each after the one that it is in
        if found.keys().isdisjoint(folder.parents) and dicom.holds_dicom(folder):
            found[folder] = None
    return list(found)


def _other_half(path: Path) -> bool:
    """Whether a file holds the voxels of a header beside it, whatever the case of their names."""
    base, suffix = split_name(path)
    if suffix not in (".img", ".img.gz"):
        return False
    packed = path.name[len(base) + len(".img") :]
    halves = (path.with_name(f"{base}{half}{packed}") for half in (".hdr", ".HDR"))
    return any(half.exists() for half in halves)


def _mirrored(scan: Path, folder: Path, out: Path | None) -> Path:
    """Folder for the results of a scan beneath a folder."""
    if out is None or scan == folder:
        return out or scan.absolute().parent
    return out / scan.parent.relative_to(folder)


def _of_table(table: Path, split: str | None) -> list[Path]:
    """Scans that a table names; relative paths are from its folder."""
    if table.suffix.lower() == ".txt":
        try:
            lines = [line.strip() for line in table.read_text().splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{table}: cannot be read ({error}); check the path.") from None
        return [resolve_path(table, line) for line in lines if line and not line.startswith("#")]
    first = table.read_text(errors="replace").split("\n", 1)[0] if table.is_file() else ""
    columns = {name.strip() for name in first.split(",")}
    if split or ("raw" in columns and "scan" not in columns):
        return [case.raw for case in cases_of(table, split)]
    return [resolve_path(table, row["scan"]) for _, row in read_rows(table, ("scan",)) if row["scan"]]


def _told_apart(tasks: list[Task], out: Path | None) -> list[Task]:
    """The tasks; scans of one name from several folders get those folders beneath `out`."""
    if out is None:
        return tasks
    alike: dict[Path, list[Task]] = defaultdict(list)
    for task in tasks:
        alike[task.mask].append(task)
    apart: dict[Path, Path] = {}
    for group in (group for group in alike.values() if len(group) > 1):
        parents = [task.scan.parent.resolve() for task in group]
        root = Path(os.path.commonpath(parents))
        if len(set(parents)) > 1:
            apart |= {t.scan: out / parent.relative_to(root) for t, parent in zip(group, parents, strict=True)}
    return [replace(task, folder=apart.get(task.scan, task.folder)) for task in tasks]


def check(tasks: Sequence[Task]) -> None:
    """Refuse results that would have the name of another scan, or of another scan's results.

    Raises
    ------
    UsageError
    """
    seen: dict[Path, Path] = {}
    inputs = {task.scan.absolute() for task in tasks}
    for task in tasks:
        if task.mask in seen:
            raise UsageError(f"{task.scan} and {seen[task.mask]}: would both write {task.mask.name}; strip them apart.")
        seen[task.mask] = task.scan
        for path in task.results(task.kinds).values():
            if path.absolute() in inputs:
                raise UsageError(f"{path}: is a scan to strip and would be a result of {task.scan}; strip them apart.")


def shard(tasks: Sequence[Task], part: str) -> list[Task]:
    """Every n-th task from the i-th on, for jobs of an array.

    Parameters
    ----------
    tasks : sequence of Task
    part : str
        ``i/n``, i from 1 to n.

    Raises
    ------
    UsageError
        If it is none.
    """
    first, _, count = part.partition("/")
    if not (first.isdecimal() and count.isdecimal() and 1 <= int(first) <= int(count)):
        raise UsageError(f"--shard {part}: write i/n, i from 1 to n.")
    return list(tasks)[int(first) - 1 :: int(count)]
