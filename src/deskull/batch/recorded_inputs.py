"""Inputs of a recorded run: the scan and the network that its sidecar states.

A sidecar may come from a stranger: a file that it names is used only if it is a regular file of the size and SHA-256
that it states.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from deskull.batch.recorded_run import RecordedRun, is_regular
from deskull.batch.run_record import describe_input
from deskull.errors import DeskullError, InputError, UsageError
from deskull.formats.b_values import ENDINGS, PLAIN_NAMES, FoundBValues
from deskull.formats.files import why_missing
from deskull.models import Model, fetched_models, load_model, shipped_models


def find_scan(run: RecordedRun, given: Path | None = None) -> Path:
    """Return the scan of a recorded run, whose size and SHA-256 are those that the sidecar states.

    Parameters
    ----------
    run : RecordedRun
    given : Path, optional
        Where the user says that it lies. By default it is looked for where the sidecar says, and beside the sidecar;
        folders are not, since looking at all files of one that a stranger names could take very long.

    Raises
    ------
    InputError
        If it is missing, or another one.
    """
    if given is not None:
        if not given.exists():
            raise InputError(why_missing(given))
        if not _is_as_described(given, run.input):
            fault = "is not the scan that the mask was made from: its size or SHA-256 is another"
            raise InputError(f"{given}: {fault}; give the scan as it was then.")
        return given
    place = PurePosixPath(run.input["path"])
    places = (run.sidecar.parent / place, run.sidecar.parent / place.name)
    for path in () if _is_remote(run.input["path"]) else places:
        if is_regular(path) and _is_as_described(path, run.input):
            return path
    fault = "the scan that it states was not found with the size and SHA-256 that it states"
    raise InputError(f"{run.sidecar}: {fault}; name the scan with --scan.")


def find_model(run: RecordedRun, given: str | None = None) -> Model:
    """Return the network of a recorded run, which has the SHA-256 that the sidecar states.

    Parameters
    ----------
    run : RecordedRun
    given : str, optional
        Name or file that the user gives. By default it is looked for by its name, and among all networks here.

    Raises
    ------
    UsageError
        If there is none, or the one that is given is another one.
    """
    candidates = _candidates(run) if given is None else [load_model(given)]
    for model in candidates:
        if model.card["sha256"] == run.made.sha256:
            return model
    fault = f"its mask was made with the network {run.made.model!r} of SHA-256 {run.made.sha256}"
    here = "no network here has it" if given is None else f"{given} has another"
    raise UsageError(f"{run.sidecar}: {fault}, but {here}; name the file of that network, or fetch it.")


def find_b_values(run: RecordedRun, scan: Path, given: Path | None = None) -> Path | FoundBValues | None:
    """Return the file of b-values that a recorded run has used; None if it used none, or it is not found.

    Parameters
    ----------
    run : RecordedRun
    scan : Path
    given : Path, optional
        Where the user says that it lies. By default it is looked for in the folder of the scan and up to three above.

    Raises
    ------
    InputError
        If the given file is missing.
    """
    if given is not None:
        if not given.exists():
            raise InputError(why_missing(given))
        return given
    for other in run.input.get("others", ()):
        name = PurePosixPath(other["name"]).name
        for folder in list(scan.absolute().parents)[:4]:
            path = folder / name
            if (path.suffix in ENDINGS or name in PLAIN_NAMES) and is_regular(path) and _is_as_described(path, other):
                return FoundBValues(path)
    return None


def _candidates(run: RecordedRun) -> list[Model]:
    """Networks that may be the one of a run: the one of its name, then all that are known here."""
    try:
        named = [] if _is_remote(run.options.model) else [load_model(run.options.model)]
    except (DeskullError, OSError, ValueError):
        named = []
    return [*named, *shipped_models(), *fetched_models()]


def _is_as_described(path: Path, stated: Mapping[str, Any]) -> bool:
    """Whether a scan has the size and the SHA-256 that are stated; files of another size are not read."""
    if path.is_file() and path.stat().st_size != stated.get("bytes"):
        return False
    found = describe_input(path)
    return (found["bytes"], found["sha256"]) == (stated.get("bytes"), stated.get("sha256"))


def _is_remote(path: str) -> bool:
    """Whether Windows would look for a path on another computer, and tell it who asks."""
    return path.replace("\\", "/").startswith("//")
