"""Names that a user chooses for the files of one scan, in place of those that follow from the name of the scan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from deskull.batch.outputs import KINDS_OF_MASK, result_files, scan_of_result
from deskull.batch.tasks import Task
from deskull.errors import UsageError
from deskull.formats import WRITABLE, split_name
from deskull.options import OutputKind, StripOptions, Surface

#: Endings of pictures: no folder is meant by a name that has one.
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")


def is_file_name(out: Path) -> bool:
    """Whether a path names a file rather than a folder: it ends as images or pictures do, and is no existing folder."""
    return (split_name(out)[1] != "" or _is_picture(out)) and not out.is_dir()


def _is_picture(path: Path) -> bool:
    """Whether a path ends like a picture."""
    return path.suffix.lower() in _PICTURES


def choose_names(tasks: Sequence[Task], file: Path | None, mask: Path | None, options: StripOptions) -> list[Task]:
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
    options : StripOptions
        Which kinds of files are written, and of which surface.

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
    files = task.result_files(options.outputs, options.surface)
    given = OutputKind.brain if OutputKind.brain in files else OutputKind.brainmask
    if file is not None:
        files = _named_after(file, given, files, options.surface)
    if mask is not None:
        files[OutputKind.brainmask] = mask
    others = [path for path in _files_of_mask(task, file, given) if path not in (*files.values(), task.scan)]
    return [replace(task, files=files, other_files=tuple(others))]


def _files_of_mask(task: Task, file: Path | None, given: OutputKind) -> list[Path]:
    """Every file that fits one mask alone, of each surface, named after the file that is given, if there is one."""
    files: dict[Path, None] = {}
    for surface in Surface:
        named = task.result_files(KINDS_OF_MASK, surface)
        if file is not None:
            named = _named_after(file, given, named, surface)
        files |= dict.fromkeys(named.values())
    return list(files)


def _named_after(file: Path, kind: OutputKind, kinds: Collection[str], surface: str) -> dict[str, Path]:
    """File of each kind, of which one is given: that of the brain, or of the mask if there is no brain."""
    alike = _files_of_stem(scan_of_result(file), file, kinds, surface)
    files = alike if alike[kind] == file else _files_of_stem(split_name(file)[0], file, kinds, surface)
    return files | {kind: file}


def _files_of_stem(stem: str, file: Path, kinds: Collection[str], surface: str) -> dict[str, Path]:
    """File of each kind for a scan of that name, beside a file and with its ending."""
    suffix = split_name(file)[1]
    named = result_files(file.with_name(f"{stem}{suffix}"), file.parent, kinds, surface=surface)
    return {
        kind: path if kind == OutputKind.seg else path.with_name(f"{split_name(path)[0]}{suffix}")
        for kind, path in named.items()
    }


def refuse_ending(path: Path) -> None:
    """Refuse a file name with an ending that no format is written with.

    Raises
    ------
    UsageError
    """
    if _is_picture(path):
        raise UsageError(f"{path}: ends like a picture; name a scan or a folder, or draw one with 'deskull show'.")
    if split_name(path)[1] not in WRITABLE:
        raise UsageError(f"{path}: nothing is written with this ending; use {', '.join(WRITABLE)}.")
