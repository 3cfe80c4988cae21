"""The group level of the BIDS App: one table of all masks of a dataset of derivatives, and of the scans that failed.

An intracranial mask has no line of its own: its volume stands in the line of the brain mask beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from deskull import formats
from deskull.batch.outputs import quality_path
from deskull.batch.records import Status
from deskull.batch.resuming import read_sidecar, sidecar_path
from deskull.bids.failures import failed_scans
from deskull.bids.participant import ICV, RAW, TABLE
from deskull.errors import DeskullError, InputError, UsageError, printable
from deskull.formats.bids_names import read_name
from deskull.masking import binarise
from deskull.quality.files import read_quality
from deskull.system.atomic import write_bytes
from deskull.system.json_files import read_object
from deskull.system.processes import Failure, in_processes, useful_jobs

#: Columns of the table, in order.
COLUMNS = (
    "participant_id", "session_id", "entities", "source", "status", "verdict", "predicted_dice", "reason", "volume_ml",
    "icv_ml", "version", "model", "mask", "error",
)  # fmt: skip
#: What BIDS tables hold where a value is unknown.
_UNKNOWN = "n/a"


class Grouped(NamedTuple):
    """What the group level found.

    Attributes
    ----------
    n_masks, n_failed : int
        Numbers of brain masks, and of scans that failed, in the table.
    faults : list of str
        One sentence for each mask that could not be read, and for each intracranial mask without a brain mask.
    """

    n_masks: int
    n_failed: int
    faults: list[str]


def group(out: Path, jobs: int = 1) -> Grouped:
    """Write ``group_brain.tsv`` with a line for each brain mask and each scan that failed, in place of an earlier one.

    Parameters
    ----------
    out : Path
        Folder of the derivatives.
    jobs : int
        Number of processes.

    Returns
    -------
    Grouped

    Raises
    ------
    UsageError
        If there are neither masks nor scans that failed.
    InputError
        If the table of the participant level is damaged.
    OutputError
        If the table cannot be written.
    """
    masks, failed = sorted(out.glob("sub-*/**/*_mask.nii.gz")), failed_scans(out)
    if not (masks or failed):
        raise UsageError(f"{out}: holds no masks; run the participant level first.")
    icv_masks = {mask for mask in masks if read_name(mask).entities.get("desc", "").startswith(ICV)}
    brain_masks = [mask for mask in masks if mask not in icv_masks]
    alone = icv_masks - {_icv_file(mask) for mask in brain_masks}
    faults = [f"{mask}: has no brain mask beside it; run the participant level again." for mask in sorted(alone)]
    rows = []
    for mask, row in in_processes(partial(_row_or_fault, out=out), brain_masks, useful_jobs(jobs, len(brain_masks))):
        if isinstance(row, dict):
            rows.append(row)
        elif isinstance(row, Failure):
            faults.append(f"{mask}: {row.value}, perhaps for lack of memory; use fewer processes.")
        else:
            faults.append(row)
    n_masks, rows = len(rows), _with_failures(rows, failed)
    _write(out / TABLE, rows)
    return Grouped(n_masks, sum(row["status"] == Status.failed for row in rows), faults)


def _with_failures(rows: list[dict[str, str]], failed: Mapping[str, str]) -> list[dict[str, str]]:
    """Rows of the masks, of which some may be older than a failure, and of scans that failed and have no mask."""
    failures = {f"{RAW}{place}": error for place, error in failed.items()}
    marked = [{**row, **_outcome(failures.get(row["source"]))} for row in rows]
    known = {row["source"] for row in rows}
    alone = [_failure_row(place) for place in failed if f"{RAW}{place}" not in known]
    return [*marked, *({**row, **_outcome(failures[row["source"]])} for row in alone)]


def _outcome(error: str | None) -> dict[str, str]:
    """Cells that state whether a scan failed, and why."""
    return {"status": Status.done if error is None else Status.failed, "error": error or _UNKNOWN}


def _failure_row(place: str) -> dict[str, str]:
    """Cells of a scan that failed and has no mask."""
    return {**dict.fromkeys(COLUMNS, _UNKNOWN), **_whose(Path(place)), "source": f"{RAW}{place}"}


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write the table, in the order of the participants, sessions and names.

    Raises
    ------
    OutputError
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=_order))
    write_bytes(path, text.getvalue().encode(), overwrite=True)


def _order(row: Mapping[str, str]) -> str:
    """Path of a mask, or else of the scan that has none: both begin with the participant."""
    return row["source"].removeprefix(RAW) if row["mask"] == _UNKNOWN else row["mask"]


def _row_or_fault(mask: Path, out: Path) -> dict[str, str] | str:
    """Cells of a brain mask and the intracranial mask beside it, or one sentence on why one cannot be read."""
    icv_file = _icv_file(mask)
    try:
        volume = _volume_text(mask)
        icv = _volume_text(icv_file) if icv_file.exists() else _UNKNOWN
    except DeskullError as error:
        return str(error)
    return {
        **_whose(mask),
        "volume_ml": volume,
        "icv_ml": icv,
        "mask": mask.relative_to(out).as_posix(),
        **_origin(mask),
        **_quality(mask),
    }


def _whose(path: Path) -> dict[str, str]:
    """Cells that a file's name tells: the participant, the session and the other entities."""
    entities = dict(read_name(path).entities)
    participant, session = entities.pop("sub", _UNKNOWN), entities.pop("ses", "")
    return {
        "participant_id": f"sub-{participant}",
        "session_id": f"ses-{session}" if session else _UNKNOWN,
        "entities": " ".join(f"{key}-{label}" for key, label in entities.items() if label) or _UNKNOWN,
    }


def _icv_file(mask: Path) -> Path:
    """File of the intracranial mask that may lie beside a brain mask."""
    return mask.with_name(mask.name.replace("_desc-brain", f"_desc-{ICV}", 1))


def _volume_text(mask: Path) -> str:
    """Volume of a mask in ml.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    volume = formats.read(mask)
    return f"{float(binarise(volume).sum()) * volume.voxel_ml:.2f}"


def _quality(mask: Path) -> dict[str, str]:
    """What the file beside a mask says of its quality."""
    quality = read_quality(quality_path(mask), read_sidecar(mask))
    cells = quality.cells() if quality else {}
    return {name: cells.get(name) or _UNKNOWN for name in ("verdict", "predicted_dice", "reason")}


def _origin(mask: Path) -> dict[str, str]:
    """What the sidecar of a mask says of the scan, the version of deskull and the network that it was made with."""
    try:
        fields = read_object(sidecar_path(mask))
        made = fields["GeneratedBy"][0]
        return {
            "source": printable(str(fields["Sources"][0])),
            "version": printable(str(made["Version"])),
            "model": printable(str(made["Parameters"]["model"])),
        }
    except (InputError, LookupError, TypeError):
        return dict.fromkeys(("source", "version", "model"), _UNKNOWN)
