"""Batch: many scans, each done whole or reported, on the processes of this machine.

`strip_task` is all there is to one scan; whatever runs it (here, a cluster) only has to call it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path

from deskull import formats
from deskull._version import __version__
from deskull.errors import DeskullError, InputError, UsageError, sentence
from deskull.formats.atomic import refuse_existing, sweep
from deskull.limits import available_gb, default_threads, usable_cores
from deskull.memory import keep_freed_memory
from deskull.readahead import read_ahead
from deskull.results import write_results
from deskull.strip import Frame, Stripper
from deskull.volume import Volume
from deskull.workers import in_processes
from deskull.worklist import Task

#: How often a scan is tried.
TRIES = 2
#: What a process needs for a scan of 256 x 256 x 256 voxels, with room to spare, in GB.
GB_A_PROCESS = 1.0


@dataclass(frozen=True)
class Settings:
    """What is done with every scan; see `deskull.strip` and ``deskull strip --help``.

    Attributes
    ----------
    kinds : tuple of str
        Files to write, of `deskull.results.KINDS`; the mask is always one.
    model, engine, device, surface, frame : str
    border : float, optional
        In mm.
    threads : int
        At most so many in each process.
    overwrite, resume : bool
        Replace results that are there; leave out scans whose results are all there.
    keep_identity : bool
        Whether a DICOM segmentation says whose it is.
    """

    kinds: tuple[str, ...] = ("brainmask", "brain")
    model: str = "default"
    engine: str = "onnxruntime"
    device: str = "auto"
    surface: str = "brain"
    frame: Frame = "each"
    border: float | None = None
    threads: int = 1
    overwrite: bool = False
    resume: bool = False
    keep_identity: bool = False


@dataclass(frozen=True)
class Record:
    """What became of a scan.

    Attributes
    ----------
    scan : str
    status : {"stripped", "found", "failed"}
        Found: its results were there.
    volume_ml, seconds : float
        Of the brain; of all the work. 0 where there was none.
    files : dict of str to str
        File of each kind.
    stages : dict of str to float
        Seconds of each stage.
    warnings : tuple of str
    error : str
        One sentence where it failed.
    model, version, finished : str
        Name of the network, version of deskull, time in ISO 8601.
    """

    scan: str
    status: str
    volume_ml: float = 0.0
    seconds: float = 0.0
    files: dict[str, str] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: str = ""
    model: str = ""
    version: str = __version__
    finished: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def checked(self) -> Record:
        """Return the record for callers that want one scan: warn of what was odd, raise what went wrong.

        Raises
        ------
        InputError
        """
        for message in self.warnings:
            warnings.warn(message, stacklevel=2)
        if self.error:
            raise InputError(self.error)
        return self


def strip_task(task: Task, settings: Settings) -> Record:
    """Strip a scan and write its results; what goes wrong is tried again and then said in the record."""
    start = time.perf_counter()
    paths = task.results(settings.kinds)
    files = {kind: str(path) for kind, path in paths.items()}
    if settings.resume and all(path.exists() for path in (*paths.values(), *task.notes)):
        return Record(str(task.scan), "found", files=files, model=settings.model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        for _ in range(TRIES):
            caught.clear()
            volume, stages, error = _attempt(task, settings)
            if not error:
                break
    said = tuple(dict.fromkeys(str(warning.message) for warning in caught if warning.category is UserWarning))
    status = "failed" if error else "stripped"
    seconds = time.perf_counter() - start
    return Record(str(task.scan), status, volume, seconds, files, stages, said, error, settings.model)


def _attempt(task: Task, settings: Settings) -> tuple[float, dict[str, float], str]:
    """Strip and write once: the volume in ml, the seconds of each stage, and a sentence if it went wrong."""
    try:
        return *_strip(task, settings), ""
    except (DeskullError, OSError, MemoryError) as error:
        said = sentence(error)
    except Exception as error:  # of a library, which no scan may end a batch with
        said = f"{type(error).__name__}: {' '.join(str(error).split())}; tell deskull's authors."
    return 0.0, {}, said if str(task.scan) in said else f"{task.scan}: {said}"


def _strip(task: Task, settings: Settings) -> tuple[float, dict[str, float]]:
    """Strip and write what is wanted, or on resuming what is missing; the volume in ml, the seconds of each stage."""
    paths, notes = task.results(settings.kinds), dict(task.notes)
    if settings.resume and not settings.overwrite:
        paths = {kind: path for kind, path in paths.items() if not path.exists()}
        notes = {path: note for path, note in notes.items() if not path.exists()}
    for path in (*paths.values(), *notes):
        refuse_existing(path, settings.overwrite)
    stripper = stripper_of(settings.model, settings.threads, settings.engine, settings.device)
    source = task.scan if task.series is None else formats.read_series(task.scan, task.series)
    result = stripper.strip(source, border=settings.border, surface=settings.surface, frame=settings.frame)
    start = time.perf_counter()
    seg = partial(_write_seg, task=task, settings=settings) if "seg" in paths else None
    write_results(result, paths, notes, overwrite=settings.overwrite, threads=settings.threads, seg=seg)
    return result.volume_ml, {**result.seconds, "write": time.perf_counter() - start}


def _write_seg(mask: Volume, target: Path, task: Task, settings: Settings) -> None:
    """Write a mask as DICOM SEG of its source."""
    from deskull.dicom_seg import write_seg

    write_seg(mask, task.scan, target, task.series, keep_identity=settings.keep_identity)


def check(settings: Settings) -> None:
    """Refuse settings that cannot be met for any scan, before any work.

    Raises
    ------
    UsageError
    """
    stripper = stripper_of(settings.model, settings.threads, settings.engine, settings.device)
    stripper.check(settings.border, settings.surface, settings.frame)
    if "distance" in settings.kinds and not stripper.model.distances:
        raise UsageError(f"--distance: {settings.model} knows inside from outside, no distances.")


@lru_cache(maxsize=1)
def stripper_of(model: str, threads: int, engine: str, device: str) -> Stripper:
    """Return the network, loaded once in each process."""
    keep_freed_memory()
    return Stripper(model, threads, engine, device)


def run(tasks: Sequence[Task], settings: Settings, jobs: int) -> Iterator[Record]:
    """Strip scans in `jobs` processes (a single scan in this one); yields a record as each is done.

    A scan that kills its process is tried again, then reported; the others go on.
    """
    count = jobs if len(tasks) > 1 else 0
    coming = read_ahead(tasks, jobs, lambda task: task.scan)
    for task, record in in_processes(partial(strip_task, settings=settings), coming, count, TRIES):
        yield record or died(task, settings)
    for folder in {task.folder for task in tasks}:
        sweep(folder, deep=False)


def died(task: Task, settings: Settings) -> Record:
    """Record of a scan that killed its processes."""
    error = f"{task.scan}: its process died twice, perhaps for want of memory; use fewer --jobs."
    return Record(str(task.scan), "failed", error=error, model=settings.model)


def spread(scans: int, jobs: int | None, threads: int | None) -> tuple[int, int]:
    """Choose how many processes and how many threads in each.

    Parameters
    ----------
    scans : int
    jobs, threads : int, optional
        What the user wants.

    Returns
    -------
    jobs, threads : int
        One thread a process is the most scans an hour; few scans are not worth starting processes for.

    Raises
    ------
    UsageError
        If one is not positive.
    """
    for name, value in (("jobs", jobs), ("threads", threads)):
        if value is not None and value < 1:
            raise UsageError(f"--{name} {value}: must be at least 1.")
    cores = usable_cores()
    if jobs is None:
        room = max(1, int(available_gb() / GB_A_PROCESS))
        jobs = min(max(1, cores // (threads or 1)), room) if scans >= 2 * cores else 1
    jobs = max(1, min(jobs, scans))
    return jobs, threads or max(1, min(default_threads(), cores // jobs))
