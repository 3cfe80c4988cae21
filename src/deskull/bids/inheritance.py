"""Inheritance principle of BIDS: files that describe scans in the folders beneath them.

Standard: bids-specification.readthedocs.io, version 1.10, "The Inheritance Principle".
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from deskull.errors import DeskullWarning, SeriesWarning
from deskull.formats.b_values import FoundBValues, file_beside
from deskull.formats.bids_names import read_name


class InheritedFiles:
    """The files of one ending that describe the scans of a dataset.

    Such a file lies in the scan's folder or one above it, has its suffix, and no entity that the scan does not have.
    Each folder is read once.

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    ending : str
        ``.json`` or ``.bval``.
    """

    def __init__(self, root: Path, ending: str) -> None:
        self._root, self._ending = root, ending
        self._files: dict[Path, list[Path]] = {}

    def of(self, scan: Path) -> list[Path]:
        """List the files that describe a scan; those of the whole dataset come first and its own comes last."""
        name = read_name(scan)
        folders = [folder for folder in reversed(scan.parents) if folder.is_relative_to(self._root)]
        named = [(path, read_name(path)) for folder in folders for path in self._files_in(folder)]
        return [path for path, other in named if other.suffix == name.suffix and other.parts <= name.parts]

    def _files_in(self, folder: Path) -> list[Path]:
        """Files in a folder, those with fewer entities first."""
        if folder not in self._files:
            files = folder.glob(f"*{self._ending}")
            self._files[folder] = sorted(files, key=lambda path: (path.name.count("_"), path.name))
        return self._files[folder]


class InheritedSidecars:
    """The JSON files whose fields scans inherit.

    Parameters
    ----------
    root : Path
        Folder of the dataset. Files that links lead out of it are not inherited: they may hold what the dataset's
        authors were never shown. The links of git-annex lead to ``.git/annex`` within it.
    """

    def __init__(self, root: Path) -> None:
        self._files = InheritedFiles(root, ".json")
        self._root = Path(os.path.realpath(root))
        self._has_warned = False

    def of(self, scan: Path) -> list[Path]:
        """List the files that a scan inherits; those of the whole dataset come first and its own comes last.

        Parameters
        ----------
        scan : Path
            A scan of the dataset.

        Warns
        -----
        DeskullWarning
            Once for all files that lead out of the dataset.
        """
        files = self._files.of(scan)
        inside = [path for path in files if is_inside(path, self._root)]
        if len(inside) < len(files) and not self._has_warned:
            self._has_warned = True
            first = next(path for path in files if path not in inside)
            fault = "is a link that leads out of the dataset; what it and other such links say is not inherited"
            warnings.warn(f"{first}: {fault}; put copies in their place.", DeskullWarning, stacklevel=2)
        return inside


class InheritedBValues:
    """The files of b-values that diffusion series inherit; of several the most specific one counts.

    Parameters
    ----------
    root : Path
        Folder of the dataset. Files that links lead out of it are not inherited.
    """

    def __init__(self, root: Path) -> None:
        self._files = InheritedFiles(root, ".bval")
        self._root = Path(os.path.realpath(root))
        self._outside: set[Path] = set()

    def of(self, scan: Path) -> FoundBValues | None:
        """Return the file that a series inherits; None if there is none, or it has a file of its own.

        Parameters
        ----------
        scan : Path
            A scan of the dataset.

        Warns
        -----
        SeriesWarning
            Once for each file that leads out of the dataset.
        """
        inherited = [] if file_beside(scan) else self._files.of(scan)
        if not inherited:
            return None
        path = inherited[-1]
        if is_inside(path, self._root):
            return FoundBValues(path)
        if path not in self._outside:
            self._outside.add(path)
            fault = "is a link that leads out of the dataset, and its b-values are not used"
            warnings.warn(SeriesWarning(f"{path}: {fault}; put a copy in its place."), stacklevel=2)
        return None


def is_inside(path: Path, root: Path) -> bool:
    """Whether a file lies in a folder, of which no link is part, after all links on the way are followed."""
    return Path(os.path.realpath(path)).is_relative_to(root)
