"""``deskull strip``: raw scans in, brains out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deskull.cli import options
from deskull.cli.running import run
from deskull.errors import UsageError
from deskull.options import Device, EngineName, Frame, OutputKind, StripOptions, Surface

if TYPE_CHECKING:
    from deskull.batch.cluster import Cluster
    from deskull.batch.tasks import Task


def strip(
    scans: options.Scans,
    out: options.Out = None,
    mask_only: options.MaskOnly = False,
    border: options.Border = 0.0,
    surface: options.WhichSurface = Surface.brain,
    distance: options.Distance = False,
    bias_correct: options.BiasCorrect = False,
    frame: options.WhichFrame = Frame.each,
    model: options.ModelName = "default",
    engine: options.WhichEngine = EngineName.onnxruntime,
    device: options.WhichDevice = Device.auto,
    jobs: options.Jobs = None,
    threads: options.Threads = None,
    series: options.SeriesChoice = None,
    dicom_seg: options.DicomSeg = False,
    keep_identity: options.KeepIdentity = False,
    split: options.Split = None,
    shard: options.Shard = None,
    scheduler: options.Scheduler = "",
    cluster: options.ClusterKind = None,
    memory: options.Memory = None,
    cluster_option: options.ClusterOption = None,
    table: options.Table = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Strip scans: X.nii.gz gives X_brain.nii.gz and X_brainmask.nii.gz, with the scan's own header."""
    from deskull.batch import local as batch
    from deskull.batch import sources, stripping
    from deskull.batch import tasks as worklist

    plan = sources.plan(scans, out, split, series)
    tasks = plan.tasks
    _refuse(tasks, bool(series), dicom_seg, keep_identity)
    if shard:
        tasks = worklist.shard(tasks, shard)
    workers = _workers(scheduler, cluster, jobs, threads, memory, cluster_option or [])
    jobs, threads = batch.jobs_and_threads(len(tasks), jobs, 1 if workers and threads is None else threads)
    wanted = {
        OutputKind.brain: not mask_only,
        OutputKind.distance: distance,
        OutputKind.brain_n4: bias_correct,
        OutputKind.seg: dicom_seg,
    }
    settings = StripOptions(
        outputs=tuple(kind for kind, is_wanted in wanted.items() if is_wanted),
        model=model,
        engine=engine,
        device=device,
        surface=surface,
        frame=frame,
        border=border,
        threads=threads,
        overwrite=overwrite,
        resume=resume,
        keep_identity=keep_identity,
    )
    stripping.check_options(settings)
    if table is None and out and len(tasks) > 1:
        table = out / (options.TABLE if shard is None else f"deskull_{shard.replace('/', 'of')}.tsv")
    run(tasks, settings, jobs, workers=workers, table=table, as_json=as_json, skipped=plan.skipped)


def _refuse(tasks: list[Task], series: bool, dicom_seg: bool, keep_identity: bool) -> None:
    """Refuse options for DICOM where there is none, or nothing that they could be of."""
    if (dicom_seg or series) and not any(task.is_dicom for task in tasks):
        raise UsageError("--dicom-seg and --series: are for DICOM, and no scan is.")
    if keep_identity and not dicom_seg:
        raise UsageError("--keep-identity: is for the DICOM segmentation; add --dicom-seg.")


def _workers(
    scheduler: str,
    queue: options.Queue | None,
    jobs: int | None,
    threads: int | None,
    memory: str | None,
    further: list[str],
) -> Cluster | None:
    """The cluster that is meant, or None for this machine."""
    if scheduler and queue:
        raise UsageError("--scheduler and --cluster: are two ways to the same end; give one.")
    wrong = [option for option in further if "=" not in option]
    if wrong or (further and not queue):
        raise UsageError(f"--cluster-option {(wrong or further)[0]}: write NAME=VALUE, with --cluster.")
    if memory and not queue:
        raise UsageError(f"--memory {memory}: is of workers that --cluster starts; add it, or leave this out.")
    if not (scheduler or queue):
        return None
    from deskull.batch.cluster import Cluster

    settings = dict(option.split("=", 1) for option in further)
    return Cluster(scheduler, queue.value if queue else "", jobs or 1, threads or 1, memory or Cluster.memory, settings)
