"""``/api/review``: the masks of a batch are listed, rated, and opened in the viewer."""

from __future__ import annotations

import asyncio
import getpass
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deskull.web.answers import guarded, read_json, service_of
from deskull.web.job import Job, State
from deskull.web.refusals import RefusedError
from deskull.web.review import Review, open_row
from deskull.web.service import Service
from deskull.web.source import Options, Source, SourceKind


def _review(service: Service) -> Review:
    """Return the batch that is reviewed."""
    if service.review is None:
        raise RefusedError(404, "The server reviews no batch; start it with --review OUT.")
    return service.review


async def listing(request: Request) -> Response:
    """List the masks, worst first."""
    review = _review(service_of(request))
    return JSONResponse(await asyncio.to_thread(review.as_dict))


async def rate(request: Request) -> Response:
    """Save what a reviewer says of a mask."""
    service, fields = service_of(request), await read_json(request)
    review = _review(service)
    async with service.rating:
        await asyncio.to_thread(review.rate, request.path_params["row"], fields, _user())
    return Response(status_code=204)


def _user() -> str:
    """Return the name of the user, as the system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a system without a table of users
        return ""


async def open_in_viewer(request: Request) -> Response:
    """Make a finished job of a mask, without running a network; one that was opened before is opened again."""
    service = service_of(request)
    row = _review(service).row(request.path_params["row"])
    entry, opened = row.entry, service.queue.find_row(row.id)
    if opened is not None and opened.state is State.done and opened.source.mask == str(entry.mask):
        return JSONResponse({"job": opened.as_dict()}, 201)
    service.queue.check_room(1)
    scan = str(entry.scan or "")
    source = Source(SourceKind.review, scan, shown=scan, mask=str(entry.mask or ""), row=row.id)
    job = Job(entry.name, source, state=State.done, finished=time.time(), seconds=0.0, fraction=1.0)
    job.outcome = await service.helper(open_row, row, service.queue.files(job).folder)
    model = entry.cells.get("model") or "default"
    job.options = Options(model, job.outcome["surface"], job.outcome["border_mm"])
    job.has_edit = bool(job.outcome.pop("has_edit"))
    return JSONResponse({"job": (await service.queue.add([job]))[0]}, 201)


ROUTES = [
    Route("/api/review", guarded(listing)),
    Route("/api/review/{row}", guarded(rate), methods=["PUT"]),
    Route("/api/review/{row}/open", guarded(open_in_viewer), methods=["POST"]),
]
