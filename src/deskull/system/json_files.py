"""JSON files that hold an object, and that may come from strangers: they are read up to a limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deskull.errors import InputError

#: Largest file that is read by default, in bytes.
MAX_BYTES = 1_000_000


def read_object(path: Path, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Parameters
    ----------
    path : Path
        No more of it is read than the limit; a named pipe or a device is not opened.
    max_bytes : int
        The limit.

    Returns
    -------
    dict
        Its values are of any kind and its texts are as they are.

    Raises
    ------
    InputError
        If it holds no object, is too large, or is no regular file.
    """
    try:
        if not path.is_file():
            raise InputError(f"{path}: is not a regular file; remove it.")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        content = json.loads(data.decode("utf-8-sig")) if len(data) <= max_bytes else None
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as JSON ({str(error)[:100]}); correct it, or make it anew.") from None
    if not isinstance(content, dict):
        raise InputError(
            f"{path}: holds no JSON object of at most {max_bytes // 1_000_000} MB; correct it, or make it anew."
        )
    return content
