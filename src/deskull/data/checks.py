"""Checks: whether the files of a case can be read, belong together and hold what their names say."""

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

#: The stripped scan may differ from scan times mask in this share of its voxels.
DIFFERING = 0.001


@dataclass(frozen=True)
class Check:
    """What was found about a case: one sentence each.

    Attributes
    ----------
    faults : tuple of str
        What makes it unusable.
    remarks : tuple of str
        What a user should know.
    """

    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the case can be trained on."""
        return not self.faults


def check_case(case: Case) -> Check:
    """Read the files of a case and check them.

    Faults are: a file cannot be read, grids differ, the scan has one value only, the mask is not binary or
    empty or full, the roi is empty. Remarks are: the stripped scan is not scan times mask, and warnings of reading.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        faults, remarks = _examine(case)
    said = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    return Check(tuple(faults), tuple(dict.fromkeys([*said, *remarks])))


def _examine(case: Case) -> tuple[list[str], list[str]]:
    """Faults and remarks of a case."""
    faults: list[str] = []
    scan, mask = _read(case.raw, faults), _read(case.mask, faults)
    roi = _read(case.roi, faults) if case.roi else None
    brain = _read(case.brain, faults) if case.brain else None
    if scan is not None:
        faults += [
            _scan_fault(scan),
            *(grid_mismatch(other, scan) for other in (mask, roi, brain) if other is not None),
        ]
    faults = [fault for fault in (*faults, _mask_fault(mask), _roi_fault(roi)) if fault]
    remark = _brain_remark(scan, mask, brain) if not faults else ""
    return faults, [remark] if remark else []


def _read(path: Path, faults: list[str]) -> Volume | None:
    """Read a file, or add a fault."""
    try:
        return formats.read(path)
    except MemoryError:
        faults.append(f"{path}: does not fit into memory; use fewer --jobs or reduce it.")
    except InputError as error:
        faults.append(str(error))
    return None


def _scan_fault(scan: Volume) -> str:
    """Say that a scan shows nothing."""
    values = scan.finite(0).data
    return "" if values.min() < values.max() else f"{scan.name}: has one value everywhere; export it again."


def _mask_fault(mask: Volume | None) -> str:
    """Say what makes a mask no mask: it must hold 0 and one value over a half."""
    if mask is None:
        return ""
    if mask.n_frames > 1:
        return f"{mask.name}: has {mask.n_frames} frames; a mask has one."
    if not np.isfinite(mask.data).all():
        return f"{mask.name}: has values that are no numbers; write it as 0 and 1."
    stored = (mask.data.min(), mask.data.max())
    low, high = sorted(float(value) * mask.slope + mask.inter for value in stored)
    if low == high:
        return f"{mask.name}: is {'full' if high else 'empty'}; make the mask again."
    # Scaled masks need not hit 0 to the last digit.
    if abs(low) > 1e-3 * abs(high) or high <= 0.5 or not ((mask.data == stored[0]) | (mask.data == stored[1])).all():
        return f"{mask.name}: is not binary (values from {low:g} to {high:g}); write it as 0 and 1."
    return ""


def _roi_fault(roi: Volume | None) -> str:
    """Say that a region holds no voxel."""
    if roi is None or binarise(roi).any():
        return ""
    return f"{roi.name}: is empty; leave the roi out or make it again."


def _brain_remark(scan: Volume | None, mask: Volume | None, brain: Volume | None) -> str:
    """Say in how many voxels the stripped scan is not scan times mask, where they are too many."""
    if scan is None or mask is None or brain is None:
        return ""
    expected = scan.mean_frame().finite(0).values() * binarise(mask)
    found = brain.mean_frame().finite(0).values()
    steps = [abs(volume.slope) for volume in (scan, brain) if volume.data.dtype.kind in "iu"]
    rounding = 0.51 * max(steps, default=0.0) + 1e-3 * float(np.abs(expected).max())
    share = float((np.abs(found - expected) > rounding).mean())
    if share <= DIFFERING:
        return ""
    return f"{brain.name}: differs from scan times mask in {share:.1%} of its voxels; check that the mask is its own."


def check_cases(cases: Sequence[Case], jobs: int = 1) -> Iterator[tuple[Case, Check]]:
    """Check cases, several at a time.

    Parameters
    ----------
    cases : sequence of Case
    jobs : int
        Number of processes; 1 checks in this one.

    Yields
    ------
    Case, Check
        As each is done.
    """
    for case, check in in_processes(check_case, cases, useful_jobs(jobs, len(cases))):
        if isinstance(check, Failure):
            check = Check(faults=(f"{case.raw}: {check.value}, perhaps for lack of memory; use fewer jobs.",))
        yield case, check
