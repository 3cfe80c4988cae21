"""Files of a data set: searching folders, and what all layouts share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deskull.data.cases import Case
from deskull.data.names import unique_names
from deskull.formats import split_name

#: Cases of a data set, and the problems that were met.
CasesAndProblems = tuple[list[Case], list[str]]


def find_images(folder: Path, problems: list[str]) -> dict[str, Path]:
    """Find the image files in a folder and all folders beneath it.

    Parameters
    ----------
    folder : Path
        Links to folders are followed, each folder is searched once; hidden files and folders are left out.
    problems : list of str
        Problems are appended: folders that cannot be read, and links to missing files.

    Returns
    -------
    dict of str to Path
        By their paths relative to `folder`, sorted within each folder.
    """

    def add_problem(error: OSError) -> None:
        """Note a folder that cannot be read."""
        problems.append(f"{error.filename}: cannot be read; check its permissions.")

    images: dict[str, Path] = {}
    visited: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=add_problem):
        real = os.path.realpath(place)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".") and split_name(Path(name))[1]):
            path = Path(place, name)
            if path_exists(path):
                images[path.relative_to(folder).as_posix()] = path
            else:
                problems.append(f"{path}: is a link to a missing file; fetch the file or remove the link.")
    return images


@dataclass(frozen=True)
class Listing:
    """The image files in a folder and all folders beneath it.

    Attributes
    ----------
    folder : Path
    images : mapping of str to Path
        See `find_images`.
    problems : sequence of str
        Those met while it was searched.
    """

    folder: Path
    images: Mapping[str, Path]
    problems: Sequence[str]

    @classmethod
    def of(cls, folder: Path) -> Listing:
        """List the images of a folder.

        Parameters
        ----------
        folder : Path
        """
        problems: list[str] = []
        return cls(folder, find_images(folder, problems), problems)


def path_exists(path: Path) -> bool:
    """Return whether a path exists; one that cannot exist (too long, forbidden characters) does not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return os.path.exists(path)  # noqa: PTH110 - unlike Path.exists, it raises no OSError


def with_unique_names(cases: list[Case]) -> list[Case]:
    """Return the cases with unique names, made from the names of their scans.

    Parameters
    ----------
    cases : list of Case

    Returns
    -------
    list of Case
    """
    names = unique_names([case.raw for case in cases])
    return [replace(case, name=name) for case, name in zip(cases, names, strict=True)]
