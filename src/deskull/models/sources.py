"""Sources: where a network and its card are fetched from, and how many bytes they may have."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit

from deskull.errors import InputError, UsageError
from deskull.formats.files import open_regular, why_missing
from deskull.system.installation import install_command

#: Largest network and largest card that are fetched, in bytes; those that ship have 5 MB and 8 kB.
MAX_NETWORK_BYTES, MAX_CARD_BYTES = 1_000_000_000, 1_000_000
#: Seconds without an answer after which a server is given up.
_TIMEOUT_S = 30
_CHUNK = 1 << 20


class Source(Protocol):
    """Where one file comes from."""

    @property
    def place(self) -> str:
        """Its path or URL, for messages."""
        ...

    def bring(self, target: Path, limit: int, digest: str | None = None) -> None:
        """Copy it to a file.

        Parameters
        ----------
        target : Path
        limit : int
            Largest number of bytes.
        digest : str, optional
            SHA-256 that it must have.

        Raises
        ------
        InputError
            If it cannot be had, is too large, or is another file.
        """
        ...


@dataclass(frozen=True)
class Found:
    """The two files of a model."""

    network: Source
    card: Source


def find_source(source: str, name: str) -> Found:
    """Return where the network and the card of a model come from; nothing is opened.

    Parameters
    ----------
    source : str
        Path or URL of an ``.onnx`` file, or of a folder that holds ``NAME.onnx``.
    name : str
        Of the model.

    Raises
    ------
    UsageError
        If a URL is not of ``http`` or ``https``, or holds a password.

    Examples
    --------
    >>> find_source("https://example.org/models", "mine").card.place
    'https://example.org/models/mine.json'
    """
    if "://" in source:
        url = _checked(source)
        path = url.path if url.path.endswith(".onnx") else f"{url.path.rstrip('/')}/{name}.onnx"
        paths = (path, path.removesuffix(".onnx") + ".json")
        return Found(*(Url(urlunsplit(url._replace(path=one))) for one in paths))
    file = Path(source) if source.endswith(".onnx") else Path(source) / f"{name}.onnx"
    return Found(File(file), File(file.with_suffix(".json")))


def _checked(source: str) -> SplitResult:
    """Return the parts of a URL.

    Raises
    ------
    UsageError
        If it cannot be used.
    """
    try:
        url = urlsplit(source)
        is_right = url.scheme in ("http", "https") and bool(url.hostname)
        has_password = url.username is not None or url.password is not None
    except ValueError:
        is_right = has_password = False
    if not is_right:
        raise UsageError("must be a URL of http or https, or a path.", parameter="from", value=source[:200])
    if has_password:
        raise UsageError("must hold no user name and no password; put them into ~/.netrc.", parameter="from")
    return url._replace(fragment="")


@dataclass(frozen=True)
class File:
    """A file on this machine."""

    path: Path

    @property
    def place(self) -> str:
        """See `Source`."""
        return str(self.path)

    def bring(self, target: Path, limit: int, digest: str | None = None) -> None:
        """See `Source`."""
        if not self.path.exists():
            raise InputError(why_missing(self.path))
        with open_regular(self.path) as file, target.open("wb") as copy:
            limited = _Limited(copy, limit, self.place)
            while chunk := file.read(_CHUNK):
                limited.write(chunk)
        if digest is not None and file_sha256(target) != digest:
            raise _other_file(self.place)


@dataclass(frozen=True)
class Url:
    """A file on a web server, which pooch downloads."""

    url: str

    @property
    def place(self) -> str:
        """See `Source`."""
        return self.url

    def bring(self, target: Path, limit: int, digest: str | None = None) -> None:
        """See `Source`.

        Raises
        ------
        UsageError
            If pooch is not installed.
        """
        try:
            pooch, requests = importlib.import_module("pooch"), importlib.import_module("requests")
        except ModuleNotFoundError as error:
            raise UsageError(f"{error.name}: is not installed; {install_command('fetch')}.") from None
        pooch.get_logger().setLevel("ERROR")
        known = digest and f"sha256:{digest}"
        download = self._downloader(pooch.HTTPDownloader(timeout=_TIMEOUT_S), limit)
        try:
            pooch.retrieve(self.url, known, fname=target.name, path=target.parent, downloader=download)
        except InputError:
            raise
        except requests.RequestException as error:
            fault = " ".join(str(error).split())[:300]
            raise InputError(f"{self.url}: could not be fetched ({fault}); check the URL and the connection.") from None
        except ValueError as error:
            if digest and "hash" in str(error):
                raise _other_file(self.url) from None
            fault = " ".join(str(error).split())[:300]
            raise InputError(f"{self.url}: could not be fetched ({fault}); check the URL.") from None

    def _downloader(self, download: Any, limit: int) -> Any:
        """Return a downloader of pooch that stops at a number of bytes."""

        def bounded(url: str, output: str, pooch: Any) -> None:
            """Download a file."""
            with Path(output).open("wb") as file:
                download(url, _Limited(file, limit, self.url), pooch)

        return bounded


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Limited:
    """A file that takes no more than a number of bytes."""

    def __init__(self, file: BinaryIO, limit: int, place: str) -> None:
        self._file, self._room, self._limit, self._place = file, limit, limit, place

    def write(self, chunk: bytes) -> None:
        """Write bytes.

        Raises
        ------
        InputError
            If they are too many.
        """
        self._room -= len(chunk)
        if self._room < 0:
            fault = f"has more than {self._limit / 1e6:g} MB, the most that is fetched"
            raise InputError(f"{self._place}: {fault}; check that it is the right file.")
        self._file.write(chunk)

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._file.flush()


def _other_file(place: str) -> InputError:
    """Error for a file of another digest."""
    fault = "is not the file with the SHA-256 that was given, and nothing was stored"
    return InputError(f"{place}: {fault}; check the digest, or ask whoever published it.")
