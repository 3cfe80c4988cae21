"""Running a batch in sight of a user: a line for each scan, a bar, a summary, an exit status."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deskull.cli.console import FAILED, option_names, say
from deskull.cli.progress import counted

if TYPE_CHECKING:
    from deskull.batch.cluster import Cluster
    from deskull.batch.records import Record
    from deskull.batch.tasks import Task
    from deskull.options import StripOptions


def run(
    tasks: list[Task],
    settings: StripOptions,
    jobs: int,
    *,
    workers: Cluster | None = None,
    table: Path | None = None,
    as_json: bool = False,
    skipped: Sequence[Path] = (),
) -> None:
    """Strip scans on this machine or on workers; print the outcome of each, and append it to a table.

    Parameters
    ----------
    tasks : list of Task
        The scans.
    settings : StripOptions
        What to do with each.
    jobs : int
        Number of processes.
    workers : Cluster, optional
        Where workers are, if not on this machine.
    table : Path, optional
        Table of the outcomes.
    as_json : bool
        Whether to print the outcomes as JSON.
    skipped : sequence of Path
        Files that were left out because they are named like results.

    Raises
    ------
    typer.Exit
        If a scan failed.
    """
    from deskull.batch.records import records_table

    start = time.perf_counter()
    statuses: Counter[str] = Counter()
    records = _started(tasks, settings, jobs, workers)
    with records_table(table) as add:
        for record in counted(records, len(tasks), as_json=as_json):
            statuses[record.status] += 1
            add(record)
            _print(record, as_json)
    if len(tasks) > 1 or skipped:
        _print_summary(statuses, time.perf_counter() - start, table, skipped)
    if statuses["failed"]:
        raise typer.Exit(FAILED)


def _started(tasks: list[Task], settings: StripOptions, jobs: int, workers: Cluster | None) -> Iterator[Record]:
    """The records of a batch, on this machine or on workers."""
    if workers:
        from deskull.batch import cluster

        return cluster.run(tasks, settings, workers, say)
    from deskull.batch import local as batch

    return batch.run(tasks, settings, jobs)


def _print(record: Record, as_json: bool) -> None:
    """Print a scan's line on stdout, what was odd or wrong on stderr."""
    for message in record.warnings:
        say(f"warning: {message}")
    if record.error:
        say(f"error: {option_names(record.error)}")
    if as_json:
        numbers = {"volume_ml": round(record.volume_ml, 2), "seconds": round(record.seconds, 3)}
        stages = {name: round(spent, 3) for name, spent in record.stages.items()}
        facts = {"scan": record.scan, "status": record.status, **numbers, "stages": stages, "files": record.files}
        print(json.dumps(facts | ({"error": record.error} if record.error else {})), flush=True)
    elif record.status == "done":
        done = f"{record.volume_ml:.0f} ml, {record.seconds:.1f} s -> {record.files['brainmask']}"
        print(f"{record.scan}: {done}", flush=True)


def _print_summary(statuses: Counter[str], seconds: float, table: Path | None, skipped: Sequence[Path]) -> None:
    """Print how many scans were stripped, skipped and not stripped."""
    total = sum(statuses.values())
    named = [f"{len(skipped)} files named like results were left out ({skipped[0].name})"] if skipped else []
    if statuses["skipped"] == total:
        say(
            "; ".join([f"nothing to do: all {total} scans were stripped before; --overwrite strips them again", *named])
        )
        return
    parts = [f"{total} scans in {seconds:.0f} s"]
    parts += [f"{statuses['done']} stripped ({3600 * statuses['done'] / max(seconds, 1e-9):.0f} an hour)"]
    parts += [f"{statuses['skipped']} stripped before"] if statuses["skipped"] else []
    parts += [f"{statuses['failed']} of {total} scans failed"] if statuses["failed"] else []
    say("; ".join([*parts, *named]) + (f"; table in {table}" if table else ""))
