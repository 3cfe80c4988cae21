"""The version: of the build, or of the next release where nothing was built, as in a plain checkout."""

from __future__ import annotations

__all__ = ["__version__"]

try:
    from deskull._release import version as __version__
except ModuleNotFoundError:
    __version__ = "0.1.0.dev0"
