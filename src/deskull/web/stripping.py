"""Stripping: what the process that runs the networks does with one job."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from deskull import formats
from deskull.averaging import averaged_frames
from deskull.batch.outputs import Sidecar
from deskull.batch.stripping import load_stripper
from deskull.demo import make_head
from deskull.options import ReadOptions, Surface
from deskull.quality.verdict import Quality
from deskull.result import Result
from deskull.system.atomic import Transaction
from deskull.system.memory import keep_freed_memory, return_freed_memory
from deskull.volume import FloatArray, Volume
from deskull.web.job_files import JobFiles
from deskull.web.refusals import refusal_of
from deskull.web.source import Options
from deskull.web.stages import stages_told, tell

#: The server answers first: this process is nice to it (nice(2)).
_NICENESS = 5
#: Memory in GB that the process may keep between scans.
_KEPT_GB = 1.0


@dataclass(frozen=True)
class Work:
    """A job, as the process is given it.

    Attributes
    ----------
    folder : Path
        Of the job.
    source : Path, optional
        The scan; None for the synthetic head.
    series : str, optional
        Of a DICOM source.
    options : Options
    name : str
        How messages call the scan.
    """

    folder: Path
    source: Path | None
    series: str | None
    options: Options
    name: str


@dataclass(frozen=True)
class Outcome:
    """What has become of a job: fields of `deskull.web.job.Job.outcome`, or one sentence of error."""

    fields: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def strip_job(work: Work) -> Outcome:
    """Strip a scan and write what the page needs into the folder of the job.

    Parameters
    ----------
    work : Work

    Returns
    -------
    Outcome
        Every failure is described in it.
    """
    _be_nice()
    keep_freed_memory()
    try:
        with stages_told(JobFiles(work.folder).stage):
            return Outcome(_strip(work))
    except Exception as error:
        return Outcome(error=_named(str(refusal_of(error)), work))
    finally:
        return_freed_memory(_KEPT_GB)


def _strip(work: Work) -> dict[str, Any]:
    """Strip a scan; returns what is known of its mask."""
    options, files = work.options, JobFiles(work.folder)
    stripper = load_stripper(options.model, None, "onnxruntime", "auto")
    source = make_head() if work.source is None else work.source
    has_both = Surface.intracranial in stripper.model.surfaces and options.surface == Surface.brain
    reading = ReadOptions(series=work.series)
    result = stripper.strip(source, border=options.border_mm, surface=options.surface, icv=has_both, reading=reading)
    tell(files.stage, "write")
    suffix = ".nii.gz" if work.source is None else formats.output_suffix(work.source)
    distances = {options.surface: result.compute_distance}
    if result.compute_icv_distance:
        distances[Surface.intracranial] = result.compute_icv_distance
    if options.surface != Surface.brain:
        distances[Surface.brain] = stripper.strip(result.scan, surface=Surface.brain, quality="none").compute_distance
    _write(result, distances, files, work, suffix)
    return _fields(result, work, suffix)


def _write(
    result: Result, distances: dict[str, Callable[[], FloatArray]], files: JobFiles, work: Work, suffix: str
) -> None:
    """Write all files of a job, or none; one volume at a time is in memory."""
    volumes: dict[Path, Callable[[], Volume]] = {
        files.scan: lambda: viewer_scan(result.scan, work.source),
        files.mask(suffix): lambda: result.mask,
    }
    for surface, values in distances.items():
        volumes[files.distance(surface)] = partial(_distance, result.mask, values)
    if work.source is None or _is_converted(work.source):
        volumes[files.converted] = lambda: result.scan
    with Transaction((*volumes, files.quality), overwrite=True) as transaction:
        for path, volume in volumes.items():
            with transaction.writing(path) as unfinished:
                formats.write_as(volume(), path, unfinished)
        with transaction.writing(files.quality) as unfinished:
            sidecar = Sidecar({}, has_quality=True)
            unfinished.write_text(sidecar.text(result.provenance, None, result.quality))


def _distance(mask: Volume, values: Callable[[], FloatArray]) -> Volume:
    """Return a distance on the grid of a mask."""
    return _plain(mask.with_data(values()))


def viewer_scan(scan: Volume, source: Path | None = None) -> Volume:
    """Return the 3-D scan that a viewer shows: the mean of the frames of a series, without the header of the file.

    Parameters
    ----------
    scan : Volume
    source : Path, optional
        Its file, beside which the b-values of a diffusion series may lie.
    """
    return _plain(scan.mean_frame(averaged_frames(scan, source)).finite())


def _plain(volume: Volume) -> Volume:
    """Return a volume without the header of its file, in a type that viewers read."""
    volume = replace(volume, header=None, trailing=())
    return volume if volume.dtype.itemsize <= 4 else volume.with_data(volume.values())


def _is_converted(source: Path) -> bool:
    """Whether a scan is DICOM, which takes long to read again."""
    return source.is_dir() or formats.split_name(source)[1] in ("", *formats.FAMILIES["dicom"], ".img")


def _fields(result: Result, work: Work, suffix: str) -> dict[str, Any]:
    """Return what is known of a mask."""
    made = result.provenance
    assert made is not None
    return {
        **shape_fields(result.mask),
        "volume_ml": round(result.volume_ml, 2),
        "border_mm": made.border,
        "has_distance": True,
        "quality": quality_fields(result.quality),
        "warnings": [_named(message, work) for message in result.warnings],
        "suffix": suffix,
        "stages": {name: round(seconds, 3) for name, seconds in result.seconds.items()},
        "generated_by": made.generated_by(),
        "is_series": result.scan.ndim == 4,
    }


def shape_fields(mask: Volume) -> dict[str, Any]:
    """Return the grid of a mask, as a page is told it."""
    return {"shape": list(mask.shape), "voxel_mm": [round(float(size), 4) for size in mask.voxel_sizes]}


def quality_fields(quality: Quality | None) -> dict[str, Any] | None:
    """Return the quality of a mask, as a page is told it."""
    if quality is None:
        return None
    fields = quality.as_dict()
    findings = fields["input"].get("findings", [])
    return {
        **{name: fields[name] for name in ("verdict", "predicted_dice", "lower_bound", "margin_mm", "reasons")},
        "findings": list(findings) if isinstance(findings, list | tuple) else [findings],
    }


def _named(message: str, work: Work) -> str:
    """Return a message in which the scan is called as the user calls it."""
    for path in (work.source, work.folder):
        if path is not None:
            message = message.replace(str(path), work.name)
    return message


def _be_nice() -> None:
    """Leave the processor to the server, once."""
    with suppress(OSError, AttributeError):  # Windows
        if os.nice(0) < _NICENESS:
            os.nice(_NICENESS)
