"""Running again: make the mask that a sidecar describes once more, and compare the two."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from deskull import formats
from deskull._version import __version__
from deskull.batch.recorded_inputs import find_b_values, find_model, find_scan
from deskull.batch.recorded_run import RecordedRun, read_run
from deskull.batch.resuming import sidecar_path
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task
from deskull.errors import DeskullWarning, InputError
from deskull.options import Frame, OutputKind, QualityCheck, StripOptions, Surface
from deskull.system.atomic import ResultExistsError
from deskull.volume import Volume, grid_mismatch


@dataclass(frozen=True)
class MaskComparison:
    """How two masks of a scan differ.

    Attributes
    ----------
    n_voxels, n_different : int
        Voxels in all, and those that only one of the masks holds.
    dice : float
        Dice coefficient of the masks; 1 if both are empty.
    volume_ml, volume_ml_now : float
        Volume of the earlier mask and of the new one, averaged over frames.
    """

    n_voxels: int
    n_different: int
    dice: float
    volume_ml: float
    volume_ml_now: float

    @property
    def is_identical(self) -> bool:
        """Whether the masks are the same."""
        return self.n_different == 0


@dataclass(frozen=True)
class Rerun:
    """Outcome of running again.

    Attributes
    ----------
    before, now : RecordedRun
        What the sidecars of the two masks state.
    scan : Path
    comparison : MaskComparison
    """

    before: RecordedRun
    now: RecordedRun
    scan: Path
    comparison: MaskComparison

    def as_dict(self) -> dict[str, Any]:
        """Return everything that was found, as JSON has it."""
        compared = self.comparison
        return {
            "sidecar": str(self.before.sidecar),
            "mask": str(self.before.mask),
            "scan": str(self.scan),
            "identical": compared.is_identical,
            "voxels": compared.n_voxels,
            "different": compared.n_different,
            "dice": round(compared.dice, 6),
            "volume_ml": round(compared.volume_ml, 2),
            "volume_ml_now": round(compared.volume_ml_now, 2),
            "version": self.before.made.version,
            "version_now": self.now.made.version,
            "machine": dict(self.before.machine),
            "machine_now": dict(self.now.machine),
        }


def rerun(
    sidecar: Path,
    folder: Path | None = None,
    *,
    scan: Path | None = None,
    model: str | None = None,
    b_values: Path | None = None,
    allow_outside_data: bool = False,
    max_archive_gb: float = StripOptions.max_archive_gb,
) -> Rerun:
    """Make the mask that a sidecar describes again, and compare the two.

    Parameters
    ----------
    sidecar : Path
        Beside its mask.
    folder : Path, optional
        Where the results are written again, all kinds of them; by default nothing is kept.
    scan : Path, optional
        The scan, if it does not lie where the sidecar says.
    model : str, optional
        The network, if it is none that has a name here.
    b_values : Path, optional
        The file of b-values, if it lies neither in the folder of the scan nor in one of the three above it.
    allow_outside_data, max_archive_gb
        See `StripOptions`. They protect the reader of a file, so that the sidecar does not decide on them.

    Returns
    -------
    Rerun

    Raises
    ------
    InputError
        If the sidecar, the scan or the mask cannot be used, or the scan is another one.
    UsageError
        If an option of the sidecar is not allowed, or the network is not here.
    OutputError
        If a result exists already, or cannot be written.
    """
    run = read_run(sidecar)
    found, network = find_scan(run, scan), find_model(run, model)
    if run.made.version != __version__:
        message = f"{sidecar}: its mask was made by deskull {run.made.version}, and this is {__version__}."
        warnings.warn(message, DeskullWarning, stacklevel=2)
    options = replace(_options(run, keeps=folder is not None), model=network.reference)
    options = replace(options, allow_outside_data=allow_outside_data, max_archive_gb=max_archive_gb)
    with TemporaryDirectory(prefix="deskull-rerun-") as temporary:
        values = find_b_values(run, found, b_values)
        task = Task(found, folder or Path(temporary), series=options.series, b_values=values)
        _refuse_existing(task)
        strip_task(task, options).checked()
        now = read_run(sidecar_path(_mask_of(task, options)))
        _refuse_other_files(run, now, found)
        return Rerun(run, now, found, compare_masks(formats.read(run.mask), formats.read(now.mask)))


def compare_masks(before: Volume, now: Volume) -> MaskComparison:
    """Compare two masks of a scan voxel by voxel.

    Parameters
    ----------
    before, now : Volume

    Raises
    ------
    InputError
        If they do not lie on the same grid.
    """
    mismatch = grid_mismatch(before, now)
    if not mismatch and before.data_shape != now.data_shape:
        mismatch = f"{before.name}: has {before.n_frames} frames, and the new mask has {now.n_frames}."
    if mismatch:
        raise InputError(mismatch)
    first, second = before.data != 0, now.data != 0
    total = int(first.sum()) + int(second.sum())
    dice = 2 * int((first & second).sum()) / total if total else 1.0
    volumes = (int(mask.sum()) * before.voxel_ml / before.n_frames for mask in (first, second))
    return MaskComparison(first.size, int(np.count_nonzero(first != second)), dice, *volumes)


def _options(run: RecordedRun, *, keeps: bool) -> StripOptions:
    """Options that make the mask again; what a stranger must not decide has its default."""
    made, recorded = run.made, run.options
    is_of_icv = made.surface != recorded.surface
    everything = keeps and not is_of_icv
    return replace(
        recorded,
        outputs=recorded.outputs if everything else (OutputKind.brainmask,),
        surface=Surface(made.surface),
        border=made.border,
        frame=Frame(made.frame or recorded.frame),
        quality=recorded.quality if everything else QualityCheck.none,
        quality_file=everything and recorded.quality_file,
        sidecar=True,
        overwrite=False,
        resume=False,
        keep_identity=False,
        timeout=None,
    )


def _refuse_existing(task: Task) -> None:
    """Refuse a folder that holds results of the scan already.

    Raises
    ------
    OutputError
    """
    existing = next((path for path in task.all_files() if path.exists()), None)
    if existing is not None:
        raise ResultExistsError(f"{existing}: exists already; choose another folder for the results.")


def _mask_of(task: Task, options: StripOptions) -> Path:
    """File of the new mask."""
    mask = task.mask_file(options.surface)
    assert mask is not None
    return mask


def _refuse_other_files(before: RecordedRun, now: RecordedRun, scan: Path) -> None:
    """Refuse to compare masks if the scan was read from other files than before: data of a header, or b-values.

    Raises
    ------
    InputError
    """
    first, second = ({(one["name"], one["sha256"]) for one in run.input.get("others", ())} for run in (before, now))
    names = sorted({name for name, _ in first ^ second})
    if names:
        fault = f"the files that belong to it are others than before ({', '.join(names)})"
        raise InputError(f"{scan}: {fault}; put back those of the first run.")
