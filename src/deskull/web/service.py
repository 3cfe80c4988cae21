"""Service: everything that one server holds."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from deskull.errors import UsageError
from deskull.models.cards import Model, shipped_models
from deskull.web.events import Events
from deskull.web.isolated import Helper
from deskull.web.job import Job
from deskull.web.journal import Journal
from deskull.web.limits import Limits
from deskull.web.masks import Finished
from deskull.web.names import stem_of
from deskull.web.queue import JobQueue
from deskull.web.review import Review
from deskull.web.security import Hosts
from deskull.web.session import Sessions, load_secret
from deskull.web.source import SourceKind
from deskull.web.uploads import Uploads

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Settings:
    """What a server is started with.

    Attributes
    ----------
    folder : Path
        Of uploads, jobs and the journal; it is made, and nobody else may read it.
    root : Path, optional
        Folder whose scans can be named by their paths.
    review : Path, optional
        Batch that is reviewed.
    host : str
        Name or address to listen on.
    limits : Limits
    """

    folder: Path
    root: Path | None = None
    review: Path | None = None
    host: str = "127.0.0.1"
    limits: Limits = field(default_factory=Limits)


class Service:
    """A server's queue, uploads, review and sessions.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    UsageError
        If another server uses the folder, or the folder of `root` does not exist.
    DeskullError
        If the batch cannot be reviewed.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.limits = settings, settings.limits
        if settings.root is not None and not settings.root.is_dir():
            raise UsageError(f"{settings.root}: is no folder; give the folder of the scans.")
        self.review = None if settings.review is None else Review(settings.review)
        folder = settings.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(folder)
        self.sessions = Sessions(load_secret(folder / "secret"))
        self.hosts = Hosts.of(settings.host)
        self.models: dict[str, Model] = {model.path.stem: model for model in shipped_models()}
        self.events = Events()
        self.uploads = Uploads(folder / "uploads", self.limits)
        self.queue = JobQueue(folder / "jobs", Journal(folder / "journal.jsonl"), self.events, self.limits)
        self.helper = Helper()
        self.downloads = folder / "downloads"
        shutil.rmtree(self.downloads, ignore_errors=True)
        self.downloads.mkdir(mode=0o700)
        #: Ratings are read, changed and written one at a time.
        self.rating = asyncio.Lock()

    def finished(self, job: Job) -> Finished:
        """Return what is needed to make masks of a finished job."""
        outcome = job.outcome
        return Finished(
            self.queue.files(job).folder,
            stem_of(job.name),
            self.queue.source(job),
            job.source.series,
            job.options.surface,
            float(outcome["border_mm"]),
            str(outcome["suffix"]),
            bool(outcome["has_distance"]),
            outcome,
        )

    def mask_beside(self, job: Job) -> Path | None:
        """Return the mask of a batch that a job shows, beside which an edited mask is kept."""
        return Path(job.source.mask) if job.source.kind is SourceKind.review else None

    def close(self) -> None:
        """End all processes and give the folder up."""
        self.events.end()
        self.queue.stop()
        self.helper.stop()
        self.uploads.stop()
        shutil.rmtree(self.downloads, ignore_errors=True)
        os.close(self._lock)


def _lock(folder: Path) -> int:
    """Take the lock of a folder, which the system releases when the process ends, however it ends.

    Raises
    ------
    UsageError
        If another server has it.
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise UsageError(f"{folder}: another 'deskull serve' uses it; give a folder with --work.") from None
    return handle
