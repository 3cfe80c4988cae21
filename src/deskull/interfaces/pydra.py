"""pydra: `strip_task` as a task of a workflow."""

# No `from __future__ import annotations`: pydra reads the types at run time.

from pathlib import Path

import pydra

from deskull.batch import stripping
from deskull.batch.tasks import Task
from deskull.options import StripOptions, Surface, describe_options

_DEFAULTS = StripOptions()


@pydra.mark.task  # type: ignore[untyped-decorator]
@pydra.mark.annotate({"return": {"mask_file": Path, "out_file": Path, "volume_ml": float}})  # type: ignore[untyped-decorator]
@describe_options
def strip_task(
    in_file: Path,
    out_dir: Path,
    model: str = _DEFAULTS.model,
    surface: str = _DEFAULTS.surface.value,
    border: float | None = _DEFAULTS.border,
    threads: int = 1,
) -> tuple[Path, Path, float]:
    """Find the brain in a head scan of any contrast; it needs up to 1 GB of memory.

    Parameters
    ----------
    in_file : Path
        Head scan, 3-D or 4-D.
    out_dir : Path
        Folder of the results; earlier ones are replaced.
    %(model)s
    %(surface)s
    %(border)s
    %(threads)s

    Returns
    -------
    mask_file, out_file : Path
        The mask, and the scan inside it.
    volume_ml : float
        Volume of the mask in millilitres.

    Raises
    ------
    InputError
        If it cannot be stripped.
    """
    options = StripOptions(model=model, surface=Surface(surface), border=border, threads=threads, overwrite=True)
    record = stripping.strip_task(Task(Path(in_file), Path(out_dir)), options).checked()
    return Path(record.files["brainmask"]), Path(record.files["brain"]), record.volume_ml
