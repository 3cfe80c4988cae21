"""Measure how long libraries take to find the anatomical scans of a BIDS data set of 10,000 files and folders.

    python benchmarks/bids.py FOLDER [--subjects 350]

Creates the data set (of empty files) in FOLDER, and lists its T1w, T2w and FLAIR scans with each of the libraries
pybids, ancpbids and bids2table that is installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

CODE = {
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
    n_entries = create_data_set(options.folder, options.subjects)
    print(f"{n_entries} files and folders\n\n| library | s with import | scans found | MB |\n|---|---|---|---|")
    for name, code in CODE.items():
        command = [sys.executable, "-P", "-c", MEASURE.format(code=code), str(options.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {name} | {(done.stderr.strip().splitlines() or ['?'])[-1][:80]} | | |")
            continue
        seconds, n_scans, peak_mb = done.stdout.split()
        print(f"| {name} | {float(seconds):.1f} | {n_scans} | {peak_mb} |", flush=True)


def create_data_set(root: Path, subjects: int) -> int:
    """Create two sessions of T1w, T2w, FLAIR, BOLD and DWI for each subject; return the number of files and folders."""
    root.mkdir(parents=True, exist_ok=True)
    facts = {"Name": "synthetic", "BIDSVersion": "1.9.0", "DatasetType": "raw"}
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


if __name__ == "__main__":
    main()
