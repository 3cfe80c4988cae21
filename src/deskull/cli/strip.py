"""``deskull strip``: raw head scans in, brains out."""

from __future__ import annotations

from dataclasses import replace
from glob import has_magic
from typing import TYPE_CHECKING

from deskull.cli import options
from deskull.cli.light_imports import import_nibabel_alone
from deskull.cli.options import DEFAULTS
from deskull.cli.report import ReportAfterwards, report_afterwards
from deskull.cli.running import run
from deskull.cli.verdicts import check_strict
from deskull.errors import UsageError
from deskull.options import OutputKind, StripOptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deskull.batch.cluster import Cluster
    from deskull.batch.sources import Plan
    from deskull.batch.tasks import Task


def strip(
    scans: options.Scans,
    out: options.Out = None,
    mask: options.MaskFile = None,
    mask_only: options.MaskOnly = False,
    distance: options.Distance = False,
    bias_correct: options.BiasCorrect = False,
    icv: options.Icv = False,
    sidecar: options.WriteSidecar = DEFAULTS.sidecar,
    quality_file: options.QualityFile = DEFAULTS.quality_file,
    table: options.Table = None,
    report: ReportAfterwards = False,
    resume: options.Resume = DEFAULTS.resume,
    overwrite: options.Overwrite = DEFAULTS.overwrite,
    surface: options.SurfaceChoice = DEFAULTS.surface,
    border: options.Border = DEFAULTS.border,
    frame: options.FrameChoice = DEFAULTS.frame,
    bval: options.BValuesFile = None,
    quality: options.QualityChoice = DEFAULTS.quality,
    strict: options.Strict = False,
    model: options.ModelName = DEFAULTS.model,
    split: options.Split = None,
    shard: options.Shard = None,
    allow_outside_data: options.AllowOutsideData = DEFAULTS.allow_outside_data,
    jobs: options.Jobs = None,
    threads: options.Threads = DEFAULTS.threads,
    engine: options.EngineChoice = DEFAULTS.engine,
    device: options.DeviceChoice = DEFAULTS.device,
    timeout: options.Timeout = DEFAULTS.timeout,
    scheduler: options.Scheduler = "",
    cluster: options.ClusterQueue = None,
    memory: options.Memory = None,
    cluster_option: options.ClusterOption = None,
    series: options.SeriesChoice = DEFAULTS.series,
    dicom_seg: options.DicomSeg = False,
    keep_identity: options.KeepIdentity = DEFAULTS.keep_identity,
    max_archive_gb: options.MaxArchive = DEFAULTS.max_archive_gb,
    as_json: options.AsJson = False,
) -> None:
    """Strip scans: X.nii.gz gives X_brain.nii.gz and X_brainmask.nii.gz, with the header of the scan."""
    settings = StripOptions(
        outputs=_outputs(mask_only, distance, bias_correct, icv, dicom_seg), sidecar=sidecar, quality_file=quality_file,
        quality=quality, overwrite=overwrite, resume=resume, surface=surface, border=border, frame=frame, model=model,
        allow_outside_data=allow_outside_data, engine=engine, device=device, threads=threads, timeout=timeout,
        series=series, keep_identity=keep_identity, max_archive_gb=max_archive_gb,
    )  # fmt: skip
    check_strict(strict, settings.quality)
    import_nibabel_alone()
    out, plan = _plan(scans, out, mask, split, shard, settings)
    tasks = _with_b_values(plan.tasks, bval)
    workers = _cluster(scheduler, cluster, jobs, threads, memory, cluster_option or [])
    jobs, settings = _jobs_and_settings(len(tasks), jobs, settings, has_workers=workers is not None)
    table = table or _default_table(out, shard, scans, tasks)
    with report_afterwards(report, table, None if workers else jobs, may_replace=resume or overwrite):
        run(tasks, settings, jobs, workers=workers, table=table, as_json=as_json, strict=strict, skipped=plan.skipped)


def _plan(
    scans: Sequence[Path],
    out: Path | None,
    mask: Path | None,
    split: str | None,
    part: str | None,
    settings: StripOptions,
) -> tuple[Path | None, Plan]:
    """Return the folder of the results, and the scans (or a part of them) with the files of their results.

    Raises
    ------
    UsageError
        If the scans, the files and the options do not fit together.
    """
    from deskull.batch import sources
    from deskull.batch.chosen_names import choose_names, is_file_name
    from deskull.batch.tasks import check_outputs, shard

    _refuse_output_as_scan(scans, out)
    file, folder = (out, out.parent) if out and is_file_name(out) else (None, out)
    plan = sources.plan(scans, folder, split, settings.series, reading=settings.reading)
    tasks = choose_names(plan.tasks, file, mask, settings)
    check_outputs(tasks)
    _refuse_dicom_options(tasks, settings)
    return folder, replace(plan, tasks=tasks if part is None else shard(tasks, part))


def _with_b_values(tasks: list[Task], file: Path | None) -> list[Task]:
    """Give the only scan a file of b-values.

    Raises
    ------
    UsageError
        If there is no such file, or there are several scans.
    """
    from deskull.formats.files import why_missing

    if file is None:
        return tasks
    if not file.exists():
        raise UsageError(f"--bval: {why_missing(file)}")
    if len(tasks) != 1:
        raise UsageError(f"--bval {file}: applies to one series, but there are {len(tasks)} scans; name one of them.")
    return [replace(tasks[0], b_values=file)]


def _jobs_and_settings(
    n_scans: int, jobs: int | None, settings: StripOptions, *, has_workers: bool
) -> tuple[int, StripOptions]:
    """Choose the numbers of processes and of threads, and refuse settings that no scan can be stripped with.

    Raises
    ------
    UsageError
    """
    from deskull.batch import local, stripping

    threads = 1 if has_workers and settings.threads is None else settings.threads
    jobs, threads = local.jobs_and_threads(n_scans, jobs, threads)
    settings = replace(settings, threads=threads)
    stripping.check_options(settings)
    return jobs, settings


def _refuse_output_as_scan(scans: Sequence[Path], out: Path | None) -> None:
    """Refuse ``strip IN OUT``, as other tools are called, if OUT does not exist: it would be taken for a second scan.

    Raises
    ------
    UsageError
    """
    if out is not None or len(scans) != 2 or has_magic(str(scans[1])) or scans[1].suffix in (".csv", ".tsv", ".txt"):
        return
    if scans[0].exists() and not scans[1].exists():
        raise UsageError(f"{scans[1]}: no such file; did you mean -o {scans[1]}?")


def _default_table(out: Path | None, shard: str | None, scans: Sequence[Path], tasks: Sequence[Task]) -> Path | None:
    """Return the table of a batch in its folder of results, one for each shard; None for a scan named by itself."""
    is_batch = len(tasks) > 1 or any(task.scan not in scans for task in tasks)
    if out is None or not is_batch:
        return None
    return out / (options.TABLE if shard is None else f"deskull_{shard.replace('/', 'of')}.tsv")


def _outputs(mask_only: bool, distance: bool, bias_correct: bool, icv: bool, dicom_seg: bool) -> tuple[OutputKind, ...]:
    """Return the kinds of files that the options ask for."""
    requested = {
        OutputKind.brainmask: True,
        OutputKind.brain: not mask_only,
        OutputKind.distance: distance,
        OutputKind.brain_n4: bias_correct,
        OutputKind.icvmask: icv,
        OutputKind.seg: dicom_seg,
        OutputKind.converted: not mask_only,
    }
    return tuple(kind for kind, is_requested in requested.items() if is_requested)


def _refuse_dicom_options(tasks: Sequence[Task], settings: StripOptions) -> None:
    """Refuse options for DICOM if no scan is DICOM, or nothing is written that they apply to.

    Raises
    ------
    UsageError
    """
    dicom_seg = OutputKind.seg in settings.outputs
    for option, is_given in (("--dicom-seg", dicom_seg), ("--series", settings.series is not None)):
        if is_given and not any(task.is_dicom for task in tasks):
            raise UsageError(f"{option}: applies to DICOM, but no scan is DICOM; leave it out.")
    if settings.keep_identity and not dicom_seg:
        raise UsageError("--keep-identity: applies to the DICOM segmentation; add --dicom-seg.")


def _cluster(
    scheduler: str,
    queue: options.Queue | None,
    jobs: int | None,
    threads: int | None,
    memory: str | None,
    queue_options: list[str],
) -> Cluster | None:
    """Return the cluster that the options describe, or None to strip on this machine.

    Raises
    ------
    UsageError
        If the options contradict each other.
    """
    if scheduler and queue:
        raise UsageError("--scheduler and --cluster: exclude each other; give one of them.")
    malformed = [option for option in queue_options if "=" not in option]
    if malformed or (queue_options and not queue):
        option = (malformed or queue_options)[0]
        raise UsageError(f"--cluster-option {option}: must be NAME=VALUE and needs --cluster.")
    if memory and not queue:
        raise UsageError(f"--memory {memory}: applies to workers that --cluster starts; add --cluster or leave it out.")
    if not (scheduler or queue):
        return None
    from deskull.batch.cluster import Cluster

    named = dict(option.split("=", 1) for option in queue_options)
    return Cluster(scheduler, queue.value if queue else "", jobs or 1, threads or 1, memory or Cluster.memory, named)
