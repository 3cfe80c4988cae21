"""Names that a user chooses for the files of one scan, in place of those that follow from the name of the scan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from deskull.batch.tasks import Task
from deskull.errors import UsageError
from deskull.formats import WRITABLE, split_name
from deskull.options import OutputKind


def is_file_name(out: Path) -> bool:
    """Whether a path names a file rather than a folder: it ends as images do and is not an existing folder."""
    return split_name(out)[1] != "" and not out.is_dir()


def choose_names(
    tasks: Sequence[Task], file: Path | None, mask: Path | None, outputs: Collection[OutputKind]
) -> list[Task]:
    """Name the files of a scan after those that the user gives.

    Parameters
    ----------
    tasks : sequence of Task
        One, if a file is given.
    file : Path, optional
        File of the brain, or of the mask if no brain is written. The other results are named after it: beside
        ``a.nii.gz`` or ``a_brain.nii.gz`` lies the mask ``a_brainmask.nii.gz``.
    mask : Path, optional
        File of the mask.
    outputs : collection of OutputKind
        Kinds of files that are written.

    Returns
    -------
    list of Task
        The same tasks if no file is given.

    Raises
    ------
    UsageError
        If there are several scans, or nothing is written with such an ending.
    """
    chosen = [path for path in (file, mask) if path is not None]
    if not chosen:
        return list(tasks)
    for path in chosen:
        refuse_ending(path)
    if len(tasks) != 1:
        raise UsageError(f"{chosen[0]}: is a file, but there are {len(tasks)} scans; give a folder for their results.")
    (task,) = tasks
    files = task.result_files(tuple(OutputKind))
    if file is not None:
        files = _named_after(file, OutputKind.brain if OutputKind.brain in outputs else OutputKind.brainmask, files)
    if mask is not None:
        files[OutputKind.brainmask] = mask
    return [replace(task, files={kind: path for kind, path in files.items() if kind in outputs})]


def _named_after(file: Path, kind: OutputKind, kinds: Collection[str]) -> dict[str, Path]:
    """File of each kind, of which that of one kind is given."""
    stem, suffix = split_name(file)
    stem = stem.removesuffix(f"_{kind}")
    names = {other: f"{stem}_{other}{'.dcm' if other == OutputKind.seg else suffix}" for other in kinds}
    return {other: file.parent / name for other, name in names.items()} | {kind: file}


def refuse_ending(path: Path) -> None:
    """Refuse a file name with an ending that no format is written with.

    Raises
    ------
    UsageError
    """
    if split_name(path)[1] not in WRITABLE:
        raise UsageError(f"{path}: nothing is written with this ending; use {', '.join(WRITABLE)}.")
