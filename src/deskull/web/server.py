"""The server: a socket to listen on, the address with its token, and the program that answers."""

from __future__ import annotations

import html
import os
import socket
import webbrowser
from contextlib import suppress
from pathlib import Path

import platformdirs
import uvicorn

from deskull.errors import UsageError
from deskull.web.app import make_app
from deskull.web.security import is_loopback
from deskull.web.service import Service, Settings

#: Seconds that requests are given to end when the server does.
_GRACE_S = 2
_OPENING = """<!DOCTYPE html><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}"><title>deskull</title><a href="{address}">Open deskull</a>
"""


def default_folder() -> Path:
    """Return the folder of uploads, jobs and the journal: the user's, as the operating system has it."""
    return Path(platformdirs.user_state_dir("deskull", appauthor=False)) / "serve"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free.

    Raises
    ------
    UsageError
        If the port is taken, or the host is not one of this computer's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        raise UsageError(f"{host}:{port}: cannot be listened on ({reason}); choose another with --port.") from None
    return listening


def address_of(host: str, port: int, token: str) -> str:
    """Return the address to open, with the token in its fragment, which browsers send nowhere.

    >>> address_of("127.0.0.1", 8765, "abc"), address_of("0.0.0.0", 80, "abc").endswith(":80/#token=abc")
    ('http://127.0.0.1:8765/#token=abc', True)
    """
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/#token={token}"


class Server:
    """A server that is ready to run.

    Parameters
    ----------
    settings : Settings
    port : int
        0 for any that is free.

    Attributes
    ----------
    address : str
        To open in a browser, with the token.
    port : int
    folder : Path
    is_public : bool
        Whether other computers can reach it.

    Raises
    ------
    DeskullError
        If it cannot be started.
    """

    def __init__(self, settings: Settings, port: int) -> None:
        self._socket = listen(settings.host, port)
        try:
            self._service = Service(settings)
        except BaseException:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.address = address_of(settings.host, self.port, self._service.sessions.token)
        self.is_public = not is_loopback(settings.host)
        self.folder = settings.folder
        config = uvicorn.Config(
            make_app(self._service),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            http="h11",
            timeout_graceful_shutdown=_GRACE_S,
        )
        self.program = uvicorn.Server(config)

    def run(self) -> None:
        """Answer requests until Ctrl-C."""
        with suppress(KeyboardInterrupt):  # uvicorn raises it again when all requests have ended
            self.program.run(sockets=[self._socket])

    def open_browser(self) -> None:
        """Open the page in a browser; the token reaches it in a file that only the user reads."""
        path = self.folder / "open.html"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_OPENING.format(address=html.escape(self.address)))
        webbrowser.open(path.as_uri())
