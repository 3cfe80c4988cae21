"""Recorded options: written to a sidecar, and read back from one without trusting it."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from deskull.errors import UsageError
from deskull.options import StripOptions, option_fields

#: Longest text that an option of a record may have.
_LONGEST = 4096


def record_options(options: StripOptions) -> dict[str, Any]:
    """Return all options as values that JSON has; see `read_options`.

    Examples
    --------
    >>> record_options(StripOptions(border=1.0, timeout=math.inf))["timeout"]
    'inf'
    """
    return {field.name: _as_json(getattr(options, field.name)) for field in dataclasses.fields(options)}


def read_options(record: Mapping[str, Any]) -> StripOptions:
    """Return recorded options, each of which is checked as if a user had given it.

    Parameters
    ----------
    record : mapping
        From a stranger, perhaps; options that it lacks have their defaults.

    Raises
    ------
    UsageError
        If an option is unknown, or its value has the wrong type or is not allowed.

    Examples
    --------
    >>> read_options({"border": 1, "surface": "brain"}).border
    1.0
    """
    fields = option_fields()
    unknown = [str(name)[:40] for name in record if name not in fields]
    if unknown:
        raise UsageError(f"the option {unknown[0]!r} is unknown to this version of deskull; install the newer one.")
    return StripOptions(**{name: _value(name, fields[name].kind, value) for name, value in record.items()})


def _as_json(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    return value.value if isinstance(value, enum.Enum) else value


def _value(name: str, kind: Any, value: Any) -> Any:
    """A value of an option, of the type that the option has."""
    kinds = get_args(kind) if get_origin(kind) is not tuple else ()
    if value is None and type(None) in kinds:
        return None
    if get_origin(kind) is tuple:
        if isinstance(value, list) and len(value) <= _LONGEST and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise _wrong_type(name)
    return _scalar(name, next((one for one in kinds if one is not type(None)), kind), value)


def _scalar(name: str, kind: Any, value: Any) -> Any:
    """A single value of a type: bool, int, float or text."""
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(name, value)
    if kind is float and value == "inf":
        return math.inf
    if issubclass(kind, str) and isinstance(value, str) and len(value) <= _LONGEST:
        return value
    raise _wrong_type(name)


def _number(name: str, value: float) -> float:
    """A number as a float, which whole numbers of JSON may be too large for."""
    try:
        return float(value)
    except OverflowError:
        raise _wrong_type(name) from None


def _wrong_type(name: str) -> UsageError:
    """Error for a value of another type."""
    return UsageError(f"the option {name!r} has a value of the wrong type; write the sidecar again.")
