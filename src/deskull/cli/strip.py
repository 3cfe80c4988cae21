"""``deskull strip``: raw scans in, brains out."""

from __future__ import annotations

import enum
import json
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli.console import FAILED, say
from deskull.cli.progress import counted
from deskull.errors import UsageError

if TYPE_CHECKING:
    from deskull.batch import Record
    from deskull.cluster import Cluster

#: Table of a batch in its folder of results.
TABLE = "deskull.tsv"


class Surface(enum.StrEnum):
    """Which surface the mask follows."""

    brain = "brain"
    intracranial = "intracranial"


class Frames(enum.StrEnum):
    """What is done with a 4-D series."""

    each = "each"
    mean = "mean"


class EngineName(enum.StrEnum):
    """What runs the network."""

    onnxruntime = "onnxruntime"
    openvino = "openvino"


class Device(enum.StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"


class Queue(enum.StrEnum):
    """Queueing systems that start workers."""

    slurm = "slurm"
    pbs = "pbs"
    sge = "sge"
    lsf = "lsf"


def strip(
    scans: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCAN...",
            help="Head scans, 3-D or 4-D; folders of them; DICOM folders, files or zips; patterns; tables of 'deskull "
            "data index', CSV with a column scan, or text with a path a line.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for results; by default beside the scan.")
    ] = None,
    mask_only: Annotated[bool, typer.Option("--mask-only", help="Write the mask but not the brain.")] = False,
    border: Annotated[
        float | None, typer.Option(help="End the mask so many mm outside (negative: inside) the surface; by default 0.")
    ] = None,
    surface: Annotated[
        Surface, typer.Option(help="Brain with sulcal fluid, or also the fluid around it.")
    ] = Surface.brain,
    distance: Annotated[bool, typer.Option("--distance", help="Also write the signed distance in mm.")] = False,
    bias_correct: Annotated[bool, typer.Option("--bias-correct", help="Also write the brain after N4.")] = False,
    frame: Annotated[
        Frames, typer.Option(help="Of a 4-D series: a mask of each frame, or of their mean.")
    ] = Frames.each,
    model: Annotated[str, typer.Option(help="A shipped model, or the path of an .onnx file.")] = "default",
    engine: Annotated[EngineName, typer.Option(help="What runs the network.")] = EngineName.onnxruntime,
    device: Annotated[Device, typer.Option(help="Use a GPU if onnxruntime-gpu finds one, or never.")] = Device.auto,
    jobs: Annotated[
        int | None, typer.Option(help="Processes; by default one for a few scans, one a core for many.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads of each process; by default the cores (up to 8) over --jobs.")
    ] = None,
    series: Annotated[
        str | None, typer.Option(metavar="N|all", help="Of DICOM with several series: this one, or each.")
    ] = None,
    dicom_seg: Annotated[
        bool, typer.Option("--dicom-seg", help="Of DICOM: also write X_seg.dcm, the mask as DICOM SEG.")
    ] = False,
    keep_identity: Annotated[
        bool, typer.Option("--keep-identity", help="Let X_seg.dcm say whose it is, as archives need; else it is blank.")
    ] = False,
    split: Annotated[str | None, typer.Option(help="Of a table: only the scans of this split.")] = None,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Only the I-th of N parts, for array jobs.")] = None,
    scheduler: Annotated[
        str, typer.Option(metavar="tcp://HOST:PORT", help="Strip on the workers of this Dask scheduler.")
    ] = "",
    cluster: Annotated[Queue | None, typer.Option(help="Strip on --jobs workers started in this queue.")] = None,
    memory: Annotated[str, typer.Option(help="Memory of each worker of --cluster.")] = "2GB",
    cluster_option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of --cluster: queue, account, walltime, ...")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help=f"Add a line for each scan to this TSV file; with -o and several scans, {TABLE} there."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out scans whose results are all there.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a scan.")] = False,
) -> None:
    """Strip scans: X.nii.gz gives X_brain.nii.gz and X_brainmask.nii.gz, with the scan's own header."""
    from deskull import batch, worklist
    from deskull.cluster import run
    from deskull.records import records_table

    tasks = worklist.plan(scans, out, split, series)
    if shard:
        tasks = worklist.shard(tasks, shard)
    workers = _workers(scheduler, cluster, jobs, threads, memory, cluster_option or [])
    jobs, threads = batch.spread(len(tasks), jobs, threads or (1 if workers else None))
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
        table = out / (TABLE if shard is None else f"deskull_{shard.replace('/', 'of')}.tsv")
    start = time.perf_counter()
    statuses: Counter[str] = Counter()
    with records_table(table) as add:
        records = run(tasks, settings, workers, say) if workers else batch.run(tasks, settings, jobs)
        for record in counted(records, len(tasks), as_json=as_json):
            statuses[record.status] += 1
            add(record)
            _print(record, as_json)
    if len(tasks) > 1:
        _print_summary(statuses, time.perf_counter() - start, table)
    if statuses["failed"]:
        raise typer.Exit(FAILED)


def _workers(
    scheduler: str, queue: Queue | None, jobs: int | None, threads: int | None, memory: str, options: list[str]
) -> Cluster | None:
    """The cluster that is meant, or None for this machine."""
    from deskull.cluster import Cluster

    if scheduler and queue:
        raise UsageError("--scheduler and --cluster: are two ways to the same end; give one.")
    wrong = [option for option in options if "=" not in option]
    if wrong or (options and not queue):
        raise UsageError(f"--cluster-option {(wrong or options)[0]}: write NAME=VALUE, with --cluster.")
    if not (scheduler or queue):
        return None
    settings = dict(option.split("=", 1) for option in options)
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
