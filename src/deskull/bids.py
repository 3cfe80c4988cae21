"""BIDS: raw datasets in, BIDS Derivatives out (bids-specification.readthedocs.io, version 1.10)."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskull._version import __version__
from deskull.batch import Settings
from deskull.errors import InputError, UsageError
from deskull.formats import split_name
from deskull.formats.atomic import write_bytes
from deskull.models import load_model
from deskull.worklist import Task

BIDS_VERSION = "1.10.0"
#: Suffixes that are stripped unless others are asked for.
SUFFIXES = ("T1w", "T2w", "FLAIR", "PDw")
#: Entities by the names that filter files may use (pybids'), in short.
_SHORT = {
    "subject": "sub",
    "session": "ses",
    "acquisition": "acq",
    "ceagent": "ce",
    "reconstruction": "rec",
    "direction": "dir",
}
_IGNORED = "group_brain.tsv\ndeskull.tsv\n"


@dataclass(frozen=True)
class Query:
    """Which scans of a dataset are meant.

    Attributes
    ----------
    participants, sessions : sequence of str
        Labels, with or without ``sub-`` and ``ses-``; all if empty.
    suffixes : sequence of str
    filters : mapping
        Further entities and their values, by short or pybids' names.
    """

    participants: Sequence[str] = ()
    sessions: Sequence[str] = ()
    suffixes: Sequence[str] = SUFFIXES
    filters: Mapping[str, Any] = field(default_factory=dict)


def read_filters(path: Path) -> dict[str, Any]:
    """Read a filter file: entities and values, or such for each kind of scan as fMRIPrep takes them.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is no filter file in JSON ({error}); check it.") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: holds no entities; write them as a JSON object.")
    kinds = [value for value in found.values() if isinstance(value, dict)]
    merged = {key: value for kind in kinds for key, value in kind.items()} if kinds else found
    merged = {_SHORT.get(key, key): value for key, value in merged.items() if key not in ("datatype", "extension")}
    return {key: value if isinstance(value, list) else [value] for key, value in merged.items() if value is not None}


def find_scans(root: Path, query: Query) -> list[Path]:
    """Find the raw scans of a BIDS dataset, in order.

    Raises
    ------
    UsageError
        If the folder is no BIDS dataset, holds none of the participants, or none of such scans.
    """
    if not (root / "dataset_description.json").is_file():
        raise UsageError(f"{root}: is no BIDS dataset (no dataset_description.json); use 'deskull strip' on a folder.")
    try:
        import ancpbids
    except ModuleNotFoundError:
        raise UsageError('ancpbids: is not installed; pip install "deskull[bids]".') from None
    people, sessions = _labels(query.participants, "sub-"), _labels(query.sessions, "ses-")
    for label in people:
        if not (root / f"sub-{label}").is_dir():
            raise UsageError(f"{root}: has no participant {label}; check --participant-label.")
    wanted = {**{k: v for k, v in (("sub", people), ("ses", sessions)) if v}, "suffix": list(query.suffixes)}
    logging.getLogger("ancpbids").setLevel(logging.ERROR)
    filters = {**wanted, **query.filters, "extension": [".nii.gz", ".nii"]}
    found = ancpbids.BIDSLayout(str(root)).get(scope="raw", return_type="filename", **filters)
    if not found:
        raise UsageError(
            f"{root}: holds no {', '.join(filters['suffix'])} as asked for; check --suffix and the filters."
        )
    return sorted(Path(str(path)) for path in found)


def _labels(values: Sequence[str], prefix: str) -> list[str]:
    return [value.removeprefix(prefix) for value in values]


def plan(root: Path, out: Path, scans: Sequence[Path], settings: Settings) -> list[Task]:
    """Give each scan its derivatives: names, folders and sidecars.

    Parameters
    ----------
    root, out : Path
        The raw dataset and the derivatives.
    scans : sequence of Path
        Of `find_scans`.
    settings : Settings
    """
    provenance = _provenance(settings)
    return [_task(root, out, scan, settings.kinds, provenance) for scan in scans]


def _task(root: Path, out: Path, scan: Path, kinds: Sequence[str], provenance: dict[str, Any]) -> Task:
    """Files and sidecars of one scan."""
    place = scan.resolve().relative_to(root.resolve())
    stem, _ = split_name(scan)
    entities, suffix = stem.rsplit("_", 1)
    # T1w is what anatomical masks are taken for; those of other contrasts need names of their own.
    label = "brain" if suffix == "T1w" or place.parent.name != "anat" else f"brain{suffix}"
    names = {
        "brainmask": f"{entities}_desc-{label}_mask",
        "brain": f"{entities}_desc-brain_{suffix}",
        "distance": f"{entities}_desc-{label}distance_{suffix}",
        "brain_n4": f"{entities}_desc-brainN4_{suffix}",
    }
    common = {"Sources": [f"bids:raw:{place.as_posix()}"], "SpatialReference": "orig", "GeneratedBy": [provenance]}
    own = {
        "brainmask": {"Type": "Brain"},
        "brain": {**_raw_sidecar(scan), "SkullStripped": True},
        "distance": {"SkullStripped": False, "Units": "mm", "Description": "signed distance to the brain surface"},
        "brain_n4": {**_raw_sidecar(scan), "SkullStripped": True, "Description": "after N4 inside the brain"},
    }
    folder = out / place.parent
    paths = {kind: folder / f"{names[kind]}.nii.gz" for kind in kinds}
    notes = {folder / f"{names[kind]}.json": json.dumps({**own[kind], **common}, indent=2) + "\n" for kind in kinds}
    return Task(scan, folder, paths, notes)


def _raw_sidecar(scan: Path) -> dict[str, Any]:
    """What the raw scan's own sidecar says, {} without one."""
    sidecar = scan.with_name(f"{split_name(scan)[0]}.json")
    try:
        found = json.loads(sidecar.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _provenance(settings: Settings) -> dict[str, Any]:
    """What made a derivative, and how."""
    card = load_model(settings.model).card
    how = {"model": card.get("name", ""), "sha256": card["sha256"], "surface": settings.surface}
    return {
        "Name": "deskull",
        "Version": __version__,
        "Description": "skull stripping",
        "Parameters": how | {"border_mm": settings.border or 0.0},
    }


def describe(root: Path, out: Path) -> None:
    """Write the derivatives' ``dataset_description.json`` and ``.bidsignore``, where they are not there yet.

    Raises
    ------
    UsageError
        If the folder holds another dataset.
    OutputError
        If they cannot be written.
    """
    target = out / "dataset_description.json"
    if target.exists():
        if "deskull" not in target.read_text(errors="replace"):
            raise UsageError(f"{out}: holds another dataset; choose a folder of its own.")
        return
    facts = {
        "Name": "deskull: brains",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "deskull", "Version": __version__}],
        "DatasetLinks": {"raw": os.path.relpath(root.resolve(), out.resolve())},
    }
    texts = {
        "dataset_description.json": json.dumps(facts, indent=2) + "\n",
        ".bidsignore": _IGNORED,
        "README.md": "# Brains\n\nBrain masks and stripped scans made by deskull; see dataset_description.json.\n",
    }
    for name, text in texts.items():
        if not (out / name).exists():
            write_bytes(out / name, text.encode())
