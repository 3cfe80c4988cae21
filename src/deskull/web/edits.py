"""Edits: a mask that was changed by hand is kept apart from the network's, with who changed it, when, and how much."""

from __future__ import annotations

import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.batch.outputs import scan_of_result
from deskull.errors import printable
from deskull.masking import Mask
from deskull.system.atomic import Transaction
from deskull.volume import Volume
from deskull.web.masks import Border, Finished, make_mask
from deskull.web.refusals import RefusedError

#: Size of the header with the history, and number of its entries; length of the editor's name.
LARGEST_HISTORY, _MOST_ENTRIES, _LONGEST_NAME = 8192, 1000, 200
#: How the masks of `deskull bids` end, with what is kept in the name of an edited one.
_BIDS_MASK = re.compile(r"_desc-(?:brain)?(\w*)_mask$")
_HISTORY_FIELDS = ("tool", "slice", "voxels", "at")


@dataclass(frozen=True)
class Edit:
    """A mask that was edited.

    Attributes
    ----------
    body : Path
        Gzip of one byte for each voxel, x fastest.
    base : Border
        Of the mask that was edited.
    editor : str
        Who edited it.
    history : list of dict
        What was done with which tool.
    """

    body: Path
    base: Border
    editor: str
    history: list[dict[str, Any]]


def parse_history(text: str) -> list[dict[str, Any]]:
    """Return the history that a header states.

    Raises
    ------
    RefusedError
        If it is too long, or no list of objects.
    """
    if len(text) > LARGEST_HISTORY:
        raise RefusedError(413, "The history of the edit is longer than 8 kB; send its most recent entries.")
    try:
        entries = json.loads(text or "[]")
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RefusedError(400, "The history of the edit is no list in JSON; send [] if there is none.")
    return [{name: _plain(entry.get(name)) for name in _HISTORY_FIELDS} for entry in entries[:_MOST_ENTRIES]]


def _plain(value: Any) -> Any:
    """Return a number or a short text; None for anything else."""
    if isinstance(value, str):
        return printable(value[:_LONGEST_NAME])
    return value if isinstance(value, int | float) else None


def save_edit(finished: Finished, edit: Edit, beside: Path | None) -> dict[str, int]:
    """Save an edited mask, and how it differs from the one that was edited.

    Parameters
    ----------
    finished : Finished
    edit : Edit
    beside : Path, optional
        The mask of a batch, beside which the edited one is kept, too.

    Returns
    -------
    dict
        Numbers of voxels that were added and removed, and of edits.

    Raises
    ------
    RefusedError
        If the body does not fit the scan.
    """
    base = make_mask(finished, edit.base)
    inside = read_voxels(edit.body, base.shape, finished.stem)
    before = base.data.view(bool) if base.data.dtype.itemsize == 1 else base.data > 0
    counts = {"added_voxels": int((inside & ~before).sum()), "removed_voxels": int((before & ~inside).sum())}
    record = _record(finished, edit, base, inside, counts)
    mask = base.with_data(inside.view(np.uint8))
    volumes = {finished.files.edited: replace(mask, header=None, trailing=())}
    records = [finished.files.edit_record]
    if beside is not None:
        volumes[edited_path(beside)] = mask
        records.append(edited_record_path(beside))
    with Transaction((*volumes, *records), overwrite=True) as transaction:
        for path, volume in volumes.items():
            with transaction.writing(path) as partial:
                formats.write_as(volume, path, partial)
        for path in records:
            with transaction.writing(path) as partial:
                partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return {**counts, "edits": len(record["Edits"])}


def read_voxels(body: Path, shape: tuple[int, ...], name: str) -> Mask:
    """Return the voxels of a body, of which no more is unpacked than the scan has.

    Raises
    ------
    RefusedError
        If it is no gzip, or has another number of voxels.
    """
    size = int(np.prod(shape))
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(body.read_bytes(), size + 1)
    except zlib.error:
        raise RefusedError(400, f"{name}: the edited mask is no gzip, or was cut off; save it again.") from None
    if len(content) != size or not unpacker.eof:
        raise RefusedError(422, f"{name}: the edited mask has not the {size} voxels of the scan; reload the page.")
    return np.frombuffer(content, np.uint8).reshape(shape, order="F") > 0


def _record(finished: Finished, edit: Edit, base: Volume, inside: Mask, counts: dict[str, int]) -> dict[str, Any]:
    """Return what the JSON file says: the state of the mask, and every edit of it."""
    entry = {
        "Editor": printable(edit.editor[:_LONGEST_NAME]) or "unknown",
        "Time": datetime.now(UTC).isoformat(timespec="seconds"),
        "AddedVoxels": counts["added_voxels"],
        "RemovedVoxels": counts["removed_voxels"],
        "Base": {"Surface": edit.base.surface, "BorderMm": edit.base.mm},
        "History": edit.history,
    }
    return {
        "Type": "Brain" if edit.base.surface == "brain" else "ROI",
        "Description": "Mask of deskull, edited by hand.",
        "VolumeMl": round(float(inside.sum()) * base.voxel_ml, 2),
        "GeneratedBy": [made] if (made := finished.outcome.get("generated_by")) else [],
        "Edits": [*_earlier(finished.files.edit_record), entry],
    }


def _earlier(path: Path) -> list[Any]:
    """Return the edits that were saved before."""
    with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
        return list(json.loads(path.read_text(encoding="utf-8"))["Edits"])
    return []


def remove_edit(finished: Finished, beside: Path | None) -> None:
    """Remove an edited mask and its record; see `save_edit`."""
    paths = [finished.files.edited, finished.files.edit_record]
    paths += [edited_path(beside), edited_record_path(beside)] if beside is not None else []
    for path in paths:
        path.unlink(missing_ok=True)


def edited_path(mask: Path) -> Path:
    """Return where the edited mask of a batch lies.

    >>> edited_path(Path("a_brainmask.nii.gz")).name, edited_path(Path("sub-01_desc-brainT2w_mask.nii.gz")).name
    ('a_desc-edited_mask.nii.gz', 'sub-01_desc-editedT2w_mask.nii.gz')
    """
    stem, suffix = formats.split_name(mask)
    found = _BIDS_MASK.search(stem)
    if found:
        return mask.with_name(f"{stem[: found.start()]}_desc-edited{found[1]}_mask{suffix}")
    label = "icv" if stem.endswith("_icvmask") else ""
    return mask.with_name(f"{scan_of_result(mask) or stem.removesuffix('_mask')}_desc-edited{label}_mask{suffix}")


def edited_record_path(mask: Path) -> Path:
    """Return where the JSON file of the edited mask of a batch lies."""
    return mask.with_name(f"{formats.split_name(edited_path(mask))[0]}.json")
