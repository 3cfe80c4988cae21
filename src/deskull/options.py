"""Options: the one statement of what can be chosen when a scan is read, stripped and written.

The command line, the Python API, batches, BIDS, Dask, nipype and pydra all take a `StripOptions`; their help texts
and docstrings are drawn from the descriptions of its fields.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Surface(enum.StrEnum):
    """Which surface the mask follows."""

    brain = "brain"
    intracranial = "intracranial"


class Frame(enum.StrEnum):
    """How a 4-D series is masked."""

    each = "each"
    mean = "mean"


class EngineName(enum.StrEnum):
    """Which inference engine runs the network."""

    onnxruntime = "onnxruntime"
    openvino = "openvino"


class Device(enum.StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"


class OutputKind(enum.StrEnum):
    """Kinds of result files, by what is appended to the scan's name."""

    brainmask = "brainmask"
    brain = "brain"
    distance = "distance"
    brain_n4 = "brain_n4"
    seg = "seg"


@dataclass(frozen=True)
class ReadOptions:
    """What a reader may do with files that it cannot trust.

    Attributes
    ----------
    series : str, optional
        Which series of a DICOM source: its position (``#2``), number, description or UID.
    allow_outside_data : bool
        Whether a detached header may name a data file outside its own folder.
    max_archive_gb : float
        Maximum size of what a zip archive of DICOM files may unpack to, in GB.
    """

    series: str | None = None
    allow_outside_data: bool = False
    max_archive_gb: float = 8.0
