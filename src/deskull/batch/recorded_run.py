"""Recorded runs: what a sidecar states of the run that made a mask, read without trusting it.

A sidecar may come from a stranger: its options pass the checks of `StripOptions`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskull.errors import InputError, UsageError
from deskull.formats import WRITABLE
from deskull.formats.files import open_regular, why_missing
from deskull.models.card_files import is_digest
from deskull.options import Frame, StripOptions, Surface
from deskull.options.recorded import read_options
from deskull.provenance import Provenance

#: A sidecar larger than this, in bytes, is none of deskull's.
_MAX_BYTES = 1_000_000
#: Longest path that is looked at.
_LONGEST = 4096
_REMEDY = "give the JSON file beside a mask"


@dataclass(frozen=True)
class RecordedRun:
    """What a sidecar states.

    Attributes
    ----------
    sidecar : Path
    mask : Path
        The mask that it describes, beside it.
    made : Provenance
        Network and settings of the mask.
    options : StripOptions
        All options of the run.
    input : mapping
        ``path``, ``bytes``, ``sha256`` and so on; see `deskull.batch.run_record.describe_input`.
    machine : mapping of str to str
    """

    sidecar: Path
    mask: Path
    made: Provenance
    options: StripOptions
    input: Mapping[str, Any]
    machine: Mapping[str, str]


def read_run(sidecar: Path) -> RecordedRun:
    """Read the sidecar of a mask.

    Parameters
    ----------
    sidecar : Path

    Returns
    -------
    RecordedRun

    Raises
    ------
    InputError
        If it is not the sidecar of a mask by deskull, states too little, or its mask is missing.
    UsageError
        If an option that it states is not allowed.
    """
    fields = _json_object(sidecar)
    made = _checked_provenance(sidecar, fields)
    entry = fields["GeneratedBy"][0]
    options, stated = entry.get("Options"), entry.get("Input")
    if not (isinstance(options, dict) and isinstance(stated, dict) and _is_description(stated)):
        fault = "does not state the options and the scan that its mask was made with"
        raise InputError(f"{sidecar}: {fault}; strip the scan again with sidecar=True.")
    try:
        checked = read_options(options)
    except UsageError as error:
        raise UsageError(f"{sidecar}: {error}") from None
    return RecordedRun(sidecar, _mask_beside(sidecar), made, checked, stated, _machine_texts(entry.get("Machine")))


def is_regular(path: Path) -> bool:
    """Whether a path leads to a regular file."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, for instance
        return False


def _json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises
    ------
    InputError
    """
    if not path.exists():
        raise InputError(why_missing(path))
    with open_regular(path) as file:
        content = file.read(_MAX_BYTES + 1)
    try:
        fields = json.loads(content) if len(content) <= _MAX_BYTES else None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InputError(f"{path}: is not a sidecar (no JSON object of usual size); {_REMEDY}.")
    return fields


def _checked_provenance(sidecar: Path, fields: Mapping[str, Any]) -> Provenance:
    """What a sidecar states of network and settings.

    Raises
    ------
    InputError
    """
    made = Provenance.from_sidecar(fields)
    if made is None:
        raise InputError(f"{sidecar}: is not a sidecar of deskull; {_REMEDY}.")
    if fields.get("Type") not in ("Brain", "ROI"):
        raise InputError(f"{sidecar}: describes another file than a mask; {_REMEDY}.")
    is_right = made.surface in list(Surface) and made.frame in ("", *Frame) and math.isfinite(made.border)
    if not (is_right and is_digest(made.sha256)):
        raise InputError(f"{sidecar}: states a network or settings that cannot be; strip the scan again.")
    return made


def _machine_texts(machine: Any) -> dict[str, str]:
    """What is stated of a machine, as texts."""
    facts = machine.items() if isinstance(machine, dict) else ()
    return {name: ", ".join(map(str, fact)) if isinstance(fact, list) else str(fact) for name, fact in facts}


def _is_description(stated: Mapping[str, Any]) -> bool:
    """Whether a sidecar describes a scan completely; see `deskull.batch.run_record.describe_input`."""
    path, others = stated.get("path"), stated.get("others", [])
    if not (isinstance(path, str) and 0 < len(path) <= _LONGEST and "\0" not in path and _has_digest(stated)):
        return False
    named = isinstance(others, list) and all(isinstance(one, dict) for one in others)
    return named and all(isinstance(one.get("name"), str) and "\0" not in one["name"] for one in others)


def _has_digest(stated: Mapping[str, Any]) -> bool:
    """Whether size and SHA-256 are stated."""
    return type(stated.get("bytes")) is int and is_digest(stated.get("sha256"))


def _mask_beside(sidecar: Path) -> Path:
    """The mask that a sidecar describes.

    Raises
    ------
    InputError
    """
    beside = (sidecar.with_name(sidecar.name.removesuffix(".json") + suffix) for suffix in WRITABLE)
    mask = next((path for path in beside if is_regular(path)), None)
    if mask is None:
        raise InputError(f"{sidecar}: the mask that it describes does not lie beside it; keep the two together.")
    return mask
