"""``/api/session``, ``/api/state``, ``/api/events`` and ``/api/folder``: the session, what there is, what changes."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from deskull._version import __version__
from deskull.web.answers import guarded, read_json, service_of
from deskull.web.described import NOTICE, described_model
from deskull.web.refusals import RefusedError
from deskull.web.rooted import choices_of_path, list_folder


async def open_session(request: Request) -> Response:
    """Exchange the token for a cookie."""
    sessions = service_of(request).sessions
    value = sessions.open((await read_json(request)).get("token"))
    response = Response(status_code=204)
    secure = request.url.scheme == "https"
    response.set_cookie(sessions.cookie_name, value, path="/", httponly=True, samesite="strict", secure=secure)
    return response


async def state(request: Request) -> Response:
    """Tell everything that a page needs at its start."""
    service = service_of(request)
    limits = service.limits
    return JSONResponse(
        {
            "version": __version__,
            "notice": NOTICE,
            "limits": {"file_bytes": limits.file_bytes, "files": limits.files, "queue": limits.queue},
            "root": service.settings.root is not None,
            "review": service.review is not None,
            "models": [described_model(name, model) for name, model in service.models.items()],
            "jobs": service.queue.told(),
        }
    )


async def events(request: Request) -> Response:
    """Send all jobs, and then changes of them as they come."""
    service = service_of(request)
    return StreamingResponse(service.events.stream(service.queue.told), media_type="text/event-stream")


async def folder(request: Request) -> Response:
    """List a folder under the root."""
    root = service_of(request).settings.root
    if root is None:
        raise RefusedError(404, "The server has no folder to choose from; start it with --root DIR.")
    return JSONResponse(await asyncio.to_thread(list_folder, root, request.query_params.get("path", "")))


async def folder_choices(request: Request) -> Response:
    """List what can be stripped at a path under the root: of DICOM each series."""
    service = service_of(request)
    if service.settings.root is None:
        raise RefusedError(404, "The server has no folder to choose from; start it with --root DIR.")
    path = request.query_params.get("path", "")
    choices = await service.helper(choices_of_path, service.settings.root, path)
    return JSONResponse({"choices": [choice.as_dict() for choice in choices]})


ROUTES = [
    Route("/api/session", guarded(open_session), methods=["POST"]),
    Route("/api/state", guarded(state)),
    Route("/api/events", guarded(events)),
    Route("/api/folder", guarded(folder)),
    Route("/api/folder/choices", guarded(folder_choices)),
]
