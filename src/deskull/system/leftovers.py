"""Temporary files and folders: their names, and the removal of those that killed processes have left behind.

Temporary names hold the host and the process that made them, because on a shared disk only the same host can tell
whether the process still runs.
"""

from __future__ import annotations

import glob
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HOST = re.sub(r"\W", "-", platform.node())


def partial_name(name: str, purpose: str = "") -> str:
    """Temporary name of a file that this process writes; hidden, and ending as the file does.

    Parameters
    ----------
    name : str
        Name of the file, without its folder.
    purpose : str
        Distinguishes several temporary files of one name.
    """
    return f".{_HOST}.{os.getpid()}.{purpose}{'.' if purpose else ''}partial.{name}"


def final_name(partial: str) -> str:
    """Name that a temporary name stands for.

    >>> final_name(".host.123.partial.a_brain.nii.gz")
    'a_brain.nii.gz'
    """
    return partial.split(".partial.", 1)[-1]


def remove_leftovers(folder: Path, *, recursive: bool = True) -> None:
    """Remove the temporary files of processes of this host that were killed.

    Parameters
    ----------
    folder : Path
        Folder of results.
    recursive : bool
        Whether the folders beneath it are searched too.
    """
    pattern = f".{_HOST}.*.partial.*"
    for partial in folder.rglob(pattern) if recursive else folder.glob(pattern):
        if _is_abandoned(partial.name, f".{_HOST}."):
            with suppress(OSError):
                partial.unlink()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a temporary folder, which is removed at the end; folders left by killed processes are removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"deskull-{_HOST}-*"):
        if _is_abandoned(left.name, f"deskull-{_HOST}-"):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"deskull-{_HOST}-{os.getpid()}-") as folder:
        yield Path(folder)


def _is_abandoned(name: str, prefix: str) -> bool:
    """Whether a temporary name (a prefix and the number of a process) belongs to a process that has ended."""
    owner = re.match(r"\d+\b", name.removeprefix(prefix))
    return owner is not None and not _is_running(int(owner[0]))


def _is_running(process: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def remove_left_folders(folder: Path) -> None:
    """Remove the temporary folders of processes of this host that were killed while they made a folder.

    Parameters
    ----------
    folder : Path
        The folder that they made, which need not exist.
    """
    for left in folder.parent.glob(f".{_HOST}.*.partial.{glob.escape(folder.name)}"):
        is_new = re.fullmatch(r"\d+\.partial\..*", left.name.removeprefix(f".{_HOST}."))  # and no backup of an old one
        if is_new and left.is_dir() and not left.is_symlink() and _is_abandoned(left.name, f".{_HOST}."):
            shutil.rmtree(left, ignore_errors=True)
