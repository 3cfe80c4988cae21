"""BIDS names: the one reader of entities and suffixes, as in ``sub-01_ses-1_run-2_T1w.nii.gz``.

It lies among the formats, below `deskull.bids`, because finding data sets (`deskull.data`) reads such names too.
Standard: https://bids-specification.readthedocs.io, version 1.10, "Filenames".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deskull.formats import split_name

#: A subject's label in a file name or in the name of a folder; labels are alphanumeric, '+' comes in derivatives.
_SUBJECT = re.compile(r"(?:^|[_/])sub-([A-Za-z0-9+]+)")


@dataclass(frozen=True)
class BidsName:
    """A BIDS file name.

    Attributes
    ----------
    entities : mapping of str to str
        Short keys and their labels in the order of the name, ``{"sub": "01", "run": "2"}``. A part of the name that
        is no entity is a key with the label ''.
    suffix : str
        What stands behind the last underscore: ``T1w``.
    """

    entities: Mapping[str, str]
    suffix: str

    @property
    def parts(self) -> frozenset[str]:
        """Parts of the name before the suffix, without their order: ``{"sub-01", "run-2"}``."""
        return frozenset(_part(key, label) for key, label in self.entities.items())

    @property
    def stem(self) -> str:
        """The name before the suffix: ``sub-01_run-2``."""
        return "_".join(_part(key, label) for key, label in self.entities.items())

    @property
    def session(self) -> frozenset[str]:
        """Parts that say whose scan it is and in which session: ``{"sub-01", "ses-1"}``."""
        return frozenset(_part(key, self.entities[key]) for key in ("sub", "ses") if key in self.entities)


def read_name(path: Path) -> BidsName:
    """Read a BIDS name.

    Parameters
    ----------
    path : Path
        A file, of which only the name counts; its suffix may be that of an image or any other.

    Returns
    -------
    BidsName

    Examples
    --------
    >>> read_name(Path("sub-01_run-2_T1w.nii.gz"))
    BidsName(entities={'sub': '01', 'run': '2'}, suffix='T1w')
    """
    *parts, suffix = split_name(path)[0].split("_")
    return BidsName({key: label for key, _, label in (part.partition("-") for part in parts)}, suffix)


def subject_label(path: str) -> str:
    """Label of the subject that a path or a file name names last; '' if there is none.

    >>> subject_label("sub-01/anat/sub-01_T1w.nii.gz")
    '01'
    """
    labels = _SUBJECT.findall(path)
    return labels[-1] if labels else ""


def _part(key: str, label: str) -> str:
    """Join a key and its label."""
    return f"{key}-{label}" if label else key
