"""Events: changes of scans, sent to every page that listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Seconds between two comments, which keep a silent connection open.
SILENCE_S = 15.0


class Listener:
    """What a page was not told yet: of each scan the latest change alone, so that a slow page costs little memory."""

    def __init__(self) -> None:
        self._pending: dict[str, str] = {}
        self._woken = asyncio.Event()

    def put(self, key: str, text: str) -> None:
        """Add a change, in place of an earlier one of the same scan."""
        self._pending.pop(key, None)
        self._pending[key] = text
        self._woken.set()

    async def take(self, seconds: float) -> str:
        """Return what has changed, or a comment if nothing does for some seconds."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return ": nothing new\n\n"
        text = "".join(self._pending.values())
        self._pending.clear()
        self._woken.clear()
        return text


class Events:
    """The pages that listen."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._ended = False

    def send(self, event: str, key: str, content: Any) -> None:
        """Tell all pages of a change.

        Parameters
        ----------
        event : str
            Its kind: ``job`` or ``removed``.
        key : str
            What it is of; a later change of the same replaces it.
        content
            As JSON.
        """
        text = _message(event, content)
        for listener in self._listeners:
            listener.put(key, text)

    def end(self) -> None:
        """Let all streams end, because the server does."""
        self._ended = True
        for listener in self._listeners:
            listener.put("", ": the server ends\n\n")

    async def stream(self, jobs: Callable[[], Any]) -> AsyncIterator[str]:
        """Yield what is sent to one page: first all jobs, as they are when it begins to listen, then each change.

        Parameters
        ----------
        jobs : callable
            Returns what a page is told of all jobs. Without it, a change after the page has read them and before it
            listens would be lost.

        Yields
        ------
        str
            Messages of a server-sent event stream.
        """
        with self._listening() as listener:
            yield "retry: 2000\n" + _message("jobs", jobs())
            while not self._ended:
                yield await listener.take(SILENCE_S)

    @contextmanager
    def _listening(self) -> Iterator[Listener]:
        """Listen as long as the context lasts."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)


def _message(event: str, content: Any) -> str:
    """Return a message of a server-sent event stream."""
    return f"event: {event}\ndata: {json.dumps(content)}\n\n"
