"""Checks: whether the files of a case can be read, belong together and contain what they should."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.data.cases import Case
from deskull.errors import InputError
from deskull.masking import binarise
from deskull.system.processes import Failure, in_processes, useful_jobs
from deskull.volume import Volume, grid_mismatch

#: Fraction of voxels in which the stripped scan may differ from the scan times the mask.
MAX_DIFFERING_FRACTION = 0.001


@dataclass(frozen=True)
class CheckResult:
    """What was found about a case, as sentences.

    Attributes
    ----------
    errors : tuple of str
        What makes the case unusable.
    warnings : tuple of str
        What a user should know.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether a network can be trained on the case."""
        return not self.errors


def check_case(case: Case) -> CheckResult:
    """Read the files of a case and check them.

    Parameters
    ----------
    case : Case

    Returns
    -------
    CheckResult
        Errors: a file cannot be read, the grids differ, the scan has a single value, the mask is not binary, empty or
        full, the region of interest is empty. Warnings: the stripped scan differs from the scan times the mask, and
        warnings that were issued while reading.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        errors, difference = _examine(case)
    issued = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    return CheckResult(tuple(errors), tuple(dict.fromkeys([*issued, *filter(None, [difference])])))


def _examine(case: Case) -> tuple[list[str], str]:
    """Return the errors of a case, and the warning about its stripped scan ('' if there is none)."""
    errors: list[str] = []
    scan, mask = _read(case.raw, errors), _read(case.mask, errors)
    roi = _read(case.roi, errors) if case.roi else None
    brain = _read(case.brain, errors) if case.brain else None
    if scan is not None:
        errors += [
            _scan_error(scan),
            *(grid_mismatch(other, scan) for other in (mask, roi, brain) if other is not None),
        ]
    errors = [error for error in (*errors, _mask_error(mask), _roi_error(roi)) if error]
    return errors, "" if errors else _brain_warning(scan, mask, brain)


def _read(path: Path, errors: list[str]) -> Volume | None:
    """Read a file, or add an error."""
    try:
        return formats.read(path)
    except MemoryError:
        errors.append(f"{path}: does not fit into memory; use fewer jobs or reduce its size.")
    except InputError as error:
        errors.append(str(error))
    return None


def _scan_error(scan: Volume) -> str:
    """Return an error if all voxels of a scan have the same value."""
    values = scan.finite(0).data
    if values.min() < values.max():
        return ""
    return f"{scan.name}: has the same value in every voxel; export it again."


def _mask_error(mask: Volume | None) -> str:
    """Return an error if a mask does not contain 0 and exactly one value above a half."""
    if mask is None:
        return ""
    if mask.n_frames > 1:
        return f"{mask.name}: has {mask.n_frames} frames; a mask must have one."
    if not np.isfinite(mask.data).all():
        return f"{mask.name}: has voxels that are not finite numbers; write it as 0 and 1."
    stored = (mask.data.min(), mask.data.max())
    low, high = sorted(float(value) * mask.slope + mask.inter for value in stored)
    if low == high:
        return f"{mask.name}: is {'full' if high else 'empty'}; create the mask again."
    # The background of a scaled mask need not be exactly 0.
    background = abs(low) <= 1e-3 * abs(high)
    two_valued = ((mask.data == stored[0]) | (mask.data == stored[1])).all()
    if not background or high <= 0.5 or not two_valued:
        return f"{mask.name}: is not binary (values from {low:g} to {high:g}); write it as 0 and 1."
    return ""


def _roi_error(roi: Volume | None) -> str:
    """Return an error if a region of interest contains no voxel."""
    if roi is None or binarise(roi).any():
        return ""
    return f"{roi.name}: is empty; leave the region of interest out or create it again."


def _brain_warning(scan: Volume | None, mask: Volume | None, brain: Volume | None) -> str:
    """Return a warning if the stripped scan differs from the scan times the mask in too many voxels."""
    if scan is None or mask is None or brain is None:
        return ""
    expected = scan.mean_frame().finite(0).values() * binarise(mask)
    actual = brain.mean_frame().finite(0).values()
    steps = [abs(volume.slope) for volume in (scan, brain) if volume.data.dtype.kind in "iu"]
    tolerance = 0.51 * max(steps, default=0.0) + 1e-3 * float(np.abs(expected).max())
    fraction = float((np.abs(actual - expected) > tolerance).mean())
    if fraction <= MAX_DIFFERING_FRACTION:
        return ""
    fault = f"differs from the scan times the mask in {fraction:.1%} of the voxels"
    return f"{brain.name}: {fault}; check that it was made with this mask."


def check_cases(cases: Sequence[Case], jobs: int = 1) -> Iterator[tuple[Case, CheckResult]]:
    """Check several cases in parallel.

    Parameters
    ----------
    cases : sequence of Case
    jobs : int
        Number of processes; with 1, cases are checked in this process.

    Yields
    ------
    Case, CheckResult
        In the order in which the checks end.
    """
    for case, result in in_processes(check_case, cases, useful_jobs(jobs, len(cases))):
        if isinstance(result, Failure):
            error = f"{case.raw}: {result.value}, perhaps for lack of memory; use fewer jobs."
            yield case, CheckResult(errors=(error,))
        else:
            yield case, result
