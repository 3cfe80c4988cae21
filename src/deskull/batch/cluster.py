"""Cluster: the batch of `deskull.batch.local` on Dask workers; results are written where the workers are.

Workers must see the scans under the same paths. Each should have one thread for tasks
(``dask worker ADDRESS --nthreads 1``): the network takes the threads that the settings say.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from deskull.batch.local import admitted, died, refused, strip_task
from deskull.batch.records import Record
from deskull.batch.tasks import Task
from deskull.errors import UsageError
from deskull.options import StripOptions

#: Queueing systems, and their class in dask-jobqueue.
KINDS = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster"}
#: Tasks that the scheduler knows of for each worker: enough to keep it busy, few enough for any number of scans.
_AHEAD = 4
#: Seconds to wait for a scheduler, at first and where it went away.
_ANSWER, PATIENCE = 10, 600
#: Seconds between two questions how many workers there are.
_ASK_AGAIN = 5


@dataclass(frozen=True)
class Cluster:
    """Where the workers are.

    Attributes
    ----------
    scheduler : str
        Address of a running Dask scheduler, ``tcp://host:8786``; or '' and
    kind : {"", "slurm", "pbs", "sge", "lsf"}
        The queueing system that starts workers.
    workers, threads : int
        How many it starts, and the cores of each.
    memory : str
        Of each worker, as the queueing system takes it: ``2GB``.
    options : dict of str to str
        Further ones of dask-jobqueue's class: queue, account, walltime and others.
    """

    scheduler: str = ""
    kind: str = ""
    workers: int = 1
    threads: int = 1
    memory: str = "2GB"
    options: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Connect to the scheduler, starting one and its workers in a queue if need be.

        Raises
        ------
        UsageError
            If it does not answer, or Dask is not installed.
        """
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise UsageError('dask: is not installed; pip install "deskull[cluster]".') from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told here
        if self.kind:
            with self._queue() as queue, Client(queue) as client:
                yield client
            return
        try:
            client = Client(self.scheduler, timeout=_ANSWER)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            fault = f"--scheduler {self.scheduler}: does not answer ({reason})"
            raise _NoAnswerError(f"{fault}; start 'dask scheduler' or check the address.") from None
        with client:
            yield client

    def _queue(self) -> Any:
        """Workers in a queue, one scan at a time each.

        Raises
        ------
        UsageError
            If the queue takes no such jobs.
        """
        try:
            import dask_jobqueue
        except ModuleNotFoundError:
            raise UsageError('dask-jobqueue: is not installed; pip install "deskull[cluster]".') from None
        make = getattr(dask_jobqueue, KINDS[self.kind])
        try:
            queue = make(
                cores=self.threads,
                processes=1,
                memory=self.memory,
                worker_extra_args=["--nthreads", "1"],
                **self.options,
            )
            _submit(queue, self.workers)
        except (TypeError, ValueError, OSError, RuntimeError) as error:
            said = " ".join(str(error).split())
            raise UsageError(f"--cluster {self.kind}: {said}; see dask-jobqueue's {KINDS[self.kind]}.") from None
        return queue


def _submit(queue: Any, workers: int) -> None:
    """Submit the jobs of workers and wait until they are: what ``scale`` is told against them only goes to a log."""
    for _ in range(workers):
        queue.worker_spec.update(queue.new_worker_spec())

    async def submitted() -> None:
        """Wait for the queue's answers."""
        await queue

    try:
        queue.sync(submitted)
    except Exception:
        with suppress(AssertionError):  # Dask expects that workers were started
            queue.close()
        raise


class _SchedulerLostError(Exception):
    """The scheduler went away with what it knew."""


class _NoAnswerError(UsageError):
    """There is no scheduler at the address."""


def run(
    tasks: Sequence[Task],
    settings: StripOptions,
    cluster: Cluster,
    tell: Callable[[str], None] = print,
    patience: float = PATIENCE,
) -> Iterator[Record]:
    """Strip scans on the workers of a cluster; yields a record as each is done.

    A scan whose worker dies is given to another; if the scheduler dies, it is waited for and given what is left.

    Parameters
    ----------
    tasks : sequence of Task
    settings : StripOptions
    cluster : Cluster
    tell : callable
        Says a line to the user.
    patience : float
        Seconds to wait for a scheduler that went away.

    Raises
    ------
    UsageError
        If the scheduler does not answer.
    """
    settings = replace(settings, model=_absolute_model(settings.model))
    left = {}
    for number, task in enumerate(map(_absolute, tasks)):
        record = refused(task, settings)
        if record:
            yield record
        else:
            left[number] = task
    own = admitted(settings)
    found = False  # whether the scheduler ever answered
    lost = 0.0  # since when there is none
    while left:
        try:
            with cluster.client() as client:
                found = True
                for number, record in _round(client, left, own, cluster.workers, tell):
                    lost = 0.0
                    del left[number]
                    yield record
        except (_SchedulerLostError, _NoAnswerError) as error:
            lost = lost or time.monotonic()
            if not found or time.monotonic() - lost > patience:
                raise UsageError(str(error) or "the scheduler went away; start it and give --resume.") from None
            tell(f"the scheduler went away; waiting for it with {len(left)} scans left")
            time.sleep(min(5.0, patience / 10))
    _tidy(tasks)


def _tidy(tasks: Sequence[Task]) -> None:
    """Remove what killed workers, on whatever machine, have left of results that are done now."""
    names = {path.name for task in tasks for path in (*task.results(task.kinds).values(), *task.notes)}
    for folder in {task.folder for task in tasks}:
        for partial in folder.glob(".*.partial.*"):
            if partial.name.split(".partial.", 1)[1] in names:
                with suppress(OSError):
                    partial.unlink()


def _absolute(task: Task) -> Task:
    """The task by paths that mean the same wherever a worker was started."""
    paths = None if task.paths is None else {kind: path.absolute() for kind, path in task.paths.items()}
    notes = {path.absolute(): note for path, note in task.notes.items()}
    return replace(task, scan=task.scan.absolute(), folder=task.folder.absolute(), paths=paths, notes=notes)


def _absolute_model(model: str) -> str:
    """The model, by an absolute path if it is a file."""
    return str(Path(model).absolute()) if model.endswith(".onnx") else model


def _round(
    client: Any,
    left: dict[int, Task],
    settings: StripOptions,
    workers: int,
    tell: Callable[[str], None],
) -> Iterator[tuple[int, Record]]:
    """Give tasks to a scheduler and yield their records, until all are done.

    Raises
    ------
    _SchedulerLostError
    """
    from distributed import KilledWorker, as_completed

    numbers: dict[str, int] = {}
    waiting = iter(list(left))
    done, team = as_completed(), _Team(client, workers)

    def fill() -> None:
        """Let the scheduler know of enough tasks for the workers that there are now, or will be."""
        if not team.size() and not numbers:
            tell("the scheduler has no workers yet; waiting for them")
        for number in islice(waiting, max(0, _AHEAD * max(1, workers, team.size()) - len(numbers))):
            future = client.submit(strip_task, left[number], settings, pure=False)
            numbers[future.key] = number
            done.add(future)

    fill()
    for future in done:
        number = numbers.pop(future.key)
        try:
            record = future.result(timeout=_ANSWER)
        except KilledWorker:
            record = died(left[number], settings, "several times", "give workers more memory")
        except (CancelledError, OSError, TimeoutError):
            raise _SchedulerLostError from None
        except Exception as error:  # nothing that one worker lacks may end the batch
            said = f"{left[number].scan}: {type(error).__name__} on a worker ({error}); check its installation."
            record = Record(str(left[number].scan), "failed", error=said, model=settings.model)
        fill()
        yield number, record


class _Team:
    """How many workers there are, asked again every few seconds: with many it is long to tell."""

    def __init__(self, client: Any, workers: int) -> None:
        self._client, self._size, self._asked = client, workers, float("-inf")

    def size(self) -> int:
        """Return the number of workers.

        Raises
        ------
        _SchedulerLostError
        """
        if time.monotonic() - self._asked > _ASK_AGAIN:
            try:
                self._size = len(self._client.scheduler_info(n_workers=-1)["workers"])
            except (OSError, TimeoutError, CancelledError):
                raise _SchedulerLostError from None
            self._asked = time.monotonic()
        return self._size
