"""Uploads: files that a client sends one by one, each streamed to the disk, until they become jobs."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from deskull.web.choices import Choice
from deskull.web.limits import Limits, check_free
from deskull.web.names import StoredNames
from deskull.web.refusals import RefusedError

#: Bytes that are written at a time; between two of them the disk's free space is looked at.
_CHUNK, _LOOK_BYTES = 1 << 20, 1 << 26
#: Seconds after which an upload that nobody went on with is removed.
_ABANDONED_S = 86_400.0


@dataclass
class Upload:
    """Files that are being sent.

    Attributes
    ----------
    folder : Path
    n_files : int
        How many files will come.
    names : StoredNames
    sizes : dict of str to int
        Bytes of each file that came, by its name on disk.
    choices : list of Choice
        What can be stripped of them, when all have come.
    """

    folder: Path
    n_files: int
    names: StoredNames = field(default_factory=StoredNames)
    sizes: dict[str, int] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    used: float = field(default_factory=time.monotonic)

    @property
    def id(self) -> str:
        """What the client calls it."""
        return self.folder.name


class Uploads:
    """The uploads of a server.

    Parameters
    ----------
    folder : Path
        With a folder for each upload; what an earlier server has left in it is removed.
    limits : Limits
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder, self._limits = folder, limits
        self._uploads: dict[str, Upload] = {}
        self._threads = ThreadPoolExecutor(4, "deskull-upload")

    def open(self, n_files: object) -> Upload:
        """Open an upload of a number of files.

        Raises
        ------
        RefusedError
        """
        if not isinstance(n_files, int) or isinstance(n_files, bool) or n_files < 1:
            raise RefusedError(400, "An upload states how many files will come, as n_files; at least 1.")
        if n_files > self._limits.files:
            raise RefusedError(413, f"An upload has at most {self._limits.files} files; send fewer, or a zip archive.")
        self._remove_abandoned()
        if len(self._uploads) >= self._limits.uploads:
            raise RefusedError(429, f"At most {self._limits.uploads} uploads may be open; wait until some are done.")
        check_free(self._folder, 0, self._limits)
        upload = Upload(self._folder / secrets.token_hex(8), n_files)
        upload.folder.mkdir(mode=0o700)
        self._uploads[upload.id] = upload
        return upload

    def get(self, upload_id: str) -> Upload:
        """Return an open upload.

        Raises
        ------
        RefusedError
        """
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise RefusedError(404, "This upload is not open (was the server restarted?); send the files again.")
        upload.used = time.monotonic()
        return upload

    async def receive(self, upload: Upload, name: str, chunks: AsyncIterator[bytes], length: int | None) -> None:
        """Write a file as it comes in; it counts when it is whole.

        Parameters
        ----------
        upload : Upload
        name : str
            The client's, from which nothing but the suffix is used.
        chunks : async iterator of bytes
        length : int, optional
            Number of bytes that were announced.

        Raises
        ------
        RefusedError
            If it exceeds a limit, or is shorter than was announced.
        """
        stored = upload.names.stored(name)
        if stored not in upload.sizes and len(upload.sizes) >= upload.n_files:
            raise RefusedError(409, f"All {upload.n_files} files of this upload have come; open another for more.")
        self._check_size(upload, length or 0, name)
        partial = upload.folder / f"{secrets.token_hex(8)}.partial"
        try:
            with partial.open("wb", buffering=0) as file:
                written = await self._write(upload, file, chunks, name)
            if length is not None and written != length:
                raise RefusedError(400, f"{name}: only {written} of {length} bytes came; send it again.")
            partial.replace(upload.folder / stored)
        finally:
            partial.unlink(missing_ok=True)
        upload.sizes[stored] = written
        upload.used = time.monotonic()

    async def _write(self, upload: Upload, file: BinaryIO, chunks: AsyncIterator[bytes], name: str) -> int:
        """Write the body of a request; returns its size."""
        loop, buffer, written, looked = asyncio.get_running_loop(), bytearray(), 0, 0
        async for chunk in chunks:
            buffer += chunk
            if len(buffer) < _CHUNK:
                continue
            written += len(buffer)
            self._check_size(upload, written, name, looks=written - looked >= _LOOK_BYTES)
            looked = written if written - looked >= _LOOK_BYTES else looked
            await loop.run_in_executor(self._threads, _write_all, file, bytes(buffer))
            buffer.clear()
        self._check_size(upload, written + len(buffer), name)
        await loop.run_in_executor(self._threads, _write_all, file, bytes(buffer))
        return written + len(buffer)

    def _check_size(self, upload: Upload, n_bytes: int, name: str, *, looks: bool = True) -> None:
        """Refuse a file that exceeds a limit."""
        limits = self._limits
        if n_bytes > limits.file_bytes:
            raise RefusedError(413, f"{name}: is larger than {limits.file_bytes / 1e9:g} GB; reduce it first.")
        if sum(upload.sizes.values()) + n_bytes > limits.upload_bytes:
            raise RefusedError(413, f"An upload has at most {limits.upload_bytes / 1e9:g} GB; send fewer files.")
        if looks:
            check_free(upload.folder, n_bytes, limits)

    def check_whole(self, upload: Upload) -> None:
        """Refuse to go on with an upload that is not whole.

        Raises
        ------
        RefusedError
        """
        if len(upload.sizes) < upload.n_files:
            raise RefusedError(409, f"Only {len(upload.sizes)} of {upload.n_files} files have come; send the others.")

    async def close(self, upload_id: str) -> None:
        """Remove an upload and its files; one that is not open is closed already."""
        upload = self._uploads.pop(upload_id, None)
        if upload is not None:
            remove = shutil.rmtree
            await asyncio.get_running_loop().run_in_executor(self._threads, remove, upload.folder, True)

    def _remove_abandoned(self) -> None:
        """Remove uploads that nobody went on with."""
        now = time.monotonic()
        for upload in [one for one in self._uploads.values() if now - one.used > _ABANDONED_S]:
            del self._uploads[upload.id]
            shutil.rmtree(upload.folder, ignore_errors=True)

    def stop(self) -> None:
        """Remove all uploads."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _write_all(file: BinaryIO, content: bytes) -> None:
    """Write all bytes to an unbuffered file."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
