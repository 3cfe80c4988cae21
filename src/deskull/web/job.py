"""Jobs: a scan that waits, is stripped or was stripped, and what a page and the journal say of it."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from deskull.web.commands import command_of
from deskull.web.source import Options, Source, SourceKind


class State(enum.StrEnum):
    """What has become of a job."""

    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


@dataclass
class Job:
    """A scan and what has become of it.

    Attributes
    ----------
    name : str
        How the scan is called.
    source : Source
    options : Options
    id : str
    state : State
    created : str
        Date and time in UTC (ISO 8601).
    finished : float
        When it was done, in s since 1970.
    seconds : float, optional
        Duration of the work.
    attempts : int
        Number of times that it was begun.
    error : str, optional
        One sentence.
    outcome : dict
        What stripping gave: fields of `as_dict`, and what downloads need.
    has_edit : bool
        Whether its mask was edited.
    stage, fraction
        What is being done, and how much of it is done.
    """

    name: str
    source: Source
    options: Options = field(default_factory=Options)
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: State = State.queued
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    finished: float = 0.0
    seconds: float | None = None
    attempts: int = 0
    error: str | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    has_edit: bool = False
    stage: str = ""
    fraction: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self.state in (State.queued, State.running)

    def as_dict(self, position: int | None = None) -> dict[str, Any]:
        """Return what a page is told.

        Parameters
        ----------
        position : int, optional
            Place in the queue, from 1.
        """
        told = {name: self.outcome.get(name) for name in ("shape", "voxel_mm", "volume_ml", "border_mm", "quality")}
        return {
            "id": self.id,
            "name": self.name,
            "state": str(self.state),
            "position": position,
            "stage": self.stage,
            "fraction": round(self.fraction, 3),
            "error": self.error,
            "created": self.created,
            "seconds": self.seconds,
            "options": asdict(self.options),
            **told,
            "surface": self.options.surface,
            "has_distance": bool(self.outcome.get("has_distance")),
            "has_edit": self.has_edit,
            "warnings": self.outcome.get("warnings", []),
            "command": command_of(self.source, self.options, self.outcome.get("border_mm")),
        }

    def as_line(self) -> dict[str, Any]:
        """Return the line of the journal."""
        return {name: value for name, value in asdict(self).items() if name not in ("stage", "fraction")}

    @classmethod
    def of_line(cls, line: Mapping[str, Any]) -> Job | None:
        """Return the job of a line of the journal; None if the line makes no sense."""
        try:
            fields = dict(line)
            source = Source(**{**fields["source"], "kind": SourceKind(fields["source"]["kind"])})
            fields |= {"source": source, "options": Options(**fields["options"]), "state": State(fields["state"])}
            return cls(**fields)
        except (LookupError, TypeError, ValueError):
            return None
