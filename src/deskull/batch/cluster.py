"""Batches on a cluster: scans are stripped on Dask workers, which write the results where they are.

Workers must see the scans under the same paths as this machine. Each should have one thread for tasks
(``dask worker ADDRESS --nthreads 1``): the network uses as many threads as the options say.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from deskull.batch.local import ResultsRoot, time_limit
from deskull.batch.records import Record
from deskull.batch.stripping import failed_record, process_failed, refusal, strip_task
from deskull.batch.tasks import Task
from deskull.errors import UsageError
from deskull.options import StripOptions
from deskull.system.installation import install_command
from deskull.system.leftovers import final_name
from deskull.system.processes import Failure, Isolated

#: Queueing systems, and the class of dask-jobqueue for each.
QUEUES = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster"}
#: Tasks submitted for each worker: enough to keep it busy, and few enough for any number of scans.
_TASKS_PER_WORKER = 4
#: Seconds to wait for an answer of a scheduler, and for a lost scheduler to be started again.
_ANSWER_S, RECONNECT_S = 10.0, 600.0
#: Seconds for which the number of workers is not asked for again: with many workers the answer is long.
_WORKER_COUNT_VALID_S = 5.0


@dataclass(frozen=True)
class Cluster:
    """Where the workers are.

    Attributes
    ----------
    scheduler : str
        Address of a running Dask scheduler, ``tcp://host:8786``. If empty, workers are started in a queue.
    queue : {"", "slurm", "pbs", "sge", "lsf"}
        The queueing system.
    workers : int
        Number of workers to start.
    threads : int
        Number of cores to request for each worker.
    memory : str
        Memory to request for each worker, in the form of the queueing system: ``2GB``.
    queue_options : dict of str to str
        Further arguments of dask-jobqueue's class: queue, account, walltime and others.
    """

    scheduler: str = ""
    queue: str = ""
    workers: int = 1
    threads: int = 1
    memory: str = "2GB"
    queue_options: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Connect to the scheduler; with a queue, start a scheduler here and workers there.

        Yields
        ------
        distributed.Client

        Raises
        ------
        UsageError
            If the scheduler does not answer, or Dask is not installed.
        """
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise UsageError(f"dask: is not installed; {install_command('cluster')}.") from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # failures are reported by `run`
        if self.queue:
            with self._start_workers() as workers, Client(workers) as client:
                yield client
            return
        try:
            client = Client(self.scheduler, timeout=_ANSWER_S)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            fault = f"does not answer ({reason}); start 'dask scheduler' or check the address."
            raise _NoAnswerError(fault, parameter="scheduler", value=self.scheduler) from None
        with client:
            yield client

    def _start_workers(self) -> Any:
        """Start workers in a queue, each of which strips one scan at a time.

        Raises
        ------
        UsageError
            If the queue refuses the jobs.
        """
        try:
            import dask_jobqueue
        except ModuleNotFoundError:
            raise UsageError(f"dask-jobqueue: is not installed; {install_command('cluster')}.") from None
        make = getattr(dask_jobqueue, QUEUES[self.queue])
        try:
            workers = make(
                cores=self.threads,
                processes=1,
                memory=self.memory,
                worker_extra_args=["--nthreads", "1"],
                **self.queue_options,
            )
            _submit_jobs(workers, self.workers)
        except (TypeError, ValueError, OSError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            fault = f"{reason}; see dask-jobqueue's {QUEUES[self.queue]}."
            raise UsageError(fault, parameter="cluster", value=self.queue) from None
        return workers


def _submit_jobs(cluster: Any, count: int) -> None:
    """Submit the jobs of workers and wait for the queue's answers, which ``scale`` would only write to a log."""
    for _ in range(count):
        cluster.worker_spec.update(cluster.new_worker_spec())

    async def submitted() -> None:
        """Wait for the answers."""
        await cluster

    try:
        cluster.sync(submitted)
    except Exception:
        with suppress(AssertionError):  # Dask expects that workers were started
            cluster.close()
        raise


class _SchedulerLostError(Exception):
    """The scheduler has ended, and with it all that it knew."""


class _NoAnswerError(UsageError):
    """There is no scheduler at the address."""


def _scheduler_error(error: Exception) -> UsageError:
    """The error to raise if a scheduler never answered, or was not started again."""
    if isinstance(error, UsageError):
        return error
    return UsageError("the scheduler has ended; start it again, then run the batch again with resume=True.")


def run(
    tasks: Sequence[Task],
    options: StripOptions,
    cluster: Cluster,
    report: Callable[[str], None] = print,
    reconnect_s: float = RECONNECT_S,
) -> Iterator[Record]:
    """Strip the scans of a batch on the workers of a cluster.

    A scan whose worker ends is given to another worker. If the scheduler ends, the batch waits until it is started
    again and submits the remaining scans. A scan that exceeds the time limit is stopped and reported, and its worker
    goes on with the next.

    Parameters
    ----------
    tasks : sequence of Task
        The scans.
    options : StripOptions
        See `deskull.batch.local.run`.
    cluster : Cluster
        Where the workers are.
    report : callable
        Is given one line of text when the batch has to wait.
    reconnect_s : float
        Seconds to wait for a scheduler that has ended.

    Yields
    ------
    Record
        Of each scan, in the order in which they are done.

    Raises
    ------
    UsageError
        If the scheduler does not answer.
    OutputError
        If the folder of the results has disappeared at the end.
    """
    options = replace(options, model=_absolute_model(options.model))
    remaining = yield from _refusals(tasks, options)
    # Results of a scan whose worker ended while it wrote them are kept, not refused.
    batch = _Batch(remaining, options if options.overwrite else replace(options, resume=True), ResultsRoot(tasks))
    has_connected, lost_since = False, 0.0
    while remaining:
        try:
            with cluster.client() as client:
                has_connected = True
                for record in batch.run_once(client, cluster.workers, report):
                    lost_since = 0.0
                    yield record
        except (_SchedulerLostError, _NoAnswerError) as error:
            lost_since = lost_since or time.monotonic()
            if not has_connected or time.monotonic() - lost_since > reconnect_s:
                raise _scheduler_error(error) from None
            report(f"the scheduler has ended; waiting for it with {len(remaining)} scans remaining")
            time.sleep(min(5.0, reconnect_s / 10))
    _remove_leftovers(tasks)
    batch.root.check()


def _refusals(tasks: Sequence[Task], options: StripOptions) -> Generator[Record, None, dict[int, Task]]:
    """Yield the records of the scans that are refused, and return the others by number."""
    remaining = {}
    for number, task in enumerate(map(_absolute_task, tasks)):
        record = refusal(task, options)
        if record:
            yield record
        else:
            remaining[number] = task
    return remaining


def _remove_leftovers(tasks: Sequence[Task]) -> None:
    """Remove the temporary files that killed workers, on any host, have left of results that are complete now."""
    names = {path.name for task in tasks for path in task.all_files()}
    for folder in {task.folder for task in tasks}:
        for partial_file in folder.glob(".*.partial.*"):
            if final_name(partial_file.name) in names:
                with suppress(OSError):
                    partial_file.unlink()


def _absolute_task(task: Task) -> Task:
    """The task with absolute paths, which mean the same wherever a worker was started."""
    files = None if task.files is None else {kind: path.absolute() for kind, path in task.files.items()}
    sidecars = {path.absolute(): sidecar for path, sidecar in task.sidecars.items()}
    return replace(task, scan=task.scan.absolute(), folder=task.folder.absolute(), files=files, sidecars=sidecars)


def _absolute_model(model: str) -> str:
    """The model, with an absolute path if it is a file."""
    return str(Path(model).absolute()) if model.endswith(".onnx") else model


@dataclass
class _Batch:
    """The scans that remain to be done, by number, and the options for them."""

    remaining: dict[int, Task]
    options: StripOptions
    root: ResultsRoot

    def __post_init__(self) -> None:
        self.timeout = time_limit(self.options, len(self.remaining))

    def run_once(self, client: Any, workers: int, report: Callable[[str], None]) -> Iterator[Record]:
        """Submit the remaining tasks to a scheduler and yield their records, until all are done.

        Raises
        ------
        _SchedulerLostError
            If the scheduler ends.
        """
        from distributed import as_completed

        numbers: dict[str, int] = {}
        waiting = iter(list(self.remaining))
        completed, worker_count = as_completed(), _WorkerCount(client, workers)

        def submit() -> None:
            """Submit enough tasks for the workers that there are now, or will be."""
            if not worker_count.get() and not numbers:
                report("the scheduler has no workers yet; waiting for them")
            wanted = _TASKS_PER_WORKER * max(1, workers, worker_count.get()) - len(numbers)
            for number in islice(waiting, max(0, wanted)):
                arguments = (self.remaining[number], self.options, self.root.required(), self.timeout)
                future = client.submit(_strip_on_worker, *arguments, pure=False)
                numbers[future.key] = number
                completed.add(future)

        submit()
        for future in completed:
            number = numbers.pop(future.key)
            record = self._record(self.remaining[number], future)
            del self.remaining[number]
            submit()
            yield record

    def _record(self, task: Task, future: Any) -> Record:
        """Record of a task that is done or has failed."""
        from distributed import KilledWorker

        remedy = "give the workers more memory"
        try:
            record = future.result(timeout=_ANSWER_S)
        except KilledWorker:
            return process_failed(task, self.options, Failure.crashed, remedy=remedy)
        except (CancelledError, OSError, TimeoutError):
            raise _SchedulerLostError from None
        except Exception as error:  # what one worker lacks must not end the batch
            reason = " ".join(str(error).split())
            return failed_record(
                task, self.options, f"{type(error).__name__} on a worker ({reason}); check the worker."
            )
        if isinstance(record, Failure):
            return process_failed(task, self.options, record, timeout=self.timeout, remedy=remedy)
        assert isinstance(record, Record)
        return record


def _strip_on_worker(task: Task, options: StripOptions, root: Path | None, timeout: float | None) -> Record | Failure:
    """Strip a scan on a Dask worker; with a time limit in a process of its own, because a thread cannot be stopped.

    Each thread of the worker keeps its process for the following scans; it ends with the worker.
    """
    if timeout is None:
        return strip_task(task, options, root)
    from distributed import get_worker

    worker = get_worker()
    processes: dict[int, Isolated[_Arguments, Record]] = worker.__dict__.setdefault("deskull_processes", {})
    process = processes.setdefault(threading.get_ident(), Isolated(_strip_in_process))
    return process((task, options, root), timeout)


_Arguments = tuple[Task, StripOptions, Path | None]


def _strip_in_process(arguments: _Arguments) -> Record:
    """Call `strip_task` in a process of a Dask worker."""
    return strip_task(*arguments)


class _WorkerCount:
    """Number of workers, asked for at most every few seconds."""

    def __init__(self, client: Any, expected: int) -> None:
        self._client, self._count, self._asked = client, expected, float("-inf")

    def get(self) -> int:
        """Return the number of workers.

        Raises
        ------
        _SchedulerLostError
            If the scheduler has ended.
        """
        if time.monotonic() - self._asked > _WORKER_COUNT_VALID_S:
            try:
                self._count = len(self._client.scheduler_info(n_workers=-1)["workers"])
            except (OSError, TimeoutError, CancelledError):
                raise _SchedulerLostError from None
            self._asked = time.monotonic()
        return self._count
