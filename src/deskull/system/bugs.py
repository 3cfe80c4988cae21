"""Bugs: an exception that deskull did not expect keeps its traceback in a log file, and the user gets one sentence.

No identifier of a patient may reach a log, nor the table of a batch. The message of an exception can quote a header
field or the name of a file, so the sentence names the exception's type alone, and the log holds types of exceptions,
positions in the code and versions of libraries, but no message and no name of a scan. ``--debug`` prints the whole
traceback on stderr, where only the user sees it.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from deskull._version import __version__

#: Libraries whose versions a report states.
_LIBRARIES = ("numpy", "nibabel", "scipy", "onnxruntime", "SimpleITK", "pydicom")

_logger = logging.getLogger(__name__)


def report_bug(error: BaseException) -> str:
    """Log the traceback of an unexpected exception and return one sentence for the user.

    The same fault is logged once, in a file named by a hash of the traceback, so that a batch that meets it a
    thousand times writes one small file.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str
        The type of the exception, that it is a fault of deskull, and the path of the log file.
    """
    _logger.debug("unexpected %s", type(error).__name__, exc_info=error)
    log = _write_log(_anonymous_traceback(error))
    place = f" and the log file {log}" if log else ""
    fault = f"unexpected {type(error).__name__}: this is a fault of deskull"
    return f"{fault}; please report it with the output of 'deskull info'{place}."


def log_folder() -> Path:
    """Return the folder of the log files: the user's, as the operating system has it."""
    return Path(platformdirs.user_log_dir("deskull", appauthor=False))


def _anonymous_traceback(error: BaseException) -> str:
    """Return the traceback without messages: of each exception its type and the positions in the code."""
    lines = []
    for exception in _chain(error):
        lines += [line.rstrip("\n") for line in traceback.format_tb(exception.__traceback__)]
        lines.append(f"{type(exception).__module__}.{type(exception).__qualname__}\n")
    return "\n".join(lines)


def _chain(error: BaseException) -> list[BaseException]:
    """Return the exceptions that led to an exception, the first one first."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain[::-1]


def _write_log(text: str) -> Path | None:
    """Write a log file, in the temporary folder if the user's cannot be written; None if neither can."""
    name = f"bug-{hashlib.sha256(text.encode()).hexdigest()[:12]}.log"
    for folder in (log_folder(), Path(tempfile.gettempdir()) / "deskull-log"):
        path = folder / name
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text(f"{_versions()}\n\n{text}", encoding="utf-8")
            return path
    return None


def _versions() -> str:
    """Return the versions of deskull, Python and the libraries."""
    versions = [f"deskull {__version__}", f"Python {sys.version.split()[0]}", platform.platform()]
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            versions.append(f"{name} {version(name)}")
    return ", ".join(versions)
