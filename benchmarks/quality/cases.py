"""Make cases: clean and spoiled scans with their true brain, and what the network predicts for them.

    python benchmarks/quality/cases.py DATA OUT --cache FOLDER [--kind synthetic|real] [--split train|test]
        [--first N] [--step N] [--count N] [--again N] [--non-heads [KIND ...]] [--model NAME]

Each case has three files: `ID.json` (what it is, and how good the mask is), `ID.npz` (what the network predicts) and
`ID.nii.gz` (the scan). Cases that exist are not made again, so that several processes can share the work: each takes
every `--step`-th head from `--first` on.
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faults import FAULTS, GROUP_OF, WITHOUT_BRAIN
from faults import TEST_ONLY as TEST_ONLY_FAULTS
from heads import Head, level
from non_heads import NON_HEADS
from non_heads import TEST_ONLY as TEST_ONLY_NON_HEADS
from predictions import Predicted, Stripping, save
from real_heads import real_heads
from scipy import ndimage
from synthetic_heads import synthetic_head

from deskull import DeskullError, Volume, formats

#: Number of faults that each synthetic head and each real scan gets, and of heads for each volume without one.
N_FAULTS, N_FAULTS_REAL, N_HEADS_PER_NON_HEAD = 3, 10, 3
#: Scans with fewer voxels along an axis are no cases: they are refused before anything is predicted.
MIN_SIZE = 6
#: Range of the faults' strengths, and probability of a second fault.
STRENGTHS, SECOND_FAULT_PROBABILITY = (0.5, 1.5), 0.3


@dataclass(frozen=True)
class Case:
    """A head or what is none, and what was done to it."""

    name: str
    kind: str
    group: str
    strength: float
    head: Head
    has_brain: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--model", default="default", help="name or file of the network whose masks are judged")
    parser.add_argument("--kind", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="number of heads")
    parser.add_argument("--again", type=int, default=0, help="number of another choice of faults for the same scans")
    parser.add_argument(
        "--non-heads", nargs="*", choices=NON_HEADS, metavar="KIND",
        help="make volumes without a head instead: of these kinds, or of all",
    )  # fmt: skip
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    stripping = Stripping(options.model)
    border = stripping.model.default_border("brain")
    for index in range(options.first, options.count, options.step):
        if options.kind == "real":
            source = real_heads(options.data, options.split, index)
            if source is None:
                break
        else:
            source = synthetic_head(options.data, options.cache, options.split, index, border)
        n_faults = N_FAULTS_REAL if source.real else N_FAULTS
        name = f"{source.name}_{options.again}" if options.again else source.name
        if options.non_heads is None:
            cases = cases_of(name, source.head, options.split, n_faults)
        else:
            cases = non_heads_of(name, source.head, options.split, options.non_heads or list(NON_HEADS))
        for case in cases:
            facts = {"source": source.name, "real": source.real, "contrast": source.contrast, "split": options.split}
            make(options.out, case, facts, stripping)


def cases_of(
    name: str, head: Head, split: str, n_faults: int, non_head_probability: float = 1 / N_HEADS_PER_NON_HEAD
) -> Iterator[Case]:
    """Return the clean head, the spoiled ones, and for some a volume without a head."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    yield Case(f"{name}_clean", "clean", "clean", 0.0, head, True)
    allowed = [kind for kind in FAULTS if split == "test" or kind not in TEST_ONLY_FAULTS]
    for kind in rng.choice(allowed, n_faults, replace=False):
        strength = float(rng.uniform(*STRENGTHS))
        kinds = [str(kind), str(rng.choice(allowed))] if rng.random() < SECOND_FAULT_PROBABILITY else [str(kind)]
        spoiled = head
        for each in kinds:
            if spoiled.brain.any() and min(spoiled.image.shape) >= MIN_SIZE:
                spoiled = FAULTS[each](spoiled, rng, strength)
        if min(spoiled.image.shape) < MIN_SIZE:
            continue
        kept = spoiled.brain.any() and not WITHOUT_BRAIN & set(kinds)
        yield Case(f"{name}_{'+'.join(kinds)}", "+".join(kinds), GROUP_OF[kinds[0]], strength, spoiled, bool(kept))
    if rng.random() < non_head_probability:
        yield next(non_heads_of(name, head, split, list(NON_HEADS)))


def non_heads_of(name: str, head: Head, split: str, kinds: Sequence[str]) -> Iterator[Case]:
    """Return a volume without a head of each of some kinds, in random order."""
    rng = np.random.default_rng(zlib.crc32(f"{name} none".encode()))
    allowed = [kind for kind in kinds if split == "test" or kind not in TEST_ONLY_NON_HEADS]
    for kind in rng.permutation(allowed):
        image = NON_HEADS[kind](head, rng)
        empty = Head(image, np.full(image.shape, 10.0, np.float32), np.eye(4))
        yield Case(f"{name}_{kind}", str(kind), "not a head", 1.0, empty, False)


def make(out: Path, case: Case, facts: dict[str, object], stripping: Stripping) -> None:
    """Predict the brain of a case, measure the mask, and write both."""
    record = out / f"{case.name}.json"
    if record.exists():
        return
    scan = scan_of(case)
    error, predicted = "", None
    try:
        predicted = stripping(formats.check_volume(scan))
    except DeskullError as refused:
        error = str(refused)
    facts = facts | {
        "name": case.name, "kind": case.kind, "group": case.group, "strength": case.strength, "error": error,
        "has_brain": case.has_brain, **truth(case, predicted, scan),
    }  # fmt: skip
    save(out / f"{case.name}.npz", predicted, case.head if case.has_brain else None)
    formats.write(scan, out / f"{case.name}.nii.gz", overwrite=True)
    partial = record.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(facts))
    partial.rename(record)


def scan_of(case: Case) -> Volume:
    """Return the image of a case as 16-bit integers, brighter tissue at about 1000."""
    head = case.head
    stored = np.round(head.image * (1000 / max(level(head.image), 1e-6))).clip(-32000, 32000).astype(np.int16)
    return Volume(np.asfortranarray(stored), head.affine, name=case.name)


def truth(case: Case, predicted: Predicted | None, scan: Volume) -> dict[str, float]:
    """Return how good the mask is: Dice, and the margin in mm within which 95 % of the edges lie."""
    mask = np.zeros(scan.shape, bool) if predicted is None else predicted.mask.astype(bool)
    brain = case.head.brain & bool(case.has_brain)
    total = int(mask.sum()) + int(brain.sum())
    dice = 2 * int((mask & brain).sum()) / total if total else 0.0
    volumes = {"volume_ml": mask.sum() * scan.voxel_ml, "true_ml": brain.sum() * scan.voxel_ml}
    return {"dice": dice, "margin_mm": margin(mask, case.head), **{k: float(v) for k, v in volumes.items()}}


def margin(mask: np.ndarray, head: Head) -> float:
    """Return the distance in mm that 95 % of the mask's edge keep from the true border; at most 10."""
    found = ndimage.find_objects(mask.astype(np.uint8))
    if not found:
        return 10.0
    box = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in found[0])
    edge = mask[box] & ~ndimage.binary_erosion(mask[box], border_value=1)
    return float(np.percentile(np.abs(head.distance[box][edge]), 95)) if edge.any() else 10.0


if __name__ == "__main__":
    main()
