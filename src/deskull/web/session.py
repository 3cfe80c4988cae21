"""Session: the token in the address that the program prints, and the cookie that it is exchanged for.

Both are made from a secret in the server's folder, so that a page that is open goes on after a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

from deskull.web.refusals import RefusedError

#: Wrong tokens that are taken within a minute.
_WRONG_TOKENS, _MINUTE_S = 20, 60.0


class Sessions:
    """Makes and checks tokens and cookies.

    Parameters
    ----------
    secret : bytes
        See `load_secret`.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._wrong: list[float] = []

    @property
    def token(self) -> str:
        """What opens a session."""
        return self._signed("token")

    @property
    def cookie_name(self) -> str:
        """Name of the cookie: servers with different folders on one computer must not share it."""
        return f"deskull_{self._signed('name')[:8]}"

    def open(self, token: object) -> str:
        """Return the value of a new cookie.

        Raises
        ------
        RefusedError
            If the token is wrong, or too many were.
        """
        now = time.monotonic()
        self._wrong = [moment for moment in self._wrong if now - moment < _MINUTE_S]
        if len(self._wrong) >= _WRONG_TOKENS:
            raise RefusedError(429, "Too many wrong tokens; wait a minute, then open the printed address.")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self.token.encode()):
            self._wrong.append(now)
            raise RefusedError(401, "The token is wrong; open the address that 'deskull serve' prints.")
        nonce = secrets.token_hex(16)
        return f"{nonce}.{self._signed(nonce)}"

    def is_valid(self, cookie: str) -> bool:
        """Whether a cookie is one of this server's."""
        nonce, _, signature = cookie.partition(".")
        return bool(signature) and hmac.compare_digest(signature.encode(), self._signed(nonce).encode())

    def _signed(self, text: str) -> str:
        """Signature of a text."""
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def load_secret(path: Path) -> bytes:
    """Return the secret of a folder, which is made at its first use; nobody else may read the file."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    secret = path.read_bytes()
    if len(secret) < 32:  # the server was killed while it wrote the file
        path.unlink()
        return load_secret(path)
    return secret
