"""The folder that ``--root`` names: what lies in it can be listed and stripped, and nothing else."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from deskull.errors import DicomWarning
from deskull.formats import dicom, split_name
from deskull.web.choices import Choice
from deskull.web.refusals import RefusedError

#: Entries of a folder that are listed.
_MOST_LISTED = 5000


def resolve(root: Path, relative: object) -> Path:
    """Return a path under the root.

    Parameters
    ----------
    root : Path
    relative : str
        From the client.

    Raises
    ------
    RefusedError
        If it leads out of the root, also through a link, or to nothing.
    """
    if not isinstance(relative, str) or "\0" in relative:
        raise RefusedError(400, "A path is a text relative to the folder of --root; choose one from the list.")
    path = root / relative
    try:
        resolved = path.resolve()
        inside = resolved.is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        inside = False
    if not inside:
        raise RefusedError(403, "The path leads out of the folder of --root; choose one from the list.")
    if not resolved.exists():
        raise RefusedError(404, "Nothing lies at this path any more; reload the list.")
    return resolved


def list_folder(root: Path, relative: str) -> dict[str, Any]:
    """List a folder.

    Parameters
    ----------
    root : Path
    relative : str
        Empty for the root.

    Returns
    -------
    dict
        Its ``folders`` and the ``files`` that may be scans.

    Raises
    ------
    RefusedError
        If it may not or cannot be listed.
    """
    folder = resolve(root, relative)
    if not folder.is_dir():
        raise RefusedError(404, "This is no folder; choose one from the list.")
    folders, files = list[str](), list[dict[str, Any]]()
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name)[:_MOST_LISTED]:
                if entry.name.startswith(".") or not _is_inside(root, entry):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif _may_be_scan(Path(entry.path)):
                    files.append({"name": entry.name, "bytes": entry.stat().st_size})
    except OSError as error:
        raise RefusedError(403, f"The folder cannot be listed ({error.strerror}); check its permissions.") from None
    relative = folder.relative_to(root.resolve()).as_posix()
    return {"path": "" if relative == "." else relative, "folders": folders, "files": files}


def _is_inside(root: Path, entry: os.DirEntry[str]) -> bool:
    """Whether an entry exists and is no link that leads out."""
    if not entry.is_symlink():
        return True
    target = Path(entry.path).resolve()
    return target.exists() and target.is_relative_to(root.resolve())


def _may_be_scan(path: Path) -> bool:
    """Whether a file is named like an image, or may be DICOM."""
    return split_name(path)[1] != "" or (not path.suffix and dicom.is_dicom(path))


def choices_of_path(root: Path, relative: str) -> list[Choice]:
    """List what can be stripped at a path.

    Parameters
    ----------
    root : Path
    relative : str

    Returns
    -------
    list of Choice
        The image, or each series of a DICOM folder, archive or file.

    Raises
    ------
    RefusedError
        If nothing can be stripped.
    """
    path = resolve(root, relative)
    name = Path(relative).as_posix()
    suffix = split_name(path)[1]
    if not path.is_dir() and suffix not in ("", *dicom.SUFFIXES) and not (suffix == ".img" and dicom.is_dicom(path)):
        return [Choice("image", name, "image", 1, files=(str(path),), shown=str(path), name=name)]
    with dicom.opened(path) as source, warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)
        listed = dicom.list_series(source, path)
    if not listed:
        raise RefusedError(415, f"{name}: holds no scan that deskull reads; choose a file, or a folder of DICOM files.")
    return [
        Choice(
            f"#{one.position}", str(one), "dicom series", len(one.files), note=one.exclusion, files=(str(path),),
            shown=str(path), name=f"{name} series {one.key}" if len(listed) > 1 else name, series=f"#{one.position}",
        )
        for one in listed
    ]  # fmt: skip
