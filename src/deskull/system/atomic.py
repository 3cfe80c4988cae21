"""Atomic writing: a reader sees whole files or none, also when the writer is killed or the disk is full.

A file is first written under a temporary name beside its own, and renamed when it is complete. Files that belong
together are written in one `Transaction`: all of them appear at its end, or none.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from deskull.errors import OutputError, remedy
from deskull.system.leftovers import partial_name

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: Seconds to wait while another process renames its files in the same folder, which takes it milliseconds.
_LOCK_SECONDS = 30.0
#: Errors of file systems without hard links, such as exFAT and some network shares.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


class ResultExistsError(OutputError):
    """A result that exists already, or that another run has written at the same time."""


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file that exists.

    Parameters
    ----------
    path : Path
        File that will be written.
    overwrite : bool
        Whether it may be replaced.

    Raises
    ------
    ResultExistsError
        If the file exists and may not be replaced.
    OutputError
        If it is a folder.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; choose another name or folder.")
    if os.path.lexists(path) and not overwrite:
        raise ResultExistsError(
            f"{path}: exists already; use overwrite=True to replace it, or choose another name or folder."
        )


class Transaction:
    """Several files that appear together or not at all.

    Use it as a context manager. Files are written by `writing`; when the ``with`` block ends without an exception
    they are renamed, and if one of them cannot be renamed, those before it are taken back: new files are removed and
    replaced files restored. Files of one folder are renamed by one process at a time.

    Parameters
    ----------
    paths : iterable of Path
        The files that may be written.
    overwrite : bool
        Whether existing files may be replaced.
    root : Path, optional
        A folder that must exist; the folders beneath it are made as needed.

    Raises
    ------
    ResultExistsError
        If one of the files exists and may not be replaced, or if another process writes one of them before this
        transaction ends, even where files may be replaced.
    OutputError
        If a file cannot be written.
    """

    def __init__(self, paths: Iterable[Path], *, overwrite: bool = False, root: Path | None = None) -> None:
        self._overwrite, self._root = overwrite, root
        self._before: dict[Path, _Stamp | None] = {}
        self._partials: dict[Path, Path | None] = {}
        self._check_root()
        for path in paths:
            with output_errors(path):
                refuse_existing(path, overwrite)
                self._before[path] = _stamp(path)

    @contextmanager
    def writing(self, path: Path) -> Iterator[Path]:
        """Give the temporary name under which a file is written until the transaction ends.

        Parameters
        ----------
        path : Path
            One of the transaction's files.

        Yields
        ------
        Path
            A name in the same folder, which is made if needed.
        """
        partial = path.with_name(partial_name(path.name))
        self._partials[path] = partial
        with output_errors(path):
            self._check_root()
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial

    def remove(self, path: Path) -> None:
        """Let one of the transaction's files disappear when it ends, if it exists."""
        self._partials[path] = None

    def _check_root(self) -> None:
        """Check that the folder that must exist does."""
        if self._root is not None and not self._root.is_dir():
            raise OutputError(f"{self._root}: the folder of the results no longer exists; make it and try again.")

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._commit()
        finally:
            for partial in self._partials.values():
                if partial:
                    _remove(partial)

    def _commit(self) -> None:
        """Rename or remove every file, or none."""
        with ExitStack() as locks, ExitStack() as rollback:
            for folder in sorted({path.parent for path in self._partials}):
                locks.enter_context(_locked(folder))
            for path in self._partials:
                if _stamp(path) != self._before[path]:
                    raise _conflict(path)
            backups = []
            for path, partial in self._partials.items():
                with output_errors(path):
                    if self._before[path] is None:
                        if partial:
                            _create(partial, path)
                            rollback.callback(_remove, path)
                        continue
                    backup = _backup(path)
                    backups.append(backup)
                    rollback.callback(_restore, backup, path)
                    if partial:
                        partial.replace(path)
                    else:
                        path.unlink()
            rollback.pop_all()  # every file is there: nothing is taken back
            for backup in backups:
                with suppress(OSError):
                    backup.unlink()


@contextmanager
def atomic_path(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary name beside a file; it becomes the file on success and is removed on failure.

    Parameters
    ----------
    path : Path
        The file to write. Its folder is made if needed.
    overwrite : bool
        Whether an existing file may be replaced.

    Yields
    ------
    Path
        The temporary name.

    Raises
    ------
    OutputError
        If the file exists and may not be replaced, or cannot be written.
    """
    with Transaction([path], overwrite=overwrite) as transaction, transaction.writing(path) as partial:
        yield partial


def write_bytes(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write a small file atomically; see `atomic_path`."""
    with atomic_path(path, overwrite=overwrite) as partial:
        partial.write_bytes(content)


#: What tells one version of a file from another: its size in bytes and the time of its last change in ns. Inodes
#: would not do: some network file systems do not keep them.
_Stamp = tuple[int, int]


def _stamp(path: Path) -> _Stamp | None:
    """Identify the present version of a file; None if it does not exist."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


def _conflict(path: Path) -> ResultExistsError:
    """Error for a file that another process has written since the transaction began."""
    return ResultExistsError(f"{path}: another run wrote it at the same time; let only one of them run.")


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn errors of the system into one sentence that names the file.

    Parameters
    ----------
    path : Path
        The file that is written.

    Raises
    ------
    OutputError
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        advice = remedy(error, "choose another folder")
        raise OutputError(f"{path}: could not be written ({reason}); {advice}.") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time rename files in a folder; without effect where folders cannot be locked (flock(2)).

    The system releases the lock when its process ends, however it ends, and nothing is left in the folder.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # the folder has gone or, on Windows, cannot be opened; renaming reports what is wrong
        yield
        return
    try:
        _wait_for_lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _wait_for_lock(handle: int, folder: Path) -> None:
    """Take the lock of an open folder.

    Raises
    ------
    OutputError
        If another process keeps it for longer than `_LOCK_SECONDS`.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    while fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OutputError(
                    f"{folder}: is locked by another run; wait until it ends, or stop it, and try again."
                ) from None
            time.sleep(0.01)
        except OSError:  # network file systems may have no such locks
            return


def _create(partial: Path, path: Path) -> None:
    """Give a complete file its name, unless another process has just taken it."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise _conflict(path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        partial.rename(path)  # its absence was checked under the lock


def _backup(path: Path) -> Path:
    """Keep an existing file under a second name, too, until the transaction ends; at no moment does it have none."""
    backup = path.with_name(partial_name(path.name, "backup"))
    with suppress(OSError):
        backup.unlink()
    try:
        os.link(path, backup)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:
            shutil.copy2(path, backup, follow_symlinks=False)
        except OSError:
            _remove(backup)
            raise
    return backup


def _restore(backup: Path, path: Path) -> None:
    """Give a replaced file its name back."""
    with suppress(OSError):
        backup.replace(path)
    with suppress(OSError):  # renaming has no effect between two names of one file (rename(2))
        backup.unlink()


def _remove(path: Path) -> None:
    """Remove a temporary or new file."""
    with suppress(OSError):
        path.unlink()
