"""pydra: `strip_task` as a task of a workflow."""

# No `from __future__ import annotations`: pydra reads the types themselves.

from pathlib import Path

import pydra

from deskull.batch import stripping
from deskull.batch.tasks import Task
from deskull.options import StripOptions, Surface


@pydra.mark.task  # type: ignore[untyped-decorator]
@pydra.mark.annotate({"return": {"mask_file": Path, "out_file": Path, "volume_ml": float}})  # type: ignore[untyped-decorator]
def strip_task(
    in_file: Path,
    out_dir: Path,
    model: str = "default",
    surface: str = "brain",
    border: float = 0.0,
    threads: int = 1,
) -> tuple[Path, Path, float]:
    """Find the brain in a head scan; it takes `threads` threads and up to a GB of memory.

    Raises
    ------
    InputError
        If it cannot be stripped.
    """
    settings = StripOptions(model=model, surface=Surface(surface), border=border, threads=threads, overwrite=True)
    record = stripping.strip_task(Task(Path(in_file), Path(out_dir)), settings).checked()
    return Path(record.files["brainmask"]), Path(record.files["brain"]), record.volume_ml
