"""Tasks: the scans of a batch, each with files of its own for the results."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from deskull.batch.outputs import Sidecar, result_files
from deskull.errors import DeskullWarning, UsageError
from deskull.formats import dicom, split_name
from deskull.formats.b_values import FoundBValues
from deskull.options import DICOM_KINDS, OutputKind, Surface
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality


@dataclass(frozen=True)
class Task:
    """A scan to strip and the files of its results.

    Attributes
    ----------
    scan : Path
        A file, or a folder of DICOM files.
    folder : Path
        Folder of the results.
    files : mapping of str to Path, optional
        File of each kind of result, if their names differ from those that `deskull.batch.outputs.result_files` gives.
        Kinds that it does not name are not written.
    sidecars : mapping of Path to Sidecar
        JSON files that are written together with the results.
    series : str, optional
        Series of a DICOM source to strip, see `deskull.formats.dicom.choose`.
    series_key : str
        Distinguishes it from other series of the source in the names of its results; empty if there is one series.
    recorded : Provenance, optional
        What an earlier mask was made with, if a table of results tells.
    recorded_quality : Quality, optional
        How far that mask can be trusted, if the table tells.
    b_values : Path or FoundBValues, optional
        File of the b-values of a diffusion series, if it is not the one of its name beside it: one that the user names,
        or one that was found elsewhere.
    other_files : tuple of Path
        With `files`: files that results of other kinds would have, which an earlier run may have written.
    """

    scan: Path
    folder: Path
    files: Mapping[str, Path] | None = None
    sidecars: Mapping[Path, Sidecar] = field(default_factory=dict)
    series: str | None = None
    series_key: str = ""
    recorded: Provenance | None = None
    recorded_quality: Quality | None = None
    b_values: Path | FoundBValues | None = None
    other_files: tuple[Path, ...] = ()

    def result_files(self, kinds: Collection[str], surface: str = Surface.brain) -> dict[str, Path]:
        """File of each kind of result of a surface; a DICOM segmentation and a converted scan only of DICOM."""
        if self.files is not None:
            return {kind: self.files[kind] for kind in kinds if kind in self.files}
        label = f"_series-{self.series_key}" if self.series_key else ""
        kinds = tuple(kind for kind in kinds if kind not in DICOM_KINDS or self.is_dicom)
        return result_files(self.scan, self.folder, kinds, label, surface)

    def mask_file(self, surface: str) -> Path | None:
        """File of the mask of a surface; None if a mask is not among the files that are written."""
        return self.result_files((OutputKind.brainmask,), surface).get(OutputKind.brainmask)

    def all_files(self) -> list[Path]:
        """Files of every kind that the scan can have, of each surface."""
        kinds: Collection[str] = tuple(OutputKind) if self.files is None else self.files
        files = (path for surface in Surface for path in self.result_files(kinds, surface).values())
        return [*dict.fromkeys(files), *self.sidecars]

    @property
    def is_dicom(self) -> bool:
        """Whether the scan is DICOM: a folder, a zip archive or a file."""
        suffix = split_name(self.scan)[1]
        return suffix in ("", *dicom.SUFFIXES) or (suffix == ".img" and dicom.is_dicom(self.scan))

    @cached_property
    def mask(self) -> Path:
        """File of its brain mask, which no other scan may have."""
        return self.result_files((OutputKind.brainmask,))[OutputKind.brainmask]


def unique_outputs(tasks: Sequence[Task], out: Path | None) -> list[Task]:
    """Give scans of the same name from different folders different folders for their results.

    Parameters
    ----------
    tasks : sequence of Task
        Of several sources.
    out : Path, optional
        Common folder of the results. None if they are written beside the scans, where they cannot collide.

    Returns
    -------
    list of Task
        In the same order. The folders of scans of the same name are mirrored beneath `out`.
    """
    if out is None:
        return list(tasks)
    same_mask: dict[Path, list[Task]] = defaultdict(list)
    for task in tasks:
        same_mask[task.mask].append(task)
    folders: dict[Path, Path] = {}
    for group in (group for group in same_mask.values() if len(group) > 1):
        parents = [task.scan.parent.resolve() for task in group]
        root = Path(os.path.commonpath(parents))
        if len(set(parents)) > 1:
            folders |= {t.scan: out / parent.relative_to(root) for t, parent in zip(group, parents, strict=True)}
    return [replace(task, folder=folders.get(task.scan, task.folder)) for task in tasks]


def drop_duplicates(tasks: Sequence[Task]) -> list[Task]:
    """Keep one of the files of a folder whose names differ in the suffix alone, as T1.nii and T1.nii.gz.

    The file that has the suffix of its results (``.nii.gz``) is kept, else the first by suffix.

    Parameters
    ----------
    tasks : sequence of Task
        Of one source.

    Returns
    -------
    list of Task
        In the same order.

    Warns
    -----
    DeskullWarning
        For each file that is left out.
    """

    def preference(task: Task) -> tuple[bool, str]:
        """Rank a task; the lowest is kept."""
        suffix = split_name(task.scan)[1]
        return suffix != split_name(task.mask)[1], suffix

    best: dict[tuple[Path, Path], Task] = {}
    for task in tasks:
        place = task.scan.parent, task.mask
        best[place] = min(best.get(place, task), task, key=preference)
    kept = []
    for task in tasks:
        other = best[task.scan.parent, task.mask]
        if other.scan == task.scan:
            kept.append(task)
        else:
            fault = f"has the same name as {other.scan.name}, which is stripped instead"
            warnings.warn(f"{task.scan}: {fault}; rename it to strip both.", DeskullWarning, stacklevel=2)
    return kept


def check_outputs(tasks: Sequence[Task]) -> None:
    """Check that no result replaces a scan or another result.

    Parameters
    ----------
    tasks : sequence of Task
        Of the whole batch.

    Raises
    ------
    UsageError
        If one does.
    """
    owners: dict[Path, Path] = {}
    inputs = {task.scan.absolute() for task in tasks}
    for task in tasks:
        files = task.all_files()
        first = files[0]
        if first in owners and owners[first].absolute() == task.scan.absolute():
            raise UsageError(f"{task.scan}: is named twice; name it once.")
        if first in owners:
            both = f"{task.scan} and {owners[first]}"
            raise UsageError(f"{both}: would both be written to {first.name}; strip them one after the other.")
        owners[first] = task.scan
        _check_files(task, files, inputs)


def _check_files(task: Task, files: Sequence[Path], inputs: Collection[Path]) -> None:
    """Refuse files of a scan that would replace a scan or each other.

    Files whose names follow from those of the scans are compared by name, and those that a user names by what they are,
    which can be reached through links and other names too.
    """
    named = list((task.files or {}).values())
    for path in files:
        if path.absolute() in inputs or (task.files is not None and _is_same_file(path, task.scan)):
            fault = f"is one of the scans, and a result of {task.scan} would replace it"
            raise UsageError(f"{path}: {fault}; write the results to another folder.")
        if named.count(path) > 1:
            raise UsageError(f"{path}: is named for two results; give each a file of its own.")


def _is_same_file(first: Path, second: Path) -> bool:
    """Whether two paths lead to one file; False if one of them leads nowhere."""
    try:
        return first.samefile(second)
    except OSError:
        return False


def shard(tasks: Sequence[Task], part: str) -> list[Task]:
    """Take every n-th task from the i-th on, for the jobs of a job array.

    Parameters
    ----------
    tasks : sequence of Task
        Of the whole batch.
    part : str
        ``i/n``, i from 1 to n.

    Raises
    ------
    UsageError
        If `part` has another form.
    """
    first, _, count = part.partition("/")
    if not (first.isdecimal() and count.isdecimal() and 1 <= int(first) <= int(count)):
        raise UsageError("must be i/n with i from 1 to n.", parameter="shard", value=part)
    return list(tasks)[int(first) - 1 :: int(count)]
