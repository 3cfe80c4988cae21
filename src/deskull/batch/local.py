"""Batches on this machine: many scans in parallel processes, each stripped completely or reported as failed."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from deskull.batch.records import Record
from deskull.batch.stripping import TRIES, process_failed, refusal, strip_task
from deskull.batch.tasks import Task
from deskull.errors import OutputError, UsageError
from deskull.options import OutputKind, StripOptions
from deskull.system.leftovers import remove_leftovers
from deskull.system.memory import keep_freed_memory, return_freed_memory
from deskull.system.processes import Failure, in_processes
from deskull.system.readahead import read_ahead
from deskull.system.resources import available_gb, default_threads, usable_cores

#: Memory of a process that strips scans of 256 x 256 x 256 voxels, in GB: measured 0.72 with all kinds of results but
#: the bias-corrected one, rounded up.
GB_PER_PROCESS = 1.0
#: Default time limit for each scan of a batch, in s: over a hundred times the 6 s that a scan of
#: 256 x 256 x 256 voxels takes one core of a server.
BATCH_TIMEOUT_S = 900.0


def run(tasks: Sequence[Task], options: StripOptions, jobs: int) -> Iterator[Record]:
    """Strip the scans of a batch.

    A scan whose process crashes is tried again and then reported; a process that exceeds the time limit is killed and
    its scan reported. The other scans are not affected.

    Parameters
    ----------
    tasks : sequence of Task
        The scans.
    options : StripOptions
        What to do with each. ``timeout`` is by default `BATCH_TIMEOUT_S` if there are several scans.
    jobs : int
        Number of processes. A single scan without a time limit is stripped in this process.

    Yields
    ------
    Record
        Of each scan, in the order in which they are done.

    Raises
    ------
    OutputError
        If the folder of the results has disappeared at the end.
    """
    timeout = time_limit(options, len(tasks))
    processes = jobs if len(tasks) > 1 or timeout is not None else 0
    root, refused = ResultsRoot(tasks), list[Record]()
    in_order = read_ahead(tasks, jobs, partial(_file_to_read, options=options))
    items = _admitted(in_order, options, root, refused)
    results = in_processes(_strip_item, items, processes, tries=TRIES, timeout=timeout, before_retry=_resumed)
    for item, record in results:
        if isinstance(record, Failure):
            record = process_failed(item.task, options, record, timeout=timeout, remedy="use fewer jobs")
        yield record
        while refused:
            yield refused.pop()
    yield from refused
    for folder in {task.folder for task in tasks}:
        remove_leftovers(folder, recursive=False)
    root.check()


def time_limit(options: StripOptions, count: int) -> float | None:
    """Time limit for each scan.

    Parameters
    ----------
    options : StripOptions
        Its ``timeout`` may be infinite, which means that there is no limit.
    count : int
        Number of scans.

    Returns
    -------
    float, optional
        In s; None if there is no limit.
    """
    timeout = options.timeout if options.timeout is not None or count == 1 else BATCH_TIMEOUT_S
    return None if timeout is None or math.isinf(timeout) else timeout


class ResultsRoot:
    """The folder that holds all results of a batch; once it exists it is not made again.

    Otherwise a batch whose folder is deleted would go on in a new one, and report scans as done whose results are
    lost.

    Parameters
    ----------
    tasks : sequence of Task
        The scans of the batch.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        folders = {task.folder.absolute() for task in tasks}
        self._path: Path | None = None
        self._has_existed = False
        with suppress(ValueError):  # no tasks, or several drives on Windows
            self._path = Path(os.path.commonpath(folders))

    def required(self) -> Path | None:
        """Return the folder if it has existed since the batch began, else None."""
        self._has_existed = self._has_existed or (self._path is not None and self._path.is_dir())
        return self._path if self._has_existed else None

    def check(self) -> None:
        """Check that the folder still exists.

        Raises
        ------
        OutputError
            If it has disappeared.
        """
        path = self.required()
        if path is not None and not path.is_dir():
            raise OutputError(f"{path}: disappeared during the batch, with all results in it; run the batch again.")


@dataclass(frozen=True)
class _Item:
    """What a process is given: a scan, the options for it, and the folder that must exist."""

    task: Task
    options: StripOptions
    root: Path | None


def _admitted(
    tasks: Iterator[Task], options: StripOptions, root: ResultsRoot, refused: list[Record]
) -> Iterator[_Item]:
    """Yield the scans that may be stripped; the records of the others are added to a list."""
    for task in tasks:
        record = refusal(task, options)
        if record:
            refused.append(record)
        else:
            yield _Item(task, options, root.required())


def _resumed(item: _Item) -> _Item:
    """The item for a second attempt, which keeps the results that the first had written when its process crashed."""
    return item if item.options.overwrite else replace(item, options=replace(item.options, resume=True))


def _strip_item(item: _Item) -> Record:
    """Strip a scan in a process that does nothing else, and may therefore keep the memory that it has freed.

    On a Dask worker this would not do: a worker that holds most of its memory is given no more work.
    """
    keep_freed_memory()
    record = strip_task(item.task, item.options, item.root)
    return_freed_memory(GB_PER_PROCESS)
    return record


def _file_to_read(task: Task, options: StripOptions) -> Path | None:
    """File of a scan; None if the scan will be skipped because its mask exists."""
    with suppress(OSError):
        files = task.result_files((OutputKind.brainmask,), options.surface).values()
        return None if options.resume and all(file.exists() for file in files) else task.scan
    return None


def jobs_and_threads(scans: int, jobs: int | None, threads: int | None) -> tuple[int, int]:
    """Choose the number of processes and of threads in each.

    One thread in each process gives the most scans an hour, but a few scans do not repay the start of processes.

    Parameters
    ----------
    scans : int
        Number of scans.
    jobs, threads : int, optional
        What the user has chosen.

    Returns
    -------
    jobs, threads : int
        At least 1. By default limited by the available cores and memory (`GB_PER_PROCESS`).

    Raises
    ------
    UsageError
        If a chosen number is below 1.
    """
    for name, value in (("jobs", jobs), ("threads", threads)):
        if value is not None and value < 1:
            raise UsageError("must be at least 1.", parameter=name, value=value)
    cores = usable_cores()
    if jobs is None:
        room = max(1, int(available_gb() / GB_PER_PROCESS))
        jobs = min(max(1, cores // (threads or 1)), room) if scans >= 2 * cores else 1
    jobs = max(1, min(jobs, scans))
    return jobs, threads or max(1, min(default_threads(), cores // jobs))
