"""Security: what every request must show, and what every answer forbids the browser.

- The host must be one of the server's names: a foreign name that leads to this computer (DNS rebinding) is refused.
- A request that another page makes is refused by its origin.
- A request that changes something needs a header that other pages cannot send.
- Everything under ``/api`` but the opening of a session needs the session's cookie.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deskull.web.refusals import RefusedError
from deskull.web.session import Sessions

#: Header that every request that changes something carries.
WRITE_HEADER = "x-deskull"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: What the page may load: its own files; the viewer also makes images and fonts in memory.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Hosts:
    """Names by which the server may be called.

    Attributes
    ----------
    names : frozenset of str
    any_address : bool
        Whether every IP address is allowed, too: no rebinding is possible with an address.
    """

    names: frozenset[str]
    any_address: bool = False

    @classmethod
    def of(cls, host: str) -> Hosts:
        """Return the names of a server that listens on a host.

        Parameters
        ----------
        host : str
            A name or an address.
        """
        if is_loopback(host):
            return cls(_LOOPBACK)
        own = {host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}
        return cls(_LOOPBACK | own, any_address=True)

    def allows(self, host: str) -> bool:
        """Whether the value of a Host header is one of the names, with any port."""
        name = host_name(host)
        return name in self.names or (self.any_address and _is_address(name))


def is_loopback(host: str) -> bool:
    """Whether a host is this computer alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """Return a host without its port.

    >>> host_name("[::1]:8765"), host_name("LOCALHOST:80"), host_name("a.b")
    ('::1', 'localhost', 'a.b')
    """
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    """Whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Refuses requests that lack what this module demands, and adds headers to every answer.

    Parameters
    ----------
    app : ASGI application
    hosts : Hosts
    sessions : Sessions
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, sessions: Sessions) -> None:
        self._app, self._hosts, self._sessions = app, hosts, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            """Send a message with the headers."""
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            self._check(scope["method"], scope["path"], Headers(scope=scope))
        except RefusedError as refused:
            await JSONResponse({"error": str(refused)}, refused.status)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        """Refuse a request that lacks something."""
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self._hosts.allows(host):
            raise RefusedError(403, "This name is not the server's; open the address that 'deskull serve' prints.")
        _check_origin(headers, host)
        if method not in ("GET", "HEAD") and headers.get(WRITE_HEADER) != "1":
            raise RefusedError(403, "The request lacks the header X-Deskull: 1; send it from the page of the server.")
        if _is_private(path) and not self._has_session(headers.getlist("cookie")):
            raise RefusedError(401, "No session is open; open the address that 'deskull serve' prints, with its token.")

    def _has_session(self, cookies: Iterable[str]) -> bool:
        """Whether one of the cookies is a session's."""
        for text in cookies:
            try:
                morsel = SimpleCookie(text).get(self._sessions.cookie_name)
            except CookieError:
                continue
            if morsel is not None and self._sessions.is_valid(morsel.value):
                return True
        return False


def _check_origin(headers: Headers, host: str) -> None:
    """Refuse a request of another page."""
    origin = headers.get("origin")
    is_own = origin is None or origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
    if not is_own or (headers.get("sec-fetch-site") in ("cross-site", "same-site") and origin is not None):
        raise RefusedError(403, "The request comes from another page; open the address that 'deskull serve' prints.")


def _is_private(path: str) -> bool:
    """Whether a path needs a session."""
    return (path == "/api" or path.startswith("/api/")) and path != "/api/session"


def _add_headers(headers: MutableHeaders, path: str) -> None:
    """Add what every answer forbids the browser."""
    for name, value in _HEADERS.items():
        headers[name] = value
    headers["cache-control"] = "no-store" if path.startswith("/api/") else "no-cache"
