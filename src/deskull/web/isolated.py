"""Isolated work: what takes long or reads files of unknown origin runs in a process of its own, one call at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from deskull.system.processes import Failure, Isolated
from deskull.web.refusals import RefusedError, refusal_of

Answer = TypeVar("Answer")
#: Seconds after which a call is given up.
_TIMEOUT_S = 600.0


class Helper:
    """A process that answers calls one after the other, while the server goes on."""

    def __init__(self) -> None:
        self._process: Isolated[Callable[[], Any], Any] = Isolated(_call)
        self._thread = ThreadPoolExecutor(1, "deskull-helper")

    async def __call__(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        """Call a function.

        Parameters
        ----------
        function : callable
            Must be picklable, as must its arguments and its answer.
        *arguments

        Raises
        ------
        RefusedError
            With the sentence of whatever the function raises; also if the process crashes or takes too long.
        """
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._thread, self._process, partial(function, *arguments), _TIMEOUT_S)
        if isinstance(answer, RefusedError):
            raise answer
        if isinstance(answer, Failure):
            raise RefusedError(500, f"The work was given up, as {answer.value}; free memory, or give a smaller scan.")
        result: Answer = answer
        return result

    def stop(self) -> None:
        """End the process."""
        self._process.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)


def _call(function: Callable[[], Any]) -> Any:
    """Call a function; what it raises becomes the answer."""
    try:
        return function()
    except Exception as error:
        return refusal_of(error)
