"""Events: a page is told the latest change of each scan."""

from __future__ import annotations

import asyncio

from deskull.web.events import Events, Listener


def test_slow_page_is_told_the_latest_change_of_each_scan():
    async def listen() -> str:
        listener = Listener()
        for number in range(1000):
            listener.put("a", f"a{number} ")
        listener.put("b", "b")
        return await listener.take(1)

    assert asyncio.run(listen()) == "a999 b"


def test_silence_is_broken_by_a_comment():
    assert asyncio.run(Listener().take(0.01)).startswith(":")


def test_every_page_is_told_and_one_that_has_gone_is_forgotten():
    async def listen() -> tuple[list[str], int]:
        events = Events()
        streams = [events.stream(list), events.stream(list)]
        for stream in streams:
            await anext(stream)
        events.send("job", "a", {"id": "a"})
        told = [await anext(stream) for stream in streams]
        for stream in streams:
            await stream.aclose()
        return told, len(events._listeners)

    told, left = asyncio.run(listen())
    assert told == ['event: job\ndata: {"id": "a"}\n\n'] * 2
    assert left == 0


def test_page_is_first_told_all_jobs_as_they_are_when_it_listens():
    async def listen() -> list[str]:
        events, jobs = Events(), [{"id": "a", "state": "running"}]
        stream = events.stream(lambda: jobs)
        jobs = [{"id": "a", "state": "done"}]
        events.send("job", "a", jobs[0])  # nobody listens yet
        first = await anext(stream)
        events.send("removed", "a", {"id": "a"})
        return [first, await anext(stream)]

    assert asyncio.run(listen()) == [
        'retry: 2000\nevent: jobs\ndata: [{"id": "a", "state": "done"}]\n\n',
        'event: removed\ndata: {"id": "a"}\n\n',
    ]


def test_streams_end_with_the_server():
    async def listen() -> list[str]:
        events = Events()
        stream = events.stream(list)
        await anext(stream)
        events.end()
        return [text async for text in stream]

    assert asyncio.run(listen()) == []
