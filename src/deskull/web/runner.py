"""Runner: the one process that strips scans, one after the other, and what it says meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from deskull.system.processes import Failure, Isolated
from deskull.web.job_files import JobFiles
from deskull.web.stages import told
from deskull.web.stripping import Outcome, Work, strip_job

#: Seconds between two looks at what the process says, and after which a scan is given up.
_LOOK_S, _TIMEOUT_S = 0.25, 3600.0
#: Number of times that a scan is given to a process that crashes: memory may be short for a moment.
_TRIES = 2
_SENTENCES = {
    Failure.crashed: "was given up, as its process ended, perhaps for lack of memory; free memory, or reduce the scan.",
    Failure.timed_out: "was given up after an hour; reduce the scan first.",
}


class Runner:
    """A process that strips scans while the server goes on."""

    def __init__(self) -> None:
        self._process: Isolated[Work, Outcome] = Isolated(strip_job)
        self._thread = ThreadPoolExecutor(1, "deskull-stripping")

    async def __call__(
        self, work: Work, on_stage: Callable[[str, float], None], is_wanted: Callable[[], bool]
    ) -> Outcome:
        """Strip a scan.

        Parameters
        ----------
        work : Work
        on_stage : callable
            Called with the name of each stage that begins, and the part of the work that is done.
        is_wanted : callable
            Whether the scan is still to be stripped: one whose process was stopped is not tried again.

        Returns
        -------
        Outcome
        """
        answer: Outcome | Failure = Failure.crashed
        for _ in range(_TRIES):
            answer = await self._attempt(work, on_stage)
            if answer is not Failure.crashed or not is_wanted():
                break
        return Outcome(error=_SENTENCES[answer]) if isinstance(answer, Failure) else answer

    async def _attempt(self, work: Work, on_stage: Callable[[str, float], None]) -> Outcome | Failure:
        """Strip a scan once, and follow what the process says."""
        path, last = JobFiles(work.folder).stage, ""
        call = partial(self._process, work, _TIMEOUT_S)
        answer = asyncio.get_running_loop().run_in_executor(self._thread, call)
        while not (await asyncio.wait([answer], timeout=_LOOK_S))[0]:
            stage, fraction = told(path)
            if stage and stage != last:
                on_stage(stage, fraction)
                last = stage
        return await answer

    def stop_scan(self) -> None:
        """Stop what is being done; the next scan gets another process."""
        self._process.stop()

    def close(self) -> None:
        """End the process and the thread."""
        self._process.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)
