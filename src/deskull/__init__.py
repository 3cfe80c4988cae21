"""deskull: a raw head scan goes in, the brain comes out."""

from deskull._version import __version__
from deskull.errors import DeskullError, InputError, OutputError, UsageError
from deskull.pipeline import Result, Stripper, strip
from deskull.volume import Volume

__all__ = [
    "DeskullError",
    "InputError",
    "OutputError",
    "Result",
    "Stripper",
    "UsageError",
    "Volume",
    "__version__",
    "strip",
]
