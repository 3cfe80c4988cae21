"""Queue: jobs that wait, one that is stripped, and those that are done, kept in a journal."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from deskull.web.events import Events
from deskull.web.job import Job, State
from deskull.web.job_files import JobFiles
from deskull.web.journal import Journal
from deskull.web.limits import Limits, check_free
from deskull.web.refusals import RefusedError, refusal_of
from deskull.web.runner import Runner
from deskull.web.source import SourceKind
from deskull.web.stripping import Outcome, Work

_INTERRUPTED = "was interrupted, as the server ended while it was stripped, more than once; send it again."


class JobQueue:
    """The jobs of a server.

    Parameters
    ----------
    folder : Path
        With a folder for each job.
    journal : Journal
    events : Events
        Told of every change.
    limits : Limits
    """

    def __init__(self, folder: Path, journal: Journal, events: Events, limits: Limits) -> None:
        self._folder, self._journal, self._events, self._limits = folder, journal, events, limits
        self._jobs: dict[str, Job] = {}
        self._work = asyncio.Event()
        self._runner = Runner()
        self._writing = ThreadPoolExecutor(1, "deskull-journal")

    def restore(self) -> None:
        """Take up the jobs of the journal: those that were interrupted are queued again, or said to be interrupted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        restored = [job for line in self._journal.read() if (job := Job.of_line(line))]
        self._jobs = {job.id: job for job in restored if not self._is_old(job)}
        for job in self._jobs.values():
            if job.state is State.running:
                again = job.attempts < self._limits.attempts
                job.state = State.queued if again else State.failed
                job.error = None if again else f"{job.name}: {_INTERRUPTED}"
        self._journal.rewrite(job.as_line() for job in self._jobs.values())
        for folder in self._folder.iterdir():
            if folder.name not in self._jobs:
                shutil.rmtree(folder, ignore_errors=True)
        self._work.set()

    def _is_old(self, job: Job) -> bool:
        """Whether a job is removed at the start."""
        age_days = (time.time() - job.finished) / 86400
        return not job.is_open and not job.has_edit and age_days > self._limits.kept_days

    def files(self, job: Job) -> JobFiles:
        """Return the names of the files of a job."""
        return JobFiles(self._folder / job.id)

    def source(self, job: Job) -> Path | None:
        """Return the scan of a job; None for a synthetic one."""
        if job.source.kind is SourceKind.demo:
            return None
        return self.files(job).folder / job.source.path  # an absolute path stays as it is

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        RefusedError
            If there is none of that id.
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise RefusedError(404, "There is no such scan any more; reload the page.")
        return job

    def finished(self, job_id: str) -> Job:
        """Return a job that is done; see `get`."""
        job = self.get(job_id)
        if job.state is not State.done:
            raise RefusedError(409, f"{job.name}: is {job.state} and has no results; wait until it is done.")
        return job

    def find_row(self, row: str) -> Job | None:
        """Return the job of a row of a review, if it was opened."""
        return next((job for job in self._jobs.values() if row and job.source.row == row), None)

    def told(self) -> list[dict[str, Any]]:
        """Return what a page is told of all jobs."""
        positions = self._positions()
        return [job.as_dict(positions.get(job.id)) for job in self._jobs.values()]

    def check_room(self, count: int) -> None:
        """Refuse more jobs than are kept.

        Raises
        ------
        RefusedError
        """
        waiting = sum(job.is_open for job in self._jobs.values())
        if waiting + count > self._limits.queue:
            raise RefusedError(429, f"The queue holds at most {self._limits.queue} scans; wait until some are done.")
        if len(self._jobs) + count > self._limits.jobs:
            raise RefusedError(429, f"At most {self._limits.jobs} scans are kept; remove some that are done.")
        check_free(self._folder, 0, self._limits)

    async def add(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        """Add jobs, whose files are in their folders; they are in the journal when this returns.

        Returns
        -------
        list of dict
            What a page is told of them.
        """
        await self._write([job.as_line() for job in jobs])
        self._jobs |= {job.id: job for job in jobs}
        self._work.set()
        positions = self._positions()
        for job in jobs:
            self._send(job, positions)
        return [job.as_dict(positions.get(job.id)) for job in jobs]

    async def remove(self, job_id: str) -> None:
        """Cancel a job that is not done, or remove one that is, with its files."""
        job = self.get(job_id)
        if job.is_open:
            was_running, job.state = job.state is State.running, State.cancelled
            if was_running:
                self._runner.stop_scan()
            await self._change(job, finished=time.time(), error=None)
            self._tell_positions()
        else:
            del self._jobs[job_id]
            await self._write([{"removed": job_id}])
            self._events.send("removed", job_id, {"id": job_id})
        await self._in_thread(shutil.rmtree, self.files(job).folder, True)

    async def set_edited(self, job: Job, has_edit: bool) -> None:
        """Note that the mask of a job was edited, or is not any more."""
        await self._change(job, has_edit=has_edit)

    async def run(self) -> None:
        """Strip one job after the other, for as long as the server runs."""
        while True:
            job = next((job for job in self._jobs.values() if job.state is State.queued), None)
            if job is None:
                self._work.clear()
                await self._work.wait()
                continue
            try:
                await self._strip(job)
            except OSError as error:  # the journal cannot be written: the disk is full or has gone
                job.state, job.error = State.failed, f"{job.name}: {refusal_of(error)}"
                self._send(job, {})

    async def _strip(self, job: Job) -> None:
        """Strip a job and note what has become of it."""
        await self._change(job, state=State.running, attempts=job.attempts + 1, stage="read")
        self._tell_positions()
        start = time.monotonic()
        try:
            check_free(self._folder, 0, self._limits)
            outcome = await self._outcome(job)
        except RefusedError as refused:
            outcome = Outcome(error=str(refused))
        if job.state is not State.running:  # it was cancelled meanwhile
            await self._in_thread(shutil.rmtree, self.files(job).folder, True)
            return
        error = outcome.error if not outcome.error or job.name in outcome.error else f"{job.name}: {outcome.error}"
        await self._change(
            job,
            state=State.failed if error else State.done,
            error=error or None,
            outcome=outcome.fields | job.outcome if error else job.outcome | outcome.fields,
            seconds=round(time.monotonic() - start, 2),
            finished=time.time(),
            stage="",
            fraction=0.0 if error else 1.0,
        )

    async def _outcome(self, job: Job) -> Outcome:
        """Strip a job in the process, and follow what it says."""
        folder = self.files(job).folder
        folder.mkdir(parents=True, exist_ok=True)
        work = Work(folder, self.source(job), job.source.series, job.options, job.name)

        def on_stage(stage: str, fraction: float) -> None:
            """Tell pages what is being done."""
            if job.state is State.running:
                job.stage, job.fraction = stage, fraction
                self._send(job, {})

        return await self._runner(work, on_stage, lambda: job.state is State.running)

    async def _change(self, job: Job, **fields: Any) -> None:
        """Change a job, in the journal too, and tell pages."""
        for name, value in fields.items():
            setattr(job, name, value)
        await self._write([job.as_line()])
        self._send(job, self._positions())

    def _positions(self) -> dict[str, int]:
        """Places of the jobs that wait."""
        waiting = [job.id for job in self._jobs.values() if job.state is State.queued]
        return {job_id: place for place, job_id in enumerate(waiting, 1)}

    def _tell_positions(self) -> None:
        """Tell pages the places of all jobs that wait."""
        positions = self._positions()
        for job_id in positions:
            self._send(self._jobs[job_id], positions)

    def _send(self, job: Job, positions: Mapping[str, int]) -> None:
        """Tell pages of a job, unless it was removed."""
        if job.id in self._jobs:
            self._events.send("job", job.id, job.as_dict(positions.get(job.id)))

    async def _write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines to the journal, in the order of the calls."""
        await self._in_thread(self._journal.append, lines)

    async def _in_thread(self, function: Any, *arguments: Any) -> None:
        """Call a function that writes to the disk."""
        await asyncio.get_running_loop().run_in_executor(self._writing, partial(function, *arguments))

    def stop(self) -> None:
        """End the process; what it works on stays in the journal as running, and is queued at the next start."""
        self._runner.close()
        self._writing.shutdown(wait=True)
