"""Resuming: results that exist already, and whether they were made with the settings of the batch."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.batch.outputs import Sidecar, quality_path
from deskull.batch.tasks import Task
from deskull.models import load_model
from deskull.options import Frame, OutputKind, StripOptions, Surface
from deskull.provenance import Provenance
from deskull.quality.files import StatedFiles, read_provenance
from deskull.quality.verdict import Quality
from deskull.result import Result
from deskull.system.atomic import ResultExistsError

#: Masks of the same settings differ in no more than this fraction of their voxels: processors and inference engines
#: round differently. A border moved by 0.1 mm changes about ten times as many.
_SAME_MASK = 5e-4


class Step(enum.Enum):
    """What to do with a scan."""

    #: Nothing: all its results exist.
    skip = enum.auto()
    #: Strip it and write the results that are missing.
    add = enum.auto()
    #: Strip it and write all its results.
    write = enum.auto()


@dataclass(frozen=True)
class Decision:
    """What to do with a scan; and of a mask that exists, if something tells, its settings and how good it is."""

    step: Step
    provenance: Provenance | None = None
    quality: Quality | None = None


def requested(options: StripOptions, *, icv: bool = False) -> Provenance:
    """Return what masks are made with according to the options.

    Parameters
    ----------
    options : StripOptions
    icv : bool
        Whether it is the intracranial mask that is written beside the brain mask.

    Raises
    ------
    UsageError
        If there is no such network.
    """
    model = load_model(options.model)
    if icv:
        return model.provenance(None, Surface.intracranial, Frame.mean)
    return model.provenance(options.border, options.surface, options.frame)


def decide(task: Task, options: StripOptions) -> Decision:
    """Decide what to do with a scan of which results may exist.

    Parameters
    ----------
    task : Task
    options : StripOptions
        With ``resume``, results of the same settings are kept, and with ``overwrite`` too those of other settings are
        replaced. Results are also kept if nothing tells their settings: no sidecar, no quality file and no table.

    Returns
    -------
    Decision

    Raises
    ------
    ResultExistsError
        With ``resume``, if results of other settings exist that may not be replaced.
    """
    files, stated = task.result_files(options.outputs, options.surface), StatedFiles()
    paths = (*files.values(), *sidecars_of(task, options, stated))
    if not options.resume or not any(path.exists() for path in paths):
        return Decision(Step.write)
    mask = files.get(OutputKind.brainmask)
    made = (stated.provenance(sidecar_path(mask)) or task.recorded) if mask and mask.exists() else None
    error = _other_settings(task, options, made, stated)
    if error and not options.overwrite:
        raise error
    if not error and all(path.exists() for path in paths):
        return Decision(Step.skip, made, _earlier_quality(mask, task, made, stated))
    if not options.overwrite:
        _refuse_results_without_mask(mask, files.values())
    return Decision(Step.write if options.overwrite else Step.add, made)


def _other_settings(
    task: Task, options: StripOptions, made: Provenance | None, stated: StatedFiles
) -> ResultExistsError | None:
    """Error for the first result that was made with other settings, by all files that tell; None if there is none."""
    told = [(task.mask_file(options.surface), made, False)]
    for path, sidecar in sidecars_of(task, replace(options, overwrite=True), stated).items():
        told.append((path, stated.provenance(path), sidecar.is_of_icv))
    for file, before, is_of_icv in told:
        differences = before.differences(requested(options, icv=is_of_icv)) if before else []
        if file and differences:
            then, now = (", ".join(texts) for texts in zip(*differences, strict=True))
            return _refusal(file, f"was made with {then}, not {now}")
    return None


def _earlier_quality(mask: Path | None, task: Task, made: Provenance | None, stated: StatedFiles) -> Quality | None:
    """Return the quality of a mask that is kept, as the file beside it or else the table states it; None if neither."""
    return (stated.quality(quality_path(mask), made) if mask else None) or task.recorded_quality


def _refuse_results_without_mask(mask: Path | None, files: Collection[Path]) -> None:
    """Refuse to add files to results without a mask, which tell nothing of their settings.

    Raises
    ------
    ResultExistsError
    """
    existing = [path for path in files if path.exists()]
    if existing and not (mask and mask.exists()):
        raise _refusal(existing[0], "exists without a mask that states its settings, so no files can be added to it")


def _refusal(path: Path, fault: str) -> ResultExistsError:
    """Error for a result that may neither be kept nor be replaced."""
    return ResultExistsError(f"{path}: {fault}; use overwrite=True to replace it, or choose another name or folder.")


def read_sidecar(mask: Path) -> Provenance | None:
    """Read what a mask was made with from the JSON file beside it; None if there is none, or it is not deskull's."""
    return read_provenance(sidecar_path(mask))


def sidecar_path(mask: Path) -> Path:
    """The JSON file beside a mask."""
    return mask.with_name(f"{formats.split_name(mask)[0]}.json")


def sidecars_of(task: Task, options: StripOptions, stated: StatedFiles | None = None) -> dict[Path, Sidecar]:
    """JSON files to write with the results; one of deskull's that is replaced is kept true, asked for or not.

    Parameters
    ----------
    task : Task
    options : StripOptions
    stated : StatedFiles, optional
        Those of the results that exist, if some were read before.
    """
    stated = stated or StatedFiles()
    sidecars, common = dict(task.sidecars), {"Sources": [task.scan.name], "SpatialReference": "orig"}
    mask = task.mask_file(options.surface)
    if mask and _has_sidecar(mask, options, stated):
        kind = "Brain" if options.surface == Surface.brain else "ROI"
        sidecars.setdefault(sidecar_path(mask), Sidecar({"Type": kind, **common}, has_volumes=True))
    icv_mask = task.result_files(options.outputs, options.surface).get(OutputKind.icvmask)
    if icv_mask and _has_sidecar(icv_mask, options, stated):
        own = Sidecar({"Type": "ROI", **common}, has_volumes=True, is_of_icv=True)
        sidecars.setdefault(sidecar_path(icv_mask), own)
    if mask and (options.quality_file or _has_quality(mask, task, options, stated)):
        sidecars.setdefault(quality_path(mask), Sidecar({}, has_quality=True))
    return sidecars


def _has_sidecar(mask: Path, options: StripOptions, stated: StatedFiles) -> bool:
    """Whether a JSON file is written beside a mask."""
    return options.sidecar or (options.overwrite and stated.provenance(sidecar_path(mask)) is not None)


def _has_quality(mask: Path, task: Task, options: StripOptions, stated: StatedFiles) -> bool:
    """Whether a quality file of deskull is replaced with the mask; it may describe that of the other surface."""
    made = stated.provenance(quality_path(mask)) if options.overwrite else None
    return made is not None and task.mask_file(made.surface) == mask


def with_existing_mask(result: Result, task: Task, options: StripOptions) -> Result:
    """Put an existing mask in place of the one that was computed, so that files that are added fit it.

    Parameters
    ----------
    result : Result
        What stripping gave; it is returned if no mask exists.
    task : Task
    options : StripOptions

    Raises
    ------
    ResultExistsError
        If it is another mask: it was made with other settings, or changed since.
    InputError
        If it cannot be read.
    """
    mask = task.mask_file(options.surface)
    if mask is None or not mask.exists():
        return result
    existing, computed = formats.read(mask).data, result.mask.data
    if existing.shape == computed.shape:
        n_different = np.count_nonzero((existing > 0) != (computed > 0))
        if n_different <= _SAME_MASK * np.count_nonzero(computed):
            return replace(result, mask=result.mask.with_data(np.asarray(existing > 0, computed.dtype)))
    raise _refusal(mask, "is not the mask that these settings give, so no files can be added to it")
