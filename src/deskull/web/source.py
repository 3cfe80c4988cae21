"""Sources: where the scan of a job comes from, and what is done to it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SourceKind(enum.StrEnum):
    """Where the scan of a job comes from."""

    #: Files that were sent, in the folder of the job.
    upload = "upload"
    #: A path under the folder that ``--root`` names.
    path = "path"
    #: The synthetic head of ``deskull demo``.
    demo = "demo"
    #: A mask of a batch that is reviewed.
    review = "review"


@dataclass(frozen=True)
class Source:
    """The scan of a job.

    Attributes
    ----------
    kind : SourceKind
    path : str
        Of the file or folder; of files that were sent, relative to the folder of the job.
    series : str, optional
        The series of a DICOM source that is read.
    selector : str, optional
        How the command line would choose that series.
    shown : str
        How the command line would name it.
    mask : str
        The mask of a batch that is reviewed.
    row : str
        Its row in the review.
    """

    kind: SourceKind
    path: str = ""
    series: str | None = None
    selector: str | None = None
    shown: str = ""
    mask: str = ""
    row: str = ""


@dataclass(frozen=True)
class Options:
    """What is done to a scan.

    Attributes
    ----------
    model, surface : str
        See `deskull.options.StripOptions`.
    border_mm : float, optional
        None for the network's own.
    """

    model: str = "default"
    surface: str = "brain"
    border_mm: float | None = None
