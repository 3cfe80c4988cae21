"""The group level of the BIDS App: one table of all masks in a derivatives folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from deskull import formats
from deskull.bids.participant import TABLE
from deskull.errors import DeskullError, UsageError
from deskull.formats import split_name
from deskull.masking import binarise
from deskull.system.atomic import write_bytes
from deskull.system.processes import Failure, in_processes, useful_jobs

COLUMNS = ("participant_id", "session_id", "entities", "source", "volume_ml", "version", "model", "mask")


def group(out: Path, jobs: int = 1) -> tuple[int, list[str]]:
    """Write a line for each mask beneath a derivatives folder to ``group_brain.tsv``; an earlier table is replaced.

    Parameters
    ----------
    out : Path
    jobs : int
        Number of processes.

    Returns
    -------
    count : int
        Lines written.
    problems : list of str
        One sentence for each mask that could not be read.

    Raises
    ------
    UsageError
        If there are no masks.
    """
    masks = sorted(out.glob("sub-*/**/*_mask.nii.gz"))
    if not masks:
        raise UsageError(f"{out}: holds no masks; run the participant level first.")
    rows, problems = [], []
    for mask, row in in_processes(partial(_row_or_fault, out=out), masks, useful_jobs(jobs, len(masks))):
        if isinstance(row, dict):
            rows.append(row)
        elif isinstance(row, Failure):
            problems.append(f"{mask}: {row.value}, perhaps for lack of memory; use fewer processes.")
        else:
            problems.append(row)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: row["mask"]))
    write_bytes(out / TABLE, text.getvalue().encode(), overwrite=True)
    return len(rows), problems


def _row_or_fault(mask: Path, out: Path) -> dict[str, str] | str:
    """Cells of a mask, or what is wrong with it."""
    try:
        volume = formats.read(mask)
    except DeskullError as error:
        return str(error)
    try:
        facts = json.loads(mask.with_name(f"{split_name(mask)[0]}.json").read_text())
        made, source = facts["GeneratedBy"][0], facts["Sources"][0]
        version, model = made["Version"], made["Parameters"]["model"]
    except (OSError, ValueError, LookupError, TypeError):
        version = model = source = "n/a"
    entities = dict(_entities(mask))
    sub, ses = entities.pop("sub", "n/a"), entities.pop("ses", "")
    return {
        "participant_id": f"sub-{sub}",
        "session_id": f"ses-{ses}" if ses else "n/a",
        "entities": " ".join(f"{key}-{value}" for key, value in entities.items()) or "n/a",
        "source": source,
        "volume_ml": f"{float(binarise(volume).sum()) * volume.voxel_ml:.2f}",
        "version": version,
        "model": model,
        "mask": mask.relative_to(out).as_posix(),
    }


def _entities(path: Path) -> Iterator[tuple[str, str]]:
    """Keys and values of a BIDS name."""
    for part in split_name(path)[0].split("_")[:-1]:
        key, dash, value = part.partition("-")
        if dash:
            yield key, value
