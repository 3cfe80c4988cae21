"""Run mutants in processes, and explain the differences that no warning told."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from os import getpid
from pathlib import Path

from benchmarks.fuzz.child import SECONDS, Outcome, examine
from benchmarks.fuzz.classes import Class, Reading, differences
from benchmarks.fuzz.mutations import Mutant, all_seeds
from benchmarks.fuzz.reference import read_otherwise
from benchmarks.fuzz.seeds import Seed
from benchmarks.fuzz.seeds_dicom import DicomSeed

from deskull.system.processes import Failure, in_processes

#: Seconds that a process may take to start before its first mutant.
_START = 20.0
_KINDS = {Failure.crashed: Class.death, Failure.timed_out: Class.hang}


def run(mutants: Iterable[Mutant], jobs: int) -> dict[Mutant, Outcome]:
    """Examine mutants; see `benchmarks.fuzz`.

    Parameters
    ----------
    mutants : iterable of Mutant
    jobs : int
        Number of processes.

    Returns
    -------
    dict
        Outcomes in the order of the mutants.
    """
    mutants = list(mutants)
    try:
        results = dict(_examined(mutants, jobs))
        unclear = [mutant for mutant in mutants if results[mutant].kind is Class.silent]
        for mutant, readings in in_processes(read_otherwise, unclear, jobs, timeout=SECONDS + _START):
            others = {} if isinstance(readings, Failure) else readings
            results[mutant] = explained(results[mutant], others, all_seeds()[mutant.format])
    finally:
        for folder in Path(tempfile.gettempdir()).glob(f"fuzz{getpid()}-*"):
            shutil.rmtree(folder, ignore_errors=True)
    return {mutant: results[mutant] for mutant in mutants}


def _examined(mutants: list[Mutant], jobs: int) -> Iterable[tuple[Mutant, Outcome]]:
    """Yield the outcome of each mutant, also of those that end their process."""
    for mutant, outcome in in_processes(examine, mutants, jobs, timeout=SECONDS + _START):
        if isinstance(outcome, Failure):
            made = mutant.make()
            outcome = Outcome(_KINDS[outcome], made.part, made.label)
        yield mutant, outcome


def explained(outcome: Outcome, others: dict[str, Reading], seed: Seed | DicomSeed) -> Outcome:
    """Give the reason why a difference cannot be told: the damaged file is a sound file of another image.

    It is so if other libraries read the same voxels and the same affine from it, unless voxels are missing or the
    checksum of a compressed stream is wrong, of which some of them say nothing.
    """
    if "link out of the folder" in outcome.label:
        return replace(outcome, detail="voxels of a file that the user linked to", reading=None)
    if outcome.reading is None:
        return replace(outcome, kind=Class.unexplained, detail=f"{outcome.detail}: too large to compare")
    what = outcome.detail
    if what != "affine" and _could_be_told(outcome, seed):
        return replace(outcome, kind=Class.unexplained, reading=None)
    names = {"voxels": _agreeing(outcome.reading, others, {"shape", "voxels"}),
             "affine": _agreeing(outcome.reading, others, {"affine"})}  # fmt: skip
    missing = " and ".join(part for part, found in names.items() if not found)
    if missing:
        detail = f"{what}: no other reader gives the same {missing} (read by: {', '.join(others) or 'none'})"
        return replace(outcome, kind=Class.unexplained, detail=detail, reading=None)
    part = {"files": "file", "dicom": "series"}.get(outcome.part, outcome.part)
    why = "which have no checksum" if what == "voxels" else f"from a {part} that is sound by itself"
    readers = ", ".join(sorted(names["voxels"] | names["affine"]))
    return replace(outcome, detail=f"other {what}, {why}; read alike by {readers}", reading=None)


def _could_be_told(outcome: Outcome, seed: Seed | DicomSeed) -> bool:
    """Whether a checksum or the number of bytes tells that voxels are damaged."""
    if isinstance(seed, DicomSeed):
        cut = outcome.label.startswith("truncate") and "shape" in outcome.detail  # a slice is left out
        return outcome.part == "zip" or cut
    compressed = seed.encoding != "raw"
    if outcome.part == "container" or (outcome.part == "files" and seed.whole):
        return compressed
    if seed.name.endswith("text") or seed.name.startswith(("mg", "mnc")):  # no fixed size, or a footer
        return False
    shorter = outcome.label.startswith(("truncated", "a few bytes", "truncate", "delete"))
    return outcome.part == "body" and shorter


def _agreeing(reading: Reading, others: dict[str, Reading], parts: set[str]) -> set[str]:
    """Names of the readers that agree in some parts of an image."""
    return {name for name, other in others.items() if not parts & set(differences(reading, other))}
