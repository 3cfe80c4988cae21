"""Make samples for the network that looks a second time: clean and spoiled heads, and volumes without one.

    python benchmarks/quality/second_samples.py DATA OUT --cache FOLDER [--first N] [--step N] [--count N]

Each sample is a file `NAME.npz`: the image in voxels of 2 mm as the judge sees it, the true distance in voxels of
4 mm, and where it counts. Heads have other random numbers than those of the cases, and faults are of the training kinds
alone.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from cases import Case, cases_of, scan_of
from predictions import TRUTH_STEPS, on_grid
from synthetic_heads import synthetic_head

from deskull import DeskullError, formats
from deskull.models import load_model
from deskull.models.cards import Model
from deskull.preprocessing.coverage import find_coverage

#: First head, so that none is one of the cases; faults of each head, and probability of a volume without a head.
_FIRST, _N_FAULTS, _NON_HEAD_PROBABILITY = 50_000, 4, 0.5
#: So many of the image's voxels lie along each edge of a voxel of the distances.
STRIDE = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--count", type=int, default=1500, help="number of heads")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model = load_model()
    border = model.default_border("brain")
    for index in range(options.first, options.count, options.step):
        source = synthetic_head(options.data, options.cache, "train", _FIRST + index, border)
        for case in cases_of(source.name, source.head, "train", _N_FAULTS, _NON_HEAD_PROBABILITY):
            _save(options.out / f"{case.name}.npz", case, model)


def _save(path: Path, case: Case, model: Model) -> None:
    """Write a sample, unless it cannot be stripped or exists."""
    settings = model.preprocessing
    try:
        scan = formats.check_volume(scan_of(case))
        conformed = settings.apply(find_coverage(scan).part(scan), 1)
    except DeskullError:
        return
    if conformed is None or path.exists():
        return
    covered, affine = conformed.coarsened(STRIDE * settings.stride)
    truth = np.full(covered.shape, model.band, np.float32)
    if case.has_brain:
        truth = on_grid(case.head, affine, covered.shape)
    partial = path.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file:
        np.savez(
            file,
            image=conformed.averaged(settings.stride).astype(np.float16),
            truth=np.round(truth * TRUTH_STEPS).astype(np.int8),
            counts=covered,
        )
    partial.rename(path)


if __name__ == "__main__":
    main()
