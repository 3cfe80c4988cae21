"""Finding the scans of a raw BIDS dataset."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskull.errors import UsageError
from deskull.formats.bids_names import read_name
from deskull.system.installation import install_command
from deskull.system.json_files import read_object

#: Suffixes of the scans that are stripped by default.
SUFFIXES = ("T1w", "T2w", "FLAIR", "PDw")
#: The one value of the entity ``part`` that is an intensity image; the others are phase, real and imag.
_MAGNITUDE = "mag"


@dataclass(frozen=True)
class Query:
    """Which scans of a dataset are to be stripped.

    Attributes
    ----------
    participants, sessions : sequence of str
        Labels, with or without ``sub-`` and ``ses-``; all if empty.
    suffixes : sequence of str
        Suffixes such as T1w; those of the filters or `SUFFIXES` if empty.
    filters : sequence of mapping
        Further entities and their values (None: without the entity), for each kind of scan.
    """

    participants: Sequence[str] = ()
    sessions: Sequence[str] = ()
    suffixes: Sequence[str] = ()
    filters: Sequence[Mapping[str, Any]] = ()


def find_scans(root: Path, query: Query) -> list[Path]:
    """Find scans of a raw BIDS dataset.

    Of scans in several parts (``part-mag``, ``part-phase``, ...) only the magnitude is found, unless a filter names
    another part.

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    query : Query
        Which scans.

    Returns
    -------
    list of Path
        NIfTI files, sorted.

    Raises
    ------
    UsageError
        If the folder is not a BIDS dataset, or it has no such participant or scan.
    InputError
        If the description of the dataset cannot be read.
    """
    _check_description(root)
    participants = _without_prefix(query.participants, "sub-")
    for label in participants:
        if not (root / f"sub-{label}").is_dir():
            raise UsageError(f"{root}: has no participant {label}; check the labels.")
    chosen = {
        "sub": participants,
        "ses": _without_prefix(query.sessions, "ses-"),
        "suffix": list(query.suffixes),
    }
    wanted = {key: values for key, values in chosen.items() if values}
    scans = {path for filters in query.filters or ({},) for path in _matching(root, {**filters, **wanted})}
    if not scans:
        raise UsageError(
            f"{root}: has no scan that was asked for; check the suffixes, the sessions and the filter file."
        )
    return sorted(scans)


def _check_description(root: Path) -> None:
    """Check that a folder has the description of a dataset.

    Raises
    ------
    UsageError
        If there is none.
    InputError
        If it cannot be read.
    """
    description = root / "dataset_description.json"
    if not description.is_file():
        fault = "is not a BIDS dataset (it has no dataset_description.json)"
        raise UsageError(f"{root}: {fault}; use 'deskull strip' for a folder of scans.")
    read_object(description)


def _matching(root: Path, wanted: Mapping[str, Any]) -> list[Path]:
    """Raw scans whose entities have the wanted values."""
    try:
        import ancpbids
    except ModuleNotFoundError:
        raise UsageError(f"ancpbids: is not installed; {install_command('bids')}.") from None
    logging.getLogger("ancpbids").setLevel(logging.ERROR)
    filters = {"suffix": list(SUFFIXES), **wanted, "extension": [".nii.gz", ".nii"]}
    datatypes = filters.pop("datatype", None)
    found = ancpbids.BIDSLayout(str(root)).get(scope="raw", return_type="filename", **filters)
    paths = [path for path in map(Path, map(str, found)) if path.relative_to(root).parts[0].startswith("sub-")]
    if datatypes is not None:
        names = [datatypes] if isinstance(datatypes, str) else datatypes
        paths = [path for path in paths if path.parent.name in names]
    if "part" not in wanted:
        paths = [path for path in paths if read_name(path).entities.get("part", _MAGNITUDE) == _MAGNITUDE]
    return paths


def _without_prefix(labels: Sequence[str], prefix: str) -> list[str]:
    """Labels without ``sub-`` or ``ses-``."""
    return [label.removeprefix(prefix) for label in labels]
