"""The libraries that read and write DICOM: optional, and kept from quoting headers."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deskull.errors import UsageError
from deskull.system.installation import install_command


def require(module: str) -> Any:
    """Import an optional library.

    Parameters
    ----------
    module : str
        Name of the module: ``pydicom``, ``highdicom`` or ``dcm2niix``.

    Returns
    -------
    module

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise UsageError(f"{module}: is not installed; {install_command('dicom')}.") from None


@contextmanager
def silenced() -> Iterator[None]:
    """Silence the warnings and log messages of the libraries, which quote values of headers."""
    loggers = [logging.getLogger(name) for name in ("pydicom", "highdicom")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
