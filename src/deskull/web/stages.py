"""Stages: what is being done on a scan, told by the process that strips it in a small file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deskull.system.activity import listening

#: The stages in their order, each with the part of the work that is done when it begins.
STAGES = {"read": 0.0, "conform": 0.1, "network": 0.2, "resample": 0.5, "quality": 0.6, "mask": 0.8, "write": 0.82}
_NAMES = tuple(STAGES)


@contextmanager
def stages_told(path: Path) -> Iterator[None]:
    """Write what is being done to a file while a scan is stripped in this thread."""

    def on_stage(done: str) -> None:
        """Tell the stage that follows one that is done."""
        if done in STAGES:
            tell(path, _NAMES[min(_NAMES.index(done) + 1, len(_NAMES) - 1)])

    with listening(on_stage, lambda done, total: None):
        tell(path, _NAMES[0])
        yield


def tell(path: Path, stage: str) -> None:
    """Write the stage that begins; a disk that is full shall fail the results, and not this."""
    partial = path.with_suffix(".partial")
    with suppress(OSError):
        partial.write_text(json.dumps([stage, STAGES[stage]]))
        os.replace(partial, path)  # noqa: PTH105 (the file may exist)


def told(path: Path) -> tuple[str, float]:
    """Read what was told last; nothing where there is no file."""
    try:
        stage, fraction = json.loads(path.read_text())
        return str(stage), float(fraction)
    except (OSError, ValueError, TypeError):
        return "", 0.0
