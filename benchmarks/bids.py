"""Time that libraries take to find the anatomical scans of a BIDS tree of 10,000 entries.

    python benchmarks/bids.py FOLDER [--subjects 350]

Makes the tree (empty files) in FOLDER, then lists its T1w, T2w and FLAIR with each library that is installed: pybids,
ancpbids, bids2table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

FINDERS = {
    "pybids": """
from bids import BIDSLayout
layout = BIDSLayout(root, validate=False)
found = layout.get(suffix=["T1w", "T2w", "FLAIR"], extension=".nii.gz", return_type="filename")
""",
    "ancpbids": """
import ancpbids
layout = ancpbids.BIDSLayout(root)
found = layout.get(suffix=["T1w", "T2w", "FLAIR"], extension=".nii.gz", return_type="filename")
""",
    "bids2table": """
import bids2table
table = bids2table.index_dataset(root)
found = [row for row in table.select(["suffix", "ext", "path"]).to_pylist()
         if row["suffix"] in ("T1w", "T2w", "FLAIR") and row["ext"] == ".nii.gz"]
""",
}
MEASURE = """
import resource, sys, time
root = sys.argv[1]
start = time.perf_counter()
{code}
print(time.perf_counter() - start, len(found), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subjects", type=int, default=350)
    options = parser.parse_args()
    entries = make_tree(options.folder, options.subjects)
    print(f"{entries} entries\n\n| library | s with import | scans found | MB |\n|---|---|---|---|")
    for name, code in FINDERS.items():
        start = time.perf_counter()
        command = [sys.executable, "-c", MEASURE.format(code=code), str(options.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
        if done.returncode:
            print(f"| {name} | {(done.stderr.strip().splitlines() or ['?'])[-1][:80]} | | |")
            continue
        _, found, peak = done.stdout.split()
        print(f"| {name} | {seconds:.1f} | {found} | {peak} |", flush=True)


def make_tree(root: Path, subjects: int) -> int:
    """Two sessions of T1w, T2w, FLAIR, BOLD and DWI for each subject; returns the number of files and folders."""
    root.mkdir(parents=True, exist_ok=True)
    facts = {"Name": "made by code", "BIDSVersion": "1.9.0", "DatasetType": "raw"}
    (root / "dataset_description.json").write_text(json.dumps(facts))
    for number in range(subjects):
        for session in ("1", "2"):
            start = f"sub-{number:04d}_ses-{session}"
            for kind, suffixes in (("anat", ("T1w", "T2w", "FLAIR")), ("func", ("task-rest_bold",)), ("dwi", ("dwi",))):
                folder = root / f"sub-{number:04d}" / f"ses-{session}" / kind
                folder.mkdir(parents=True, exist_ok=True)
                for suffix in suffixes:
                    (folder / f"{start}_{suffix}.nii.gz").touch()
                    (folder / f"{start}_{suffix}.json").write_text("{}")
    return sum(1 for _ in root.rglob("*"))


main()
