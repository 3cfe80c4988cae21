"""Running a batch in sight of a user: a line for each scan, a bar, a summary, an exit status."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
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
) -> None:
    """Strip scans here or on workers; print what became of each, and add it to a table.

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
    if len(tasks) > 1:
        _print_summary(statuses, time.perf_counter() - start, table)
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
    elif record.status == "stripped":
        done = f"{record.volume_ml:.0f} ml, {record.seconds:.1f} s -> {record.files['brainmask']}"
        print(f"{record.scan}: {done}", flush=True)


def _print_summary(statuses: Counter[str], seconds: float, table: Path | None) -> None:
    """Say what became of the scans."""
    total = sum(statuses.values())
    if statuses["found"] == total:
        say(f"nothing to do: all {total} scans were stripped before; --overwrite does them again")
        return
    parts = [f"{total} scans in {seconds:.0f} s"]
    parts += [f"{statuses['stripped']} stripped ({3600 * statuses['stripped'] / max(seconds, 1e-9):.0f} an hour)"]
    parts += [f"{statuses['found']} found done"] if statuses["found"] else []
    parts += [f"{statuses['failed']} of {total} scans failed"] if statuses["failed"] else []
    say("; ".join(parts) + (f"; table in {table}" if table else ""))
