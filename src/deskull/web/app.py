"""The application: the page and the API behind the guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import resources
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from deskull.web import api_jobs, api_results, api_review, api_state, api_uploads
from deskull.web.answers import guarded, on_error
from deskull.web.refusals import RefusedError
from deskull.web.security import Guard
from deskull.web.service import Service

_ROUTES = [*api_state.ROUTES, *api_uploads.ROUTES, *api_jobs.ROUTES, *api_results.ROUTES, *api_review.ROUTES]

#: Packages whose files the page may load: its own, and those that it shares with the report's page, such as the viewer.
_ASSETS = ("deskull.web", "deskull.report")


def make_app(service: Service) -> Starlette:
    """Make the application of a service.

    Parameters
    ----------
    service : Service
        Closed when the application ends.

    Returns
    -------
    Starlette
    """
    folders = [Path(str(resources.files(package) / "assets")) for package in _ASSETS]
    app = Starlette(
        routes=[
            Route("/", guarded(page)),
            Route("/assets/{name}", guarded(asset)),
            *_ROUTES,
        ],
        middleware=[Middleware(Guard, hosts=service.hosts, sessions=service.sessions)],
        exception_handlers={HTTPException: on_error, Exception: on_error},
        lifespan=_lifespan,
    )
    app.state.service, app.state.assets = service, folders
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Strip what is queued for as long as the application runs."""
    service: Service = app.state.service
    service.queue.restore()
    running = asyncio.create_task(service.queue.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await asyncio.to_thread(service.close)


async def page(request: Request) -> Response:
    """Send the page."""
    path: Path = request.app.state.assets[0] / "index.html"
    if not path.is_file():
        raise RefusedError(503, "The page is missing; build it with 'make web', or install deskull again.")
    return FileResponse(path)


async def asset(request: Request) -> Response:
    """Send a file that belongs to the page."""
    folders: list[Path] = request.app.state.assets
    files = (path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file())
    path = next((path for path in files if path.name == request.path_params["name"]), None)
    if path is None:
        raise RefusedError(404, "There is no such file of the page; reload the page.")
    return FileResponse(path)
