"""Preparation: scans and masks are resampled to a network's grid once, and kept in a cache by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from nibabel.affines import voxel_sizes

from deskull import formats
from deskull.data.cache import Prepared, save_prepared
from deskull.data.cases import Case
from deskull.errors import DeskullError, InputError
from deskull.masking import signed_distance
from deskull.preprocessing.grid import resample, rescaled_affine
from deskull.preprocessing.settings import Preprocessing
from deskull.system.processes import Failure, in_processes, useful_jobs
from deskull.volume import Affine, Array, Volume

#: Part of every key: a new number makes all cases be prepared again.
_VERSION = 4
#: Distances are clipped to this in mm: networks learn the surface, not what is far from it.
MAX_DISTANCE_MM = 30.0


@dataclass(frozen=True)
class Outcome:
    """The outcome of preparing one case.

    Attributes
    ----------
    case : Case
    path : Path, optional
        The prepared case; None if it could not be prepared.
    problem : str
        Why it could not be prepared, as one sentence; "" otherwise.
    cached : bool
        Whether it was in the cache already.
    """

    case: Case
    path: Path | None
    problem: str = ""
    cached: bool = False


def cache_key(case: Case, preprocessing: Preprocessing) -> str:
    """Compute the key of a prepared case, from the bytes of its files and all settings.

    Parameters
    ----------
    case : Case
    preprocessing : Preprocessing

    Returns
    -------
    str
        24 hexadecimal digits of a SHA-256.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    settings = json.dumps([_VERSION, MAX_DISTANCE_MM, preprocessing.as_dict()], sort_keys=True)
    digest = hashlib.sha256(settings.encode())
    for path in (case.raw, case.mask, case.roi):
        digest.update(b"\0")
        if path:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:24]


def prepare(cases: Sequence[Case], preprocessing: Preprocessing, cache: Path, jobs: int = 1) -> Iterator[Outcome]:
    """Prepare cases in parallel processes; those in the cache already are not prepared again.

    Parameters
    ----------
    cases : sequence of Case
    preprocessing : Preprocessing
    cache : Path
        Folder of the prepared cases. Each is written atomically, so that an interrupted run can be repeated.
    jobs : int
        Number of processes, of one thread each.

    Yields
    ------
    Outcome
        In the order in which they end; a case that fails does not stop the others.
    """
    attempt = partial(_attempt, preprocessing=preprocessing, cache=cache)
    for case, outcome in in_processes(attempt, cases, useful_jobs(jobs, len(cases))):
        if isinstance(outcome, Failure):
            yield Outcome(case, None, f"{case.raw}: {outcome.value}, perhaps for lack of memory; use fewer jobs.")
        else:
            yield outcome


def _attempt(case: Case, preprocessing: Preprocessing, cache: Path) -> Outcome:
    """Prepare one case; a failure becomes part of the outcome."""
    try:
        path = cache / f"{cache_key(case, preprocessing)}.npz"
        cached = path.exists()
        if not cached:
            save_prepared(prepare_case(case, preprocessing), path)
        return Outcome(case, path, cached=cached)
    except DeskullError as error:
        return Outcome(case, None, str(error))
    except (OSError, MemoryError) as error:
        return Outcome(case, None, f"{case.name}: {error or 'not enough memory; use fewer jobs'}")


def prepare_case(case: Case, preprocessing: Preprocessing) -> Prepared:
    """Resample one scan and its mask to the network's grid.

    Parameters
    ----------
    case : Case
    preprocessing : Preprocessing

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        If a file cannot be used, or the scan has the same value in every voxel.
    """
    conformed = preprocessing.apply(formats.read(case.raw).mean_frame().finite())
    if conformed is None:
        raise InputError(f"{case.raw}: has the same value in every voxel; leave it out.")
    mask = formats.read(case.mask).mean_frame().finite(0)
    valid, affine = conformed.coarsened(preprocessing.stride)
    if preprocessing.interpolation == "nearest":
        nearest = resample(mask, valid.shape, affine, order=0)
        distance = signed_distance(nearest.data > 0.5, preprocessing.output_voxel_size)
    else:
        distance = _subvoxel_distance(mask, valid.shape, affine)
    if case.roi:
        region = formats.read(case.roi).mean_frame().finite(0)
        valid = valid & (resample(region, valid.shape, affine).data > 0.5)
    clipped = np.clip(distance, -MAX_DISTANCE_MM, MAX_DISTANCE_MM)
    return Prepared(conformed.data.astype(np.float16), clipped.astype(np.float16), valid.astype(np.uint8))


def _subvoxel_distance(mask: Volume, shape: tuple[int, ...], grid: Affine) -> Array:
    """Compute the signed distance to a mask on a grid twice as fine, and average it: edges then lie between voxels."""
    fine_grid = rescaled_affine(grid, 0.5)
    fine_mask = resample(mask, tuple(2 * size for size in shape), fine_grid)
    inside = (fine_mask.data > 0.5 * float(mask.values().max())) & fine_mask.field_of_view
    if not inside.any():
        raise InputError(f"{mask.name}: is empty within the field of view of its scan; leave it out.")
    fine = signed_distance(inside, float(voxel_sizes(fine_grid)[0]))
    blocks = fine.reshape([n for size in shape for n in (size, 2)])
    coarse: Array = blocks.mean(axis=(1, 3, 5))
    return coarse
