"""deskull strips the skull from head MRI: a raw head scan goes in, the brain comes out."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

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
    SeriesWarning,
    UsageError,
)
from deskull.options import ReadOptions, StripOptions

if TYPE_CHECKING:
    from deskull import formats
    from deskull.formats import from_array
    from deskull.interfaces.notebook import view
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
    "ReadOptions",
    "Result",
    "SeriesWarning",
    "StripOptions",
    "Stripper",
    "UsageError",
    "Volume",
    "__version__",
    "formats",
    "from_array",
    "strip",
    "view",
]

#: Names that are imported at their first use, so that ``deskull --help`` starts without NumPy, and their modules.
_LAZY = {
    "Result": "deskull.result",
    "Stripper": "deskull.pipeline",
    "Volume": "deskull.volume",
    "formats": "deskull.formats",
    "from_array": "deskull.formats",
    "strip": "deskull.pipeline",
    "view": "deskull.interfaces.notebook",
}

logging.getLogger("deskull").addHandler(logging.NullHandler())  # silent, unless the caller asks for messages


def __getattr__(name: str) -> Any:
    """Import a name at its first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'deskull' has no attribute {name!r}")
    module = importlib.import_module(_LAZY[name])
    value = module if name == "formats" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
