"""What a mutant is made of: files, and things in the place of files, by name."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

#: Stands in text headers for the folder outside the mutant's own; replaced when the files are written.
OUTSIDE = b"@OUTSIDE@"
#: The file in that folder: valid voxels that no mutant may be read with.
SECRET = "voxels.raw"


@dataclass(frozen=True)
class Fifo:
    """A named pipe that nobody writes to."""


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Folder:
    """An empty folder."""


Files = dict[str, "bytes | Fifo | Link | Folder"]


@dataclass(frozen=True)
class Made:
    """A mutant as files.

    Attributes
    ----------
    files : dict
        Contents by name.
    main : str
        Name of the file or folder that is given to deskull.
    part : {"header", "body", "container", "files", "dicom", "zip"}
        What is damaged.
    label : str
        What was done to it.
    """

    files: Files
    main: str
    part: str
    label: str


def write_files(files: Files, folder: Path, secret: bytes) -> None:
    """Write the files of a mutant into a fresh folder, with the secret voxels in the folder ``outside`` beside it.

    Parameters
    ----------
    files : dict
        Contents by name; names may hold folders.
    folder : Path
        Replaced if it exists.
    secret : bytes
        Content of the file that must not be read.
    """
    outside = folder.parent / "outside"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    outside.mkdir(exist_ok=True)
    (outside / SECRET).write_bytes(secret)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content.replace(OUTSIDE, os.fsencode(outside)))
        elif isinstance(content, Fifo):
            os.mkfifo(path)
        elif isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.mkdir()
