"""``deskull strip``: raw scans in, brains out."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deskull.cli import options
from deskull.cli.console import FAILED, say
from deskull.cli.progress import counted
from deskull.errors import UsageError

if TYPE_CHECKING:
    from deskull.batch import Record, Settings
    from deskull.cluster import Cluster
    from deskull.worklist import Task


def strip(
    scans: options.Scans,
    out: options.Out = None,
    mask_only: options.MaskOnly = False,
    border: options.Border = None,
    surface: options.WhichSurface = options.Surface.brain,
    distance: options.Distance = False,
    bias_correct: options.BiasCorrect = False,
    frame: options.WhichFrame = options.Frames.each,
    model: options.ModelName = "default",
    engine: options.WhichEngine = options.EngineName.onnxruntime,
    device: options.WhichDevice = options.Device.auto,
    jobs: options.Jobs = None,
    threads: options.Threads = None,
    series: options.SeriesChoice = None,
    dicom_seg: options.DicomSeg = False,
    keep_identity: options.KeepIdentity = False,
    split: options.Split = None,
    shard: options.Shard = None,
    scheduler: options.Scheduler = "",
    cluster: options.ClusterKind = None,
    memory: options.Memory = "2GB",
    cluster_option: options.ClusterOption = None,
    table: options.Table = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Strip scans: X.nii.gz gives X_brain.nii.gz and X_brainmask.nii.gz, with the scan's own header."""
    from deskull import batch, worklist

    tasks = worklist.plan(scans, out, split, series)
    if shard:
        tasks = worklist.shard(tasks, shard)
    workers = _workers(scheduler, cluster, jobs, threads, memory, cluster_option or [])
    jobs, threads = batch.spread(len(tasks), jobs, 1 if workers and threads is None else threads)
    kinds = {
        "brainmask": True,
        "brain": not mask_only,
        "distance": distance,
        "brain_n4": bias_correct,
        "seg": dicom_seg,
    }
    settings = batch.Settings(
        kinds=tuple(kind for kind, wanted in kinds.items() if wanted),
        model=model,
        engine=engine.value,
        device=device.value,
        surface=surface.value,
        frame=frame.value,
        border=border,
        threads=threads,
        overwrite=overwrite,
        resume=resume,
        keep_identity=keep_identity,
    )
    batch.check(settings)
    if table is None and out and len(tasks) > 1:
        table = out / (options.TABLE if shard is None else f"deskull_{shard.replace('/', 'of')}.tsv")
    _run(tasks, settings, jobs, workers, table, as_json=as_json)


def _run(
    tasks: list[Task], settings: Settings, jobs: int, workers: Cluster | None, table: Path | None, *, as_json: bool
) -> None:
    """Strip scans; print and keep what became of each."""
    from deskull import batch, cluster
    from deskull.records import records_table

    start = time.perf_counter()
    statuses: Counter[str] = Counter()
    records = cluster.run(tasks, settings, workers, say) if workers else batch.run(tasks, settings, jobs)
    with records_table(table) as add:
        for record in counted(records, len(tasks), as_json=as_json):
            statuses[record.status] += 1
            add(record)
            _print(record, as_json)
    if len(tasks) > 1:
        _print_summary(statuses, time.perf_counter() - start, table)
    if statuses["failed"]:
        raise typer.Exit(FAILED)


def _workers(
    scheduler: str, queue: options.Queue | None, jobs: int | None, threads: int | None, memory: str, further: list[str]
) -> Cluster | None:
    """The cluster that is meant, or None for this machine."""
    from deskull.cluster import Cluster

    if scheduler and queue:
        raise UsageError("--scheduler and --cluster: are two ways to the same end; give one.")
    wrong = [option for option in further if "=" not in option]
    if wrong or (further and not queue):
        raise UsageError(f"--cluster-option {(wrong or further)[0]}: write NAME=VALUE, with --cluster.")
    if not (scheduler or queue):
        return None
    settings = dict(option.split("=", 1) for option in further)
    return Cluster(scheduler, queue.value if queue else "", jobs or 1, threads or 1, memory, settings)


def _print(record: Record, as_json: bool) -> None:
    """Print a scan's line on stdout, what was odd or wrong on stderr."""
    for message in record.warnings:
        say(f"warning: {message}")
    if record.error:
        say(f"error: {record.error}")
    if as_json and record.status == "stripped":
        numbers = {"volume_ml": round(record.volume_ml, 2), "seconds": round(record.seconds, 3)}
        stages = {name: round(spent, 3) for name, spent in record.stages.items()}
        print(json.dumps({"scan": record.scan, **numbers, "stages": stages, "files": record.files}), flush=True)
    elif record.status == "stripped":
        done = f"{record.volume_ml:.0f} ml, {record.seconds:.1f} s -> {record.files['brainmask']}"
        print(f"{record.scan}: {done}", flush=True)


def _print_summary(statuses: Counter[str], seconds: float, table: Path | None) -> None:
    """Say what became of the scans."""
    total = sum(statuses.values())
    parts = [f"{total} scans in {seconds:.0f} s"]
    parts += [f"{statuses['stripped']} stripped ({3600 * statuses['stripped'] / max(seconds, 1e-9):.0f} an hour)"]
    parts += [f"{statuses['found']} found done"] if statuses["found"] else []
    parts += [f"{statuses['failed']} of {total} scans failed"] if statuses["failed"] else []
    say("; ".join(parts) + (f"; table in {table}" if table else ""))
