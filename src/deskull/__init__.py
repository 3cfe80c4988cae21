"""deskull strips the skull from head MRI: a raw head scan goes in, the brain comes out."""

from deskull._version import __version__
from deskull.errors import (
    DeskullError,
    DeskullWarning,
    DicomWarning,
    GeometryWarning,
    InputError,
    IntensityWarning,
    OutputError,
    PlausibilityWarning,
    UsageError,
)
from deskull.options import StripOptions
from deskull.pipeline import Stripper, strip
from deskull.result import Result
from deskull.volume import Volume

__all__ = [
    "DeskullError",
    "DeskullWarning",
    "DicomWarning",
    "GeometryWarning",
    "InputError",
    "IntensityWarning",
    "OutputError",
    "PlausibilityWarning",
    "Result",
    "StripOptions",
    "Stripper",
    "UsageError",
    "Volume",
    "__version__",
    "strip",
]
