"""Limits: what one server takes in, so that neither its memory nor its disk is used up."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from deskull.web.refusals import RefusedError


@dataclass(frozen=True)
class Limits:
    """What a server takes in.

    Attributes
    ----------
    file_bytes : int
        Size of one file.
    upload_bytes : int
        Size of all files of one upload.
    files : int
        Number of files of one upload.
    uploads : int
        Number of uploads that are open at the same time.
    queue : int
        Number of scans that wait.
    jobs : int
        Number of scans that are kept, whatever became of them.
    json_bytes : int
        Size of a request in JSON.
    free_bytes : int
        What stays free on the disk.
    kept_days : float
        Days after which a finished scan without an edited mask is removed, at the next start.
    attempts : int
        Number of times that a scan is tried if the server ends meanwhile.
    """

    file_bytes: int = 4_000_000_000
    upload_bytes: int = 20_000_000_000
    files: int = 20_000
    uploads: int = 200
    queue: int = 500
    jobs: int = 2_000
    json_bytes: int = 2_000_000
    free_bytes: int = 1_000_000_000
    kept_days: float = 7.0
    attempts: int = 2


def check_free(folder: Path, n_bytes: int, limits: Limits) -> None:
    """Refuse what would fill the disk.

    Parameters
    ----------
    folder : Path
        On the disk in question.
    n_bytes : int
        What is to be written.
    limits : Limits

    Raises
    ------
    RefusedError
        With status 507.
    """
    free = shutil.disk_usage(folder).free
    if free - n_bytes < limits.free_bytes:
        raise RefusedError(507, f"The server's disk has only {free / 1e9:.1f} GB left; free some, or remove scans.")
