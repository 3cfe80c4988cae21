"""BIDS: raw datasets in, BIDS Derivatives out (bids-specification.readthedocs.io, version 1.10)."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from deskull._version import __version__
from deskull.batch.outputs import Sidecar
from deskull.batch.tasks import Task, check_outputs, drop_duplicates
from deskull.errors import InputError, UsageError
from deskull.formats import split_name
from deskull.models import load_model
from deskull.options import StripOptions
from deskull.system.atomic import write_bytes

BIDS_VERSION = "1.10.0"
#: Suffixes that are stripped unless others are asked for.
SUFFIXES = ("T1w", "T2w", "FLAIR", "PDw")
#: What a plain ``desc-brain_mask`` is taken for; masks of other scans of a session need names of their own.
_PLAIN = ("T1w", "bold", "dwi")
#: pybids' names of entities, as filter files use them, and those in the names of files.
_SHORT = {
    "subject": "sub", "session": "ses", "sample": "sample", "task": "task", "tracer": "trc", "acquisition": "acq",
    "ceagent": "ce", "staining": "stain", "reconstruction": "rec", "direction": "dir", "run": "run", "echo": "echo",
    "modality": "mod", "flip": "flip", "inversion": "inv", "mt": "mt", "part": "part", "processing": "proc",
    "hemisphere": "hemi", "space": "space", "split": "split", "recording": "recording", "chunk": "chunk",
}  # fmt: skip
#: Suffixes that fMRIPrep's names for kinds of scans mean.
_KINDS = {"t1w": "T1w", "t2w": "T2w", "flair": "FLAIR", "pdw": "PDw", "bold": "bold", "sbref": "sbref", "dwi": "dwi"}
#: Table of the group level.
TABLE = "group_brain.tsv"
_IGNORED = f"{TABLE}\ndeskull.tsv\n"


@dataclass(frozen=True)
class Query:
    """Which scans of a dataset are meant.

    Attributes
    ----------
    participants, sessions : sequence of str
        Labels, with or without ``sub-`` and ``ses-``; all if empty.
    suffixes : sequence of str
    filters : sequence of mapping
        Further entities and their values (None: without the entity), each for one kind of scan.
    """

    participants: Sequence[str] = ()
    sessions: Sequence[str] = ()
    suffixes: Sequence[str] = ()
    filters: Sequence[Mapping[str, Any]] = ()


def read_filters(path: Path) -> list[dict[str, Any]]:
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
    if not any(isinstance(value, dict) for value in found.values()):
        return [_filter(found, path)]
    kinds = [_of_kind(name, value) for name, value in found.items() if isinstance(value, dict)]
    return [_filter(kind, path) for kind in kinds if kind is not None]


def _of_kind(name: str, entities: dict[str, Any]) -> dict[str, Any] | None:
    """A kind of scan and what is asked of it; None of one that deskull has no use for (field maps, say)."""
    suffix = _KINDS.get(name.lower())
    if suffix is None and "suffix" not in entities:
        return None
    return {"suffix": suffix, **entities}


def _filter(entities: dict[str, Any], path: Path) -> dict[str, Any]:
    """Entities by the names that files have.

    Raises
    ------
    InputError
        If one is none.
    """
    found = {_SHORT.get(key, key): value for key, value in entities.items() if key != "extension"}
    unknown = sorted(set(found) - {*_SHORT.values(), "suffix", "datatype"})
    if unknown:
        raise InputError(f"{path}: {unknown[0]} is no entity of BIDS; correct it.")
    return found


def find_scans(root: Path, query: Query) -> list[Path]:
    """Find the raw scans of a BIDS dataset, in order.

    Raises
    ------
    UsageError
        If the folder is no BIDS dataset, holds none of the participants, or none of such scans.
    InputError
        If its description cannot be read.
    """
    facts = root / "dataset_description.json"
    if not facts.is_file():
        raise UsageError(f"{root}: is no BIDS dataset (no dataset_description.json); use 'deskull strip' on a folder.")
    try:
        json.loads(facts.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{facts}: is damaged ({error}); mend it.") from None
    people, sessions = _labels(query.participants, "sub-"), _labels(query.sessions, "ses-")
    for label in people:
        if not (root / f"sub-{label}").is_dir():
            raise UsageError(f"{root}: has no participant {label}; check --participant-label.")
    asked = {"sub": people, "ses": sessions, "suffix": list(query.suffixes)}
    wanted = {key: value for key, value in asked.items() if value}
    found = {path for own in query.filters or ({},) for path in _matching(root, own, wanted)}
    if not found:
        raise UsageError(f"{root}: holds no such scans; check --suffix, --session-id and the filters.")
    return sorted(found)


def _matching(root: Path, own: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Path]:
    """Raw scans that a filter lets through; what the command line asks for goes before it."""
    try:
        import ancpbids
    except ModuleNotFoundError:
        raise UsageError('ancpbids: is not installed; pip install "deskull[bids]".') from None
    logging.getLogger("ancpbids").setLevel(logging.ERROR)
    filters = {"suffix": list(SUFFIXES), **own, **wanted, "extension": [".nii.gz", ".nii"]}
    types = filters.pop("datatype", None)
    found = ancpbids.BIDSLayout(str(root)).get(scope="raw", return_type="filename", **filters)
    paths = [path for path in map(Path, map(str, found)) if path.relative_to(root).parts[0].startswith("sub-")]
    if types is None:
        return paths
    return [path for path in paths if path.parent.name in ([types] if isinstance(types, str) else types)]


def _labels(values: Sequence[str], prefix: str) -> list[str]:
    return [value.removeprefix(prefix) for value in values]


def plan(root: Path, out: Path, scans: Sequence[Path], settings: StripOptions) -> list[Task]:
    """Give each scan its derivatives: names, folders and sidecars.

    Parameters
    ----------
    root, out : Path
        The raw dataset and the derivatives.
    scans : sequence of Path
        Of `find_scans`.
    settings : StripOptions

    Raises
    ------
    UsageError
        If two scans would give files of one name.
    """
    _json_files.cache_clear()
    provenance = _provenance(settings)
    tasks = drop_duplicates([_task(root, out, scan, settings.outputs, provenance) for scan in scans])
    check_outputs(tasks)
    return tasks


def _task(root: Path, out: Path, scan: Path, kinds: Sequence[str], provenance: dict[str, Any]) -> Task:
    """Files and sidecars of one scan."""
    place = Path(os.path.relpath(scan, root))  # links are left as they are
    stem, _ = split_name(scan)
    entities, suffix = stem.rsplit("_", 1)
    label = "brain" if suffix in _PLAIN else f"brain{suffix}"
    names = {"brainmask": f"{entities}_desc-{label}_mask", "brain": f"{entities}_desc-brain_{suffix}"}
    common = {"Sources": [f"bids:raw:{place.as_posix()}"], "SpatialReference": "orig", "GeneratedBy": [provenance]}
    notes = {
        "brainmask": Sidecar({"Type": "Brain", **common}),
        "brain": Sidecar({"SkullStripped": True, **common}, tuple(sidecars(root, root / place))),
    }
    folder = out / place.parent
    paths = {kind: folder / f"{names[kind]}.nii.gz" for kind in kinds}
    return Task(scan, folder, paths, {folder / f"{names[kind]}.json": notes[kind] for kind in kinds})


def sidecars(root: Path, scan: Path) -> list[Path]:
    """List the JSON files that speak of a scan, those of the whole dataset first, its own last.

    The inheritance principle of BIDS: such a file lies in the scan's folder or one above it, has its suffix, and no
    entity that the scan has not.
    """
    *entities, suffix = split_name(scan)[0].split("_")
    folders = [folder for folder in reversed(scan.parents) if folder.is_relative_to(root)]
    found = [path for folder in folders for path in _json_files(folder)]
    parts = [(path, path.stem.split("_")) for path in found]
    return [path for path, (*own, kind) in parts if kind == suffix and set(own) <= set(entities)]


@lru_cache(maxsize=8)
def _json_files(folder: Path) -> tuple[Path, ...]:
    """JSON files in a folder, those of fewer entities first; read once for all the scans beneath."""
    return tuple(sorted(folder.glob("*.json"), key=lambda path: (path.name.count("_"), path.name)))


def _provenance(settings: StripOptions) -> dict[str, Any]:
    """What made a derivative, and how."""
    card = load_model(settings.model).card
    how = {"model": card.get("name", ""), "sha256": card["sha256"], "surface": settings.surface}
    return {
        "Name": "deskull",
        "Version": __version__,
        "Description": "skull stripping",
        "Parameters": how | {"border_mm": settings.border},
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
