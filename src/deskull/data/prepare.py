"""Preparation: scans and masks brought to a network's grid once, and kept under a key of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from deskull import formats
from deskull.data.cases import Case
from deskull.errors import DeskullError, InputError
from deskull.masking import signed_distance
from deskull.preprocessing.grid import resample, rescaled_affine
from deskull.preprocessing.settings import Preprocessing
from deskull.system.atomic import atomic_path
from deskull.system.processes import Failure, in_processes, useful_jobs
from deskull.volume import Affine, Array, Volume

#: Part of every key: a new number makes everything anew.
_VERSION = 2
#: Distances are clipped to plus or minus this many mm.
REACH_MM = 30.0


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scan and its mask on the network's grid.

    Attributes
    ----------
    image : ndarray of float16, shape (k x, k y, k z)
        As the network sees it, `k` being its stride.
    distance : ndarray of float16, shape (x, y, z)
        Signed distance in mm to the surface of the mask, negative inside, where the network answers.
    counts : ndarray of uint8, shape (x, y, z)
        1 where the mask says something: in the field of view, and in the roi where there is one.
    """

    image: npt.NDArray[np.float16]
    distance: npt.NDArray[np.float16]
    counts: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Outcome:
    """What became of one case: the file it is kept in, or why there is none; whether it was there before."""

    case: Case
    path: Path | None
    problem: str = ""
    found: bool = False


def key_of(case: Case, preprocessing: Preprocessing) -> str:
    """Key of a prepared case: the bytes of its files and every setting; nothing else.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    digest = hashlib.sha256(json.dumps([_VERSION, REACH_MM, preprocessing.as_dict()], sort_keys=True).encode())
    for path in (case.raw, case.mask, case.roi):
        digest.update(b"\0")
        if path:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:24]


def prepare(cases: Sequence[Case], preprocessing: Preprocessing, cache: Path, jobs: int = 1) -> Iterator[Outcome]:
    """Prepare cases in parallel processes; those in the cache already are not done again.

    Parameters
    ----------
    cases : sequence of Case
    preprocessing : Preprocessing
    cache : Path
        Folder of the prepared cases. Killed at any moment, it holds whole ones only.
    jobs : int
        Processes, one thread each.

    Yields
    ------
    Outcome
        As each is done; one that fails does not stop the rest.
    """
    attempt = partial(_attempt, preprocessing=preprocessing, cache=cache)
    for case, outcome in in_processes(attempt, cases, useful_jobs(jobs, len(cases))):
        if isinstance(outcome, Failure):
            outcome = Outcome(case, None, f"{case.raw}: {outcome.value}, perhaps for lack of memory; use fewer jobs.")
        yield outcome


def _attempt(case: Case, preprocessing: Preprocessing, cache: Path) -> Outcome:
    """Prepare one case; a failure becomes part of the outcome."""
    try:
        kept = cache / f"{key_of(case, preprocessing)}.npz"
        found = kept.exists()
        if not found:
            _save(prepare_case(case, preprocessing), kept)
        return Outcome(case, kept, found=found)
    except DeskullError as error:
        return Outcome(case, None, str(error))
    except (OSError, MemoryError) as error:
        return Outcome(case, None, f"{case.name}: {error or 'not enough memory; use fewer --jobs'}")


def prepare_case(case: Case, preprocessing: Preprocessing) -> Prepared:
    """Bring one scan and its mask to the network's grid.

    Raises
    ------
    InputError
        If a file cannot be used, or the scan holds one value only.
    """
    scan = formats.read(case.raw).mean_frame().finite()
    seen = preprocessing.apply(scan)
    if seen is None:
        raise InputError(f"{case.raw}: every voxel has the same value; leave it out.")
    mask = formats.read(case.mask).mean_frame().finite(0)
    counts, affine = seen.coarsened(preprocessing.stride)
    if preprocessing.interpolation == "nearest":
        nearest = resample(mask, counts.shape, affine, order=0)
        distance = signed_distance(nearest.data > 0.5, preprocessing.output_voxel_size)
    else:
        distance = _exact_distance(mask, counts.shape, affine)
    if case.roi:
        region = formats.read(case.roi).mean_frame().finite(0)
        counts = counts & (resample(region, counts.shape, affine).data > 0.5)
    clipped = np.clip(distance, -REACH_MM, REACH_MM)
    return Prepared(seen.data.astype(np.float16), clipped.astype(np.float16), counts.astype(np.uint8))


def _exact_distance(mask: Volume, shape: tuple[int, ...], grid: Affine) -> Array:
    """Distance to a mask, measured on a grid twice as fine and averaged, so that edges are not those of voxels."""
    finer = rescaled_affine(grid, 0.5)
    covered = resample(mask, tuple(2 * size for size in shape), finer)
    inside = (covered.data > 0.5 * float(mask.values().max())) & covered.field_of_view
    if not inside.any():
        raise InputError(f"{mask.name}: is empty where its scan lies; leave it out.")
    fine = signed_distance(inside, float(finer[0, 0]))
    blocks = fine.reshape([n for size in shape for n in (size, 2)])
    coarse: Array = blocks.mean(axis=(1, 3, 5))
    return coarse


def _save(prepared: Prepared, path: Path) -> None:
    """Keep a prepared case, whole or not at all."""
    with atomic_path(path, overwrite=True) as unfinished, unfinished.open("wb") as file:
        np.savez(file, image=prepared.image, distance=prepared.distance, counts=prepared.counts)


def load_prepared(path: Path) -> Prepared:
    """Read what `prepare` keeps.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    try:
        with np.load(path) as found:
            return Prepared(found["image"], found["distance"], found["counts"])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{path}: is damaged ({error}); delete it and prepare again.") from error
