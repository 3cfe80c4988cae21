"""``/api/jobs``: scans are queued, and cancelled or removed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deskull.web.answers import guarded, read_json, service_of
from deskull.web.job import Job
from deskull.web.ordering import order_paths, order_upload, parse_options
from deskull.web.source import Source, SourceKind


async def add_jobs(request: Request) -> Response:
    """Queue choices of an upload, paths under the root, or the synthetic head."""
    service, fields = service_of(request), await read_json(request)
    options, upload_id = parse_options(fields.get("options"), service), fields.get("upload")
    if fields.get("demo") is True:
        service.queue.check_room(1)
        jobs = [Job("synthetic head", Source(SourceKind.demo), options)]
    elif upload_id is not None:
        upload = service.uploads.get(str(upload_id))
        jobs = await order_upload(service, upload, fields.get("choices"), options)
    else:
        jobs = await order_paths(service, fields.get("paths"), fields.get("series"), options)
    told = await service.queue.add(jobs)
    if upload_id is not None:
        await service.uploads.close(str(upload_id))
    return JSONResponse({"jobs": told}, 201)


async def remove_job(request: Request) -> Response:
    """Cancel a scan that is not done, or remove one that is."""
    await service_of(request).queue.remove(request.path_params["job"])
    return Response(status_code=204)


ROUTES = [
    Route("/api/jobs", guarded(add_jobs), methods=["POST"]),
    Route("/api/jobs/{job}", guarded(remove_job), methods=["DELETE"]),
]
