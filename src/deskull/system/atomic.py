"""Atomic writes: a reader sees the whole file or none, also when the writer is killed or the disk is full."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deskull.errors import OutputError

#: Part of temporary names: on a shared disk only this machine can tell whether its writers still live.
_HOST = re.sub(r"\W", "-", platform.node())


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Refuse a result that is there already and may not be replaced.

    Raises
    ------
    OutputError
    """
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: already there; use --overwrite to replace it, or another name or folder (-o).")


@contextmanager
def atomic_path(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`; on success it becomes `path`, on failure it is removed.

    Parameters
    ----------
    path : Path
        The file to be. Its folder is made if needed.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputError
        If `path` exists and may not be replaced, or writing fails.
    """
    partial = path.with_name(f".{_HOST}.{os.getpid()}.partial.{path.name}")
    try:
        refuse_existing(path, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise OutputError(f"{path}: could not be written ({reason}); free space or choose another -o.") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def write_bytes(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write a small file atomically; see `atomic_path`."""
    with atomic_path(path, overwrite=overwrite) as partial:
        partial.write_bytes(content)


def sweep(folder: Path, *, deep: bool = True) -> None:
    """Remove what writers on this machine that were killed have left in a folder and, if `deep`, those below it."""
    pattern = f".{_HOST}.*.partial.*"
    for partial in folder.rglob(pattern) if deep else folder.glob(pattern):
        if _abandoned(partial.name, f".{_HOST}."):
            with suppress(OSError):
                partial.unlink()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a temporary folder, removed at the end; what killed processes have left of theirs is removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"deskull-{_HOST}-*"):
        if _abandoned(left.name, f"deskull-{_HOST}-"):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"deskull-{_HOST}-{os.getpid()}-") as folder:
        yield Path(folder)


def _abandoned(name: str, prefix: str) -> bool:
    """Whether a temporary name (a prefix and the number of a process) is of a process that has ended."""
    owner = re.match(r"\d+\b", name.removeprefix(prefix))
    return owner is not None and not _lives(int(owner[0]))


def _lives(process: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
