"""``/api/uploads``: files come in, one request for each, and become choices."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deskull.web.answers import guarded, read_json, service_of
from deskull.web.choices import list_choices
from deskull.web.refusals import RefusedError


async def open_upload(request: Request) -> Response:
    """Open an upload of a number of files."""
    upload = service_of(request).uploads.open((await read_json(request)).get("n_files"))
    return JSONResponse({"upload": upload.id}, 201)


async def put_file(request: Request) -> Response:
    """Take in one file."""
    uploads = service_of(request).uploads
    upload = uploads.get(request.path_params["upload"])
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RefusedError(415, "The file is sent in an encoding; send it as it is.")
    length = request.headers.get("content-length", "")
    name = request.query_params.get("name", "")
    await uploads.receive(upload, name, request.stream(), int(length) if length.isdecimal() else None)
    return Response(status_code=204)


async def close_upload(request: Request) -> Response:
    """List what can be stripped of the files that have come."""
    service = service_of(request)
    upload = service.uploads.get(request.path_params["upload"])
    service.uploads.check_whole(upload)
    if not upload.choices:
        upload.choices = await service.helper(list_choices, upload.folder, upload.names.shown, service.limits)
    return JSONResponse({"choices": [choice.as_dict() for choice in upload.choices]})


async def drop_upload(request: Request) -> Response:
    """Remove an upload."""
    await service_of(request).uploads.close(request.path_params["upload"])
    return Response(status_code=204)


ROUTES = [
    Route("/api/uploads", guarded(open_upload), methods=["POST"]),
    Route("/api/uploads/{upload}/files", guarded(put_file), methods=["PUT"]),
    Route("/api/uploads/{upload}/done", guarded(close_upload), methods=["POST"]),
    Route("/api/uploads/{upload}", guarded(drop_upload), methods=["DELETE"]),
]
