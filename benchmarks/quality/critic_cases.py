"""Cut the windows that the critic is shown out of cases, with what is wrong in them.

    python benchmarks/quality/critic_cases.py CASES OUT [--jobs N]

Each case of the heads that train the critic gets, if it could be stripped, `NAME.npz`: `fields`, five images as bytes
(`FIELDS`), and `facts` as JSON.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from cases import trains_critic
from measure import load_arrays, load_evidence
from predictions import TRUTH_STEPS

from deskull.quality.critic.cells import BRIGHTEST, FAR_MM, cut, window_box, window_of

#: What is kept of a window: brightness, and signed distances to the mask's edge, to the intracranial surface and to the
#: true edge, in twelfths of a mm; where the scan has voxels.
FIELDS = ("image", "depth", "wide", "truth", "seen")
#: Steps of brightness.
IMAGE_STEPS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    records = [path for path in sorted(options.cases.glob("*.json")) if trains_critic(path.stem)]
    new = [path for path in records if not (options.out / f"{path.stem}.npz").exists()]
    with ProcessPoolExecutor(options.jobs) as pool:
        kept = sum(pool.map(partial(convert, out=options.out), new, chunksize=4))
    print(f"{kept} of {len(new)} new cases")


def convert(record: Path, out: Path) -> bool:
    """Write the window of a case; return whether it has one."""
    facts, evidence = json.loads(record.read_text()), load_evidence(record)
    window = window_of(evidence) if evidence else None
    box = window_box(evidence) if evidence else None
    if window is None or box is None:
        return False
    truth = load_arrays(record)["truth"]
    fields = [
        np.round(window.image * IMAGE_STEPS).astype(np.int8),
        np.round(window.depth * TRUTH_STEPS).astype(np.int8),
        np.round(window.wide * TRUTH_STEPS).astype(np.int8),
        cut(truth, box, int(FAR_MM * TRUTH_STEPS)),
        window.seen.astype(np.int8),
    ]
    facts["brain_voxels"] = float(np.clip(0.5 - truth / (2.0 * TRUTH_STEPS), 0, 1).sum())
    np.savez(out / f"{record.stem}.npz", fields=np.stack(fields), facts=json.dumps(facts))
    return True


assert BRIGHTEST * IMAGE_STEPS < 127

if __name__ == "__main__":
    main()
