"""Run a batch from the command line: a line for each scan, a progress bar, a summary, an exit status."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deskull.cli.console import FAILED, print_message, print_warning
from deskull.cli.progress import with_batch_progress
from deskull.cli.wording import command_line_text, on_one_line

if TYPE_CHECKING:
    from deskull.batch.cluster import Cluster
    from deskull.batch.records import Record
    from deskull.batch.tasks import Task
    from deskull.options import StripOptions

_logger = logging.getLogger(__name__)


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
    """Strip scans on this machine or on the workers of a cluster, and print the outcome of each.

    Parameters
    ----------
    tasks : list of Task
    settings : StripOptions
    jobs : int
        Number of processes on this machine.
    workers : Cluster, optional
        Where to strip instead.
    table : Path, optional
        TSV file to which a line is added for each scan.
    as_json : bool
        Whether to print a JSON object for each scan in place of a line of text.
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
    records = with_batch_progress(_records(tasks, settings, jobs, workers), len(tasks), as_json=as_json)
    with records_table(table) as add:
        for number, record in enumerate(records, 1):
            statuses[record.status] += 1
            add(record)
            _log_stages(number, record)
            _print_record(record, as_json)
    if len(tasks) > 1 or skipped or statuses["skipped"]:
        _print_summary(statuses, time.perf_counter() - start, table, skipped)
    if statuses["failed"]:
        raise typer.Exit(FAILED)


def _records(tasks: list[Task], settings: StripOptions, jobs: int, workers: Cluster | None) -> Iterator[Record]:
    """Start a batch on this machine or on workers; returns its records as scans are done."""
    if workers:
        from deskull.batch import cluster

        return cluster.run(tasks, settings, workers, print_message)
    from deskull.batch import local

    return local.run(tasks, settings, jobs)


def _log_stages(number: int, record: Record) -> None:
    """Log the duration of each stage of a scan; the scan goes by its number, since its name may be a patient's."""
    if record.stages:
        stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in record.stages.items())
        _logger.info("scan %d: %s", number, stages)


def _print_record(record: Record, as_json: bool) -> None:
    """Print the outcome of a scan on stdout, its warnings and its error on stderr."""
    for message in record.warnings:
        print_warning(message)
    if record.error:
        print_message(f"error: {command_line_text(record.error)}")
    if as_json:
        print(json.dumps(_facts(record)), flush=True)
    elif record.status == "done":
        outcome = f"{record.volume_ml:.0f} ml, {record.seconds:.1f} s -> {record.files['brainmask']}"
        print(on_one_line(f"{record.scan}: {outcome}"), flush=True)


def _facts(record: Record) -> dict[str, object]:
    """Return the outcome of a scan as a JSON object."""
    facts = {
        "scan": record.scan,
        "status": record.status,
        "volume_ml": round(record.volume_ml, 2),
        "seconds": round(record.seconds, 3),
        "stages": {stage: round(seconds, 3) for stage, seconds in record.stages.items()},
        "files": record.files,
    }
    return facts | ({"error": record.error} if record.error else {})


def _print_summary(statuses: Counter[str], seconds: float, table: Path | None, skipped: Sequence[Path]) -> None:
    """Print the number of scans with each outcome, and of files that were left out."""
    total, done = sum(statuses.values()), statuses["done"]
    if total and statuses["skipped"] == total:
        scans, them = ("the scan was", "it") if total == 1 else (f"all {total} scans were", "them")
        parts = [f"nothing to do: {scans} stripped before; --overwrite strips {them} again"]
    else:
        parts = [
            f"{total} scans in {seconds:.0f} s",
            f"{done} stripped ({3600 * done / max(seconds, 1e-9):.0f} per hour)",
        ]
        parts += [f"{statuses['skipped']} stripped before"] if statuses["skipped"] else []
        parts += [f"{statuses['failed']} of {total} scans failed"] if statuses["failed"] else []
        parts += [f"table in {table}"] if table else []
    if skipped:
        parts.append(f"{len(skipped)} files named like results were left out ({skipped[0].name})")
    print_message("; ".join(parts))
