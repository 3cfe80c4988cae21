"""Measure cases: a table of the numbers by which the quality of their masks can be judged.

    python benchmarks/quality/measure.py CASES OUT [--shipped-shape] [--jobs N]

OUT gets `shape.npz` (the mean shape of clean training heads, or the one that ships) and `measures.jsonl` (a line for
each case). Cases that have a line already are not measured again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from deskull import InputError, formats
from deskull.options import Device, EngineName, ReadOptions
from deskull.quality.calibration import CALIBRATED, load_calibration
from deskull.quality.evidence import Evidence, SecondLook
from deskull.quality.measures import input_measures, mask_measures
from deskull.quality.measures import shape as shapes
from deskull.quality.second import Box, SecondNetwork

#: Clean heads with a Dice above this give the mean shape; at most so many.
_GOOD, _N_SHAPES = 0.95, 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shipped-shape", action="store_true", help="to score the calibration that ships")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    records = sorted(options.cases.glob("*.json"))
    with ProcessPoolExecutor(options.jobs) as pool:
        if not (options.out / "shape.npz").exists():
            if options.shipped_shape:
                mean = load_calibration(CALIBRATED).shape
            else:
                good = [path for path in records if _is_good(path)][:_N_SHAPES]
                mean = shapes.mean_shape(list(pool.map(_points, good)))
            np.savez(options.out / "shape.npz", probability=mean.probability, spacing=mean.spacing)
        table = options.out / "measures.jsonl"
        known = {row["name"] for row in read_table(table)}
        new = [path for path in records if path.stem not in known]
        with table.open("a") as file:
            for row in pool.map(partial(_measure, out=options.out), new, chunksize=4):
                file.write(json.dumps(row) + "\n")
    print(f"{len(known) + len(new)} cases")


def read_table(path: Path) -> Iterator[dict[str, Any]]:
    """Read the lines of a table; none if it does not exist."""
    if path.exists():
        with path.open() as file:
            yield from map(json.loads, file)


def load_arrays(record: Path) -> dict[str, np.ndarray]:
    """Read what was predicted for a case; empty if it could not be stripped."""
    with np.load(record.with_suffix(".npz")) as arrays:
        return {name: arrays[name] for name in arrays}


def load_evidence(record: Path) -> Evidence | None:
    """Read a case; None if its scan could not be stripped."""
    kept = load_arrays(record)
    if not kept:
        return None
    try:
        scan = formats.read(record.with_suffix(".nii.gz"), ReadOptions())
    except InputError:  # its header says what no scan has
        return None
    border = float(kept["border"])
    floats = {name: array.astype(np.float32) for name, array in kept.items() if array.dtype == np.float16}
    cleaned, (brain, intracranial) = floats["cleaned"], floats["distance"]
    mask = np.unpackbits(kept["mask"], count=scan.data.size).reshape(scan.shape)
    evidence = Evidence(
        scan, mask, floats["image"], kept["field_of_view"], kept["affine"], cleaned, brain, intracranial, border
    )  # fmt: skip
    if evidence.bounds is None:
        return evidence
    looks = {name: look(evidence.image, evidence.bounds) for name, look in _looks().items()}
    return replace(evidence, **looks)


@cache
def _looks() -> dict[str, Callable[[np.ndarray, Box], SecondLook]]:
    """Return the second network's looks at an image and at its mirror image."""
    second = SecondNetwork(1, EngineName.onnxruntime, Device.cpu)
    return {"second": second, "mirrored": second.mirrored}


def _is_good(record: Path) -> bool:
    """Whether a case is a clean training head of an adult with a good mask."""
    facts = json.loads(record.read_text())
    clean = facts["kind"] == "clean" and facts["split"] == "train" and not facts["real"]
    return clean and facts["dice"] > _GOOD and "neonate" not in record.stem


def _points(record: Path) -> np.ndarray:
    """Return the aligned voxels of a case."""
    evidence = load_evidence(record)
    found = shapes.aligned_points(evidence, n_points=400_000) if evidence else None
    return found[0] if found else np.empty((0, 3))


def _measure(record: Path, out: Path) -> dict[str, Any]:
    """Return the line of a case."""
    facts, evidence = json.loads(record.read_text()), load_evidence(record)
    if evidence is None:
        return facts | {"input": {}, "mask": {}}
    with np.load(out / "shape.npz") as arrays:
        mean = shapes.MeanShape(arrays["probability"], float(arrays["spacing"]))
    return facts | {"input": input_measures(evidence), "mask": mask_measures(evidence, mean)}


if __name__ == "__main__":
    main()
