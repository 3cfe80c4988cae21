"""pydra: `strip_task` as a task of a workflow."""

# No `from __future__ import annotations`: pydra reads the types at run time.

from pathlib import Path

import pydra

from deskull.batch import stripping
from deskull.batch.tasks import Task
from deskull.options import OutputKind, StripOptions, Surface, describe_options

_DEFAULTS = StripOptions()
_OUTPUTS = {
    "mask_file": Path,
    "out_file": Path,
    "volume_ml": float,
    "icv_mask_file": Path | None,
    "icv_ml": float | None,
}


@pydra.mark.task  # type: ignore[untyped-decorator]
@pydra.mark.annotate({"return": _OUTPUTS})  # type: ignore[untyped-decorator]
@describe_options
def strip_task(
    in_file: Path,
    out_dir: Path,
    model: str = _DEFAULTS.model,
    surface: str = _DEFAULTS.surface.value,
    border: float | None = _DEFAULTS.border,
    threads: int = 1,
    icv: bool = False,
) -> tuple[Path, Path, float, Path | None, float | None]:
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
    icv : bool, default: False
        Whether to write the intracranial mask, too, at its default border; refused with the surface intracranial.

    Returns
    -------
    mask_file, out_file : Path
        The mask, and the scan inside it.
    volume_ml : float
        Volume of the mask in millilitres.
    icv_mask_file : Path or None
        The intracranial mask; None without `icv`.
    icv_ml : float or None
        Its volume in millilitres.

    Raises
    ------
    InputError
        If it cannot be stripped.
    """
    options = StripOptions(
        outputs=(*_DEFAULTS.outputs, *([OutputKind.icvmask] if icv else [])),
        model=model,
        surface=Surface(surface),
        border=border,
        threads=threads,
        overwrite=True,
    )
    record = stripping.strip_task(Task(Path(in_file), Path(out_dir)), options).checked()
    files = {kind: Path(path) for kind, path in record.files.items()}
    return files["brainmask"], files["brain"], record.volume_ml, files.get("icvmask"), record.icv_ml
