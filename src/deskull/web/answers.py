"""Answers: JSON in and out, and one sentence for whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from deskull.web.refusals import RefusedError, refusal_of
from deskull.web.service import Service

Endpoint = Callable[[Request], Awaitable[Response]]
_SENTENCES = {
    404: "There is nothing at this address; open the page of the server.",
    405: "This address does not take such a request; open the page of the server.",
}


def service_of(request: Request) -> Service:
    """Return the service that answers a request."""
    service: Service = request.app.state.service
    return service


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request holds.

    Raises
    ------
    RefusedError
        If it is too large, or no object.
    """
    body = await read_body(request, service_of(request).limits.json_bytes)
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise RefusedError(400, "The request is no object in JSON; send it from the page of the server.")
    return fields


async def read_body(request: Request, largest: int) -> bytes:
    """Return the body of a request.

    Raises
    ------
    RefusedError
        If it is larger than allowed.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > largest:
            raise RefusedError(413, f"The request is larger than {largest / 1e6:g} MB; send less at a time.")
    return bytes(content)


def error_answer(error: Exception) -> Response:
    """Return the answer that tells a client of an error, without a traceback."""
    if isinstance(error, HTTPException):
        return JSONResponse(
            {"error": _SENTENCES.get(error.status_code, "The request cannot be answered; reload the page.")},
            error.status_code,
            headers=dict(error.headers or {}),
        )
    if isinstance(error, ClientDisconnect):
        return JSONResponse({"error": "The connection was closed before all of the request came; send it again."}, 400)
    refused = refusal_of(error)
    return JSONResponse({**refused.more, "error": str(refused)}, refused.status)


async def on_error(request: Request, error: Exception) -> Response:
    """Answer a request that failed."""
    return error_answer(error)


def guarded(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint whose errors, of any kind, become answers."""

    async def answer(request: Request) -> Response:
        """Answer a request."""
        try:
            return await endpoint(request)
        except Exception as error:
            return error_answer(error)

    return answer
