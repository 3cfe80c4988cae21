"""Record of a run: with which options, of which input, where and when results were made, for their sidecars."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from deskull.formats import dicom, split_name
from deskull.options import StripOptions
from deskull.options.recorded import record_options
from deskull.system.installation import installed_version
from deskull.system.machine import describe_machine


@dataclass
class RunRecord:
    """How results are being made; it begins when it is constructed.

    Attributes
    ----------
    scan : Path
        A file, or a folder of DICOM files.
    options : StripOptions
        All options; ``series`` is the one that was stripped.
    opened : sequence of Path
        Files that were opened to read the scan: its header, its data, its b-values.
    started : datetime
        In UTC.
    """

    scan: Path
    options: StripOptions
    opened: Sequence[Path] = ()
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _clock: float = field(default_factory=time.perf_counter)

    def fields(self, sidecar: Path) -> dict[str, Any]:
        """Return what a sidecar states of the run, beside network and settings.

        Parameters
        ----------
        sidecar : Path
            Where it is written: the path of the scan is relative to its folder.
        """
        engine = str(self.options.engine)
        return {
            "Options": record_options(self.options),
            "Input": {"path": _relative(self.scan, sidecar.parent), **self.input},
            "Machine": {**describe_machine(), "engine": f"{engine} {_version_of(engine)}"},
            "Started": self.started.isoformat(timespec="seconds"),
            "Seconds": round(time.perf_counter() - self._clock, 2),
        }

    @cached_property
    def input(self) -> dict[str, Any]:
        """Size and SHA-256 of the scan, and of the other files that it consists of; see `describe_input`."""
        return describe_input(self.scan, self.opened)


def describe_input(scan: Path, opened: Sequence[Path] = ()) -> dict[str, Any]:
    """Return the size and the SHA-256 of a scan.

    Parameters
    ----------
    scan : Path
        A file; or a folder, whose digest is that of a list of the names and digests of its files.
    opened : sequence of Path
        Files that were opened to read it.

    Returns
    -------
    dict
        ``bytes`` and ``sha256``; of a folder also the number of its ``files``, and of a scan that consists of several
        files, as a header and its data, the ``others`` with their names.
    """
    if scan.is_dir():
        return _describe_folder(scan)
    known = {scan.resolve()}
    others = []
    for path in () if _is_dicom(scan) else opened:
        if path.resolve() not in known:
            known.add(path.resolve())
            others.append({"name": path.name, **_describe_file(path)})
    others.sort(key=lambda other: (other["name"], other["sha256"]))
    return {**_describe_file(scan), **({"others": others} if others else {})}


def _is_dicom(scan: Path) -> bool:
    """Whether a file is DICOM, or an archive of it, which is read from temporary files."""
    return split_name(scan)[1] in ("", *dicom.SUFFIXES)


def _describe_file(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": digest}


def _describe_folder(folder: Path) -> dict[str, Any]:
    """Size and SHA-256 of the files beneath a folder."""
    total, digest = 0, hashlib.sha256()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        one = _describe_file(path)
        total += one["bytes"]
        name = path.relative_to(folder).as_posix().encode(errors="surrogateescape")
        digest.update(name + b"\0" + one["sha256"].encode() + b"\n")
    return {"bytes": total, "sha256": digest.hexdigest(), "files": len(paths)}


def _relative(scan: Path, folder: Path) -> str:
    """Path of a scan from a folder, with forward slashes; its name alone where there is no such path."""
    try:
        text = Path(os.path.relpath(scan.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive of Windows
        text = scan.name
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _version_of(engine: str) -> str:
    """Version of an inference engine that has been loaded."""
    loaded = getattr(sys.modules.get(engine), "__version__", None)
    return str(loaded or installed_version(engine) or "unknown")
