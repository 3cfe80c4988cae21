"""Batch: many scans, each done whole or reported, on the processes of this machine.

`strip_task` is all there is to one scan; whatever runs it (here, a cluster) only has to call it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

from deskull import formats
from deskull.batch.outputs import write_results
from deskull.batch.records import Record
from deskull.batch.tasks import Task
from deskull.errors import DeskullError, DeskullWarning, UsageError, sentence
from deskull.options import ReadOptions, StripOptions
from deskull.pipeline import Stripper
from deskull.system.atomic import refuse_existing
from deskull.system.bugs import report_bug
from deskull.system.leftovers import remove_leftovers
from deskull.system.memory import keep_freed_memory, return_freed_memory
from deskull.system.processes import Failure, in_processes
from deskull.system.readahead import read_ahead
from deskull.system.resources import available_gb, default_threads, usable_cores
from deskull.volume import Volume

#: How often a scan is tried.
TRIES = 2
#: What a process needs for a scan of 256 x 256 x 256 voxels, with room to spare, in GB.
GB_A_PROCESS = 1.0


def strip_task(task: Task, settings: StripOptions) -> Record:
    """Strip a scan and write its results; what goes wrong is tried again and then said in the record."""
    start = time.perf_counter()
    try:
        paths = task.results(settings.outputs)
        done = settings.resume and all(path.exists() for path in (*paths.values(), *task.notes))
    except OSError as fault:  # of a disk that is away
        return _failed(task, settings, sentence(fault))
    files = {kind: str(path) for kind, path in paths.items()}
    if done:
        return Record(str(task.scan), "found", files=files, version="")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        for _ in range(TRIES):
            caught.clear()
            volume, stages, error = _attempt(task, settings)
            if not error:
                break
    said = tuple(dict.fromkeys(str(warning.message) for warning in caught if _is_ours(warning.category)))
    status = "failed" if error else "stripped"
    seconds = time.perf_counter() - start
    return Record(str(task.scan), status, volume, seconds, files, stages, said, error, settings.model)


def _is_ours(category: type[Warning]) -> bool:
    """Whether a warning is deskull's, not a library's."""
    return category is UserWarning or issubclass(category, DeskullWarning)


def _attempt(task: Task, settings: StripOptions) -> tuple[float, dict[str, float], str]:
    """Strip and write once: the volume in ml, the seconds of each stage, and a sentence if it went wrong."""
    try:
        return *_strip(task, settings), ""
    except (DeskullError, OSError, MemoryError) as error:
        said = sentence(error)
    except Exception as error:  # of a library, which no scan may end a batch with
        said = report_bug(error)
    return 0.0, {}, _named(task, said)


def _named(task: Task, said: str) -> str:
    """What is wrong with a scan, its name in it."""
    return said if str(task.scan) in said else f"{task.scan}: {said}"


def _failed(task: Task, settings: StripOptions, said: str) -> Record:
    """Record of a scan that failed."""
    return Record(str(task.scan), "failed", error=_named(task, said), model=settings.model)


def refused(task: Task, settings: StripOptions) -> Record | None:
    """Record of a scan that has results which may not be replaced; None of one that may be stripped."""
    if settings.overwrite or settings.resume:
        return None
    try:
        for path in (*task.results(settings.outputs).values(), *task.notes):
            refuse_existing(path, overwrite=False)
    except (DeskullError, OSError) as error:
        return _failed(task, settings, sentence(error))
    return None


def admitted(settings: StripOptions) -> StripOptions:
    """StripOptions for scans that `refused` lets through: what a killed process wrote of one is found, not refused."""
    return settings if settings.overwrite else replace(settings, resume=True)


def _strip(task: Task, settings: StripOptions) -> tuple[float, dict[str, float]]:
    """Strip and write what is wanted, or on resuming what is missing; the volume in ml, the seconds of each stage."""
    paths, notes = task.results(settings.outputs), dict(task.notes)
    if settings.resume and not settings.overwrite:
        paths = {kind: path for kind, path in paths.items() if not path.exists()}
        notes = {path: note for path, note in notes.items() if not path.exists()}
    for path in (*paths.values(), *notes):
        refuse_existing(path, settings.overwrite)
    stripper = stripper_of(settings.model, settings.threads, settings.engine, settings.device)
    reading = replace(settings.reading, series=None if task.series is None else str(task.series))
    source = task.scan if reading == ReadOptions() else formats.read(task.scan, reading)
    result = stripper.strip(source, border=settings.border, surface=settings.surface, frame=settings.frame)
    start = time.perf_counter()
    seg = partial(_write_seg, task=task, settings=settings) if "seg" in paths else None
    write_results(result, paths, notes, overwrite=settings.overwrite, threads=stripper.threads, seg=seg)
    return result.volume_ml, {**result.seconds, "write": time.perf_counter() - start}


def _write_seg(mask: Volume, target: Path, task: Task, settings: StripOptions) -> None:
    """Write a mask as DICOM SEG of its source."""
    from deskull.formats.dicom.segmentation import write_seg

    write_seg(mask, task.scan, target, task.series, keep_identity=settings.keep_identity)


def check(settings: StripOptions) -> None:
    """Refuse settings that cannot be met for any scan, before any work.

    Raises
    ------
    UsageError
    """
    stripper = stripper_of(settings.model, settings.threads, settings.engine, settings.device)
    stripper.check(settings.border, settings.surface, settings.frame)
    if "distance" in settings.outputs and not stripper.model.distances:
        raise UsageError(
            f"the network {settings.model} predicts no distances; leave them out.",
            parameter="outputs",
            value="distance",
        )
    if "seg" in settings.outputs and not (find_spec("highdicom") and find_spec("pydicom")):
        raise UsageError('needs highdicom; pip install "deskull[dicom]".', parameter="outputs", value="seg")


@lru_cache(maxsize=1)
def stripper_of(model: str, threads: int | None, engine: str, device: str) -> Stripper:
    """Return the network, loaded once in each process."""
    return Stripper(model, threads, engine, device)


def run(tasks: Sequence[Task], settings: StripOptions, jobs: int) -> Iterator[Record]:
    """Strip scans in `jobs` processes (a single scan in this one); yields a record as each is done.

    A scan that kills its process is tried again, then reported; the others go on.
    """
    count = jobs if len(tasks) > 1 else 0
    function = partial(_strip_here, settings=admitted(settings))
    coming = read_ahead(tasks, jobs, partial(_to_read, settings=settings))
    against: list[Record] = []
    for task, record in in_processes(function, _let_through(coming, settings, against), count, tries=TRIES):
        yield died(task, settings, "twice", "use fewer --jobs") if isinstance(record, Failure) else record
        while against:
            yield against.pop()
    yield from against
    for folder in {task.folder for task in tasks}:
        remove_leftovers(folder, recursive=False)


def _strip_here(task: Task, settings: StripOptions) -> Record:
    """`strip_task` in a process that does nothing else, and so may keep the memory it has taken.

    A Dask worker may not: one that holds on to most of its memory is given no more work.
    """
    keep_freed_memory()
    record = strip_task(task, settings)
    return_freed_memory(GB_A_PROCESS)
    return record


def _let_through(tasks: Iterator[Task], settings: StripOptions, against: list[Record]) -> Iterator[Task]:
    """Yield the scans that may be stripped; the records of others are added to a list."""
    for task in tasks:
        record = refused(task, settings)
        if record:
            against.append(record)
        else:
            yield task


def _to_read(task: Task, settings: StripOptions) -> Path | None:
    """File of a scan that will be read; None of one whose mask may be there already."""
    with suppress(OSError):
        return None if settings.resume and task.mask.exists() else task.scan
    return None


def died(task: Task, settings: StripOptions, often: str, remedy: str) -> Record:
    """Record of a scan that killed its processes."""
    return _failed(task, settings, f"its process died {often}, perhaps for want of memory; {remedy}.")


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
            raise UsageError("must be at least 1.", parameter=name, value=value)
    cores = usable_cores()
    if jobs is None:
        room = max(1, int(available_gb() / GB_A_PROCESS))
        jobs = min(max(1, cores // (threads or 1)), room) if scans >= 2 * cores else 1
    jobs = max(1, min(jobs, scans))
    return jobs, threads or max(1, min(default_threads(), cores // jobs))
