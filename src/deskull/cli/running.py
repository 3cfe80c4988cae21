"""Run a batch from the command line: a line for each scan, a progress bar, a summary, an exit status."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deskull.cli.console import print_message, print_note, print_warning
from deskull.cli.progress import with_batch_progress
from deskull.cli.verdicts import Verdicts
from deskull.cli.wording import command_line_text, on_one_line

if TYPE_CHECKING:
    from deskull.batch.cluster import Cluster
    from deskull.batch.records import Record
    from deskull.batch.tasks import Task
    from deskull.options import StripOptions
    from deskull.quality.verdict import Quality

_logger = logging.getLogger(__name__)


def run(
    tasks: list[Task],
    settings: StripOptions,
    jobs: int,
    *,
    workers: Cluster | None = None,
    table: Path | None = None,
    as_json: bool = False,
    strict: bool = False,
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
    strict : bool
        Whether the verdicts on the masks decide on the exit status, too.
    skipped : sequence of Path
        Files that were left out because they are named like results.

    Raises
    ------
    typer.Exit
        If a scan failed or was refused; with `strict`, also if a mask failed or was not judged.
    """
    from deskull.batch.records import records_table

    start = time.perf_counter()
    statuses: Counter[str] = Counter()
    verdicts = Verdicts(strict)
    with records_table(table) as add:
        if settings.resume and table:
            tasks = _with_recorded(tasks, settings, table)
        stripped = _records(tasks, settings, jobs, workers)
        records = with_batch_progress(stripped, len(tasks), scan=_only_name(tasks))
        for number, record in enumerate(map(_in_terms_of_options, records), 1):
            statuses[record.status] += 1
            statuses["unknown"] += record.status == "skipped" and record.provenance is None
            if record.status in ("done", "skipped"):
                verdicts.add(f"the mask of {record.scan}", record.quality)
            add(record)
            _log_stages(number, record)
            _print_record(record, as_json)
    if len(tasks) > 1 or skipped or statuses["skipped"]:
        _print_summary(statuses, time.perf_counter() - start, table, skipped)
    verdicts.finish(has_failed=bool(statuses["failed"] or statuses["refused"]))


def _only_name(tasks: Sequence[Task]) -> str:
    """Return the name of the scan, if there is only one."""
    return tasks[0].scan.name if len(tasks) == 1 else ""


def _records(tasks: list[Task], settings: StripOptions, jobs: int, workers: Cluster | None) -> Iterator[Record]:
    """Start a batch on this machine or on workers; returns its records as scans are done."""
    if workers:
        from deskull.batch import cluster

        return cluster.run(tasks, settings, workers, print_note)
    from deskull.batch import local

    return local.run(tasks, settings, jobs)


def _with_recorded(tasks: list[Task], settings: StripOptions, table: Path) -> list[Task]:
    """Return the tasks with what a table tells of their earlier masks: their settings, and how good they are."""
    from deskull.batch.records import recorded_results

    made, quality = recorded_results(table)
    masks = [mask.absolute() if (mask := task.mask_file(settings.surface)) else None for task in tasks]
    return [
        replace(task, recorded=made.get(mask), recorded_quality=quality.get(mask)) if mask else task
        for task, mask in zip(tasks, masks, strict=True)
    ]


def _in_terms_of_options(record: Record) -> Record:
    """Return a record whose messages name options of the command line, on stderr as in tables and as JSON."""
    messages = tuple(map(command_line_text, record.warnings))
    return replace(record, warnings=messages, error=command_line_text(record.error))


def _log_stages(number: int, record: Record) -> None:
    """Log the duration of each stage of a scan; the scan goes by its number, since its name may be a patient's."""
    if record.stages:
        stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in record.stages.items())
        _logger.info("scan %d: %s", number, stages)


def _print_record(record: Record, as_json: bool) -> None:
    """Print the outcome of a scan on stdout, its warnings, its error and what is unusual about it on stderr."""
    for message in record.warnings:
        print_warning(message)
    if record.error:
        print_message(f"error: {record.error}")
    if as_json:
        print(json.dumps(_facts(record)), flush=True)
    elif record.status == "done":
        icv = "" if record.icv_ml is None else f" (intracranial {record.icv_ml:.0f} ml)"
        outcome = f"{record.volume_ml:.0f} ml{icv}, {record.seconds:.1f} s -> {record.files['brainmask']}"
        outcome += _trust(record.quality)
        print(on_one_line(f"{record.scan}: {outcome}"), flush=True)
    if record.status == "done" and record.quality:
        for finding in record.quality.findings:
            if finding not in record.quality.reasons:
                print_warning(on_one_line(f"{record.scan}: {finding}"))


def _trust(quality: Quality | None) -> str:
    """Return how far a mask can be trusted, for the end of its line."""
    if quality is None:
        return ""
    # A warning tells why a mask fails.
    reason = f": {quality.reasons[0]}" if quality.reasons and quality.verdict != "fail" else ""
    return f"; {quality.summary()}{reason}"


def _facts(record: Record) -> dict[str, object]:
    """Return the outcome of a scan as a JSON object; null stands for what is not known."""
    made = record.provenance
    facts: dict[str, object] = {
        "scan": record.scan,
        "status": record.status,
        "volume_ml": round(record.volume_ml, 2) or None,
        "icv_ml": None if record.icv_ml is None else round(record.icv_ml, 2),
        "quality": record.quality.as_dict() if record.quality else None,
        "model": record.model or None,
        "sha256": made.sha256 if made else None,
        "surface": made.surface if made else None,
        "border_mm": made.border if made else None,
        "frame": (made.frame or None) if made else None,
        "averaged_frames": (made.averaged_frames or None) if made else None,
        "version": record.version or None,
        "seconds": round(record.seconds, 3),
        "stages": {stage: round(seconds, 3) for stage, seconds in record.stages.items()},
        "files": record.files,
        "warnings": list(record.warnings),
    }
    return facts | ({"error": record.error} if record.error else {})


def _print_summary(statuses: Counter[str], seconds: float, table: Path | None, skipped: Sequence[Path]) -> None:
    """Print the number of scans with each outcome, and of files that were left out."""
    from deskull.batch.records import Status

    total, done = sum(statuses[status] for status in Status), statuses["done"]
    if total and statuses["skipped"] == total:
        scans, them = ("the scan was", "it") if total == 1 else (f"all {total} scans were", "them")
        how = "" if statuses["unknown"] else " with these settings"
        parts = [f"nothing to do: {scans} stripped before{how}; --overwrite strips {them} again"]
    else:
        parts = [
            f"{total} scans in {seconds:.0f} s",
            f"{done} stripped ({3600 * done / max(seconds, 1e-9):.0f} per hour)",
        ]
        parts += [f"{statuses['skipped']} stripped before"] if statuses["skipped"] else []
        refused = f"{statuses['refused']} of {total} scans were not stripped, because they have results already"
        parts += [refused] if statuses["refused"] else []
        parts += [f"{statuses['failed']} of {total} scans failed"] if statuses["failed"] else []
        parts += [f"table in {table}"] if table else []
    if statuses["unknown"]:
        parts.append(f"no table or sidecar states the settings of {statuses['unknown']} of the results that were kept")
    if skipped:
        parts.append(f"{len(skipped)} files named like results were left out ({skipped[0].name})")
    print_note("; ".join(parts))
