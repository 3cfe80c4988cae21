"""``/api/jobs/{job}/...``: what the viewer shows, what can be downloaded, and edits."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import unquote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from deskull.web.answers import guarded, service_of
from deskull.web.downloads import make_download
from deskull.web.edits import Edit, parse_history, remove_edit, save_edit
from deskull.web.job import Job
from deskull.web.job_files import JobFiles
from deskull.web.masks import Border, border_of
from deskull.web.names import content_disposition, stem_of
from deskull.web.refusals import RefusedError
from deskull.web.service import Service

_GZIP = "application/gzip"


async def volume(request: Request) -> Response:
    """Send a volume that the viewer shows."""
    service = service_of(request)
    job, what = service.queue.finished(request.path_params["job"]), request.path_params["volume"]
    path = _volume_path(service.queue.files(job), what, job)
    if path is None or not path.is_file():
        raise RefusedError(404, f"{job.name}: has no such volume ({what}); choose another one.")
    return FileResponse(path, media_type=_GZIP)


def _volume_path(files: JobFiles, what: str, job: Job) -> Path | None:
    """Return the file of a volume; None if there is no such volume."""
    brain, own = files.distance("brain"), files.distance(job.options.surface)
    return {
        "scan": files.scan,
        "distance": brain if brain.exists() else own,
        "intracranial": files.distance("intracranial"),
        "edited": files.edited,
    }.get(what)


def _border(service: Service, job: Job, request: Request, name: str) -> Border:
    """Return the border that the address of a request names."""
    query = request.query_params
    return border_of(service.finished(job), query.get("surface"), query.get(name))


async def download(request: Request) -> Response:
    """Send a result as a file."""
    service = service_of(request)
    job = service.queue.finished(request.path_params["job"])
    border = _border(service, job, request, "border_mm")
    target = service.downloads / secrets.token_hex(8)
    made = await service.helper(make_download, service.finished(job), request.path_params["what"], border, target)
    headers = {"content-disposition": content_disposition(made.name)}
    done = BackgroundTask(made.path.unlink, missing_ok=True) if made.is_temporary else None
    return FileResponse(made.path, headers=headers, media_type="application/octet-stream", background=done)


async def put_edit(request: Request) -> Response:
    """Save an edited mask."""
    service = service_of(request)
    job = service.queue.finished(request.path_params["job"])
    border = _border(service, job, request, "base_border_mm")
    history = parse_history(request.headers.get("x-deskull-history", ""))
    editor = unquote(request.headers.get("x-deskull-editor", ""))
    body = service.downloads / f"{secrets.token_hex(8)}.edit"
    try:
        await _receive(request, body, job)
        edit = Edit(body, border, editor, history)
        counts = await service.helper(save_edit, service.finished(job), edit, service.mask_beside(job))
    finally:
        body.unlink(missing_ok=True)
    await service.queue.set_edited(job, True)
    return JSONResponse(counts)


async def _receive(request: Request, body: Path, job: Job) -> None:
    """Write the body of a request to a file, of which no more is taken than a mask of the scan can need."""
    x, y, z = job.outcome["shape"]
    largest, written = x * y * z + 1_000_000, 0
    with body.open("wb") as file:
        async for chunk in request.stream():
            written += len(chunk)
            if written > largest:
                name = stem_of(job.name)
                raise RefusedError(413, f"{name}: the edited mask is larger than the scan; reload the page.")
            file.write(chunk)


async def drop_edit(request: Request) -> Response:
    """Remove an edited mask."""
    service = service_of(request)
    job = service.queue.finished(request.path_params["job"])
    await service.helper(remove_edit, service.finished(job), service.mask_beside(job))
    await service.queue.set_edited(job, False)
    return Response(status_code=204)


ROUTES = [
    Route("/api/jobs/{job}/volumes/{volume}", guarded(volume)),
    Route("/api/jobs/{job}/download/{what}", guarded(download)),
    Route("/api/jobs/{job}/edit", guarded(put_edit), methods=["PUT"]),
    Route("/api/jobs/{job}/edit", guarded(drop_edit), methods=["DELETE"]),
]
