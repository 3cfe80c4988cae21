"""What a reader of the documentation has: a folder with the files that quoted command lines name, all of them small."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deskull import Volume, formats
from tests.benchmark.data_sets import THRESHOLD, bright

#: Scans by the name that a page gives them; each is the same head.
SCANS = (
    "scan.nii.gz", "sub-01_T1w.nii.gz", "raw/scan.nii.gz", "raw/a.nii.gz", "scans/a.nii.gz", "folder/a.nii.gz",
    "FOLDER/a.nii.gz", "in/deep/sub-01_T1w.nii.gz", "raw/sub-01/anat/sub-01_T1w.nii.gz",
    "BIDS_DIR/sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz", "t1.nii.gz",
)  # fmt: skip
#: Masks of that head.
MASKS = (
    "mask.nii.gz", "masks/a_mask.nii.gz", "reference/a_mask.nii.gz", "predicted/a_brainmask.nii.gz",
    "new/a_brainmask.nii.gz", "old/a_brainmask.nii.gz", "other/a_brainmask.nii.gz",
    "derivatives/fmriprep/sub-01/anat/sub-01_desc-brain_mask.nii.gz",
)  # fmt: skip
#: Data sets: paths of the scan and of the mask of a person.
_NFBS = ("{0}/sub-{0}_ses-NFB3_T1w.nii.gz", "{0}/sub-{0}_ses-NFB3_T1w_brainmask.nii.gz")
DATA_SETS = {
    **dict.fromkeys(("NFBS", "NFBS_Dataset", "lowfield/test", "lowfield/train", "ordinary"), _NFBS),
    "DATA": ("site/{0}/anat/T1w.nii.gz", "site/{0}/anat/T1w_mask.nii.gz"),
    "mine": ("{0}_T1w.nii.gz", "{0}_mask.nii.gz"),
}
#: Networks that a page has trained or fetched before.
NETWORKS = ("models/ours", "tuned", "nfbs")
#: Small texts.
TEXTS = {
    "list.csv": "scan\nscan.nii.gz\n",
    "pairs.tsv": "scan\tmask\nscan.nii.gz\tmask.nii.gz\n",
    "raw/dataset_description.json": '{"Name": "raw", "BIDSVersion": "1.9.0"}',
    "BIDS_DIR/dataset_description.json": '{"Name": "raw", "BIDSVersion": "1.9.0"}',
    "derivatives/fmriprep/dataset_description.json": '{"Name": "made by another tool", "BIDSVersion": "1.9.0"}',
}
#: Tools of `deskull benchmark`, which threshold: the scan, the mask and the level, as a shell reads them.
TOOLS = {
    "bet": '"$1" "$2" 250',
    "mri_synthstrip": '"$2" "$4" 250',
    "fast-deskull": '"$1" "$2" 250 && cp "$2" "${2%/*}/head_distance.nii.gz"',
}


@dataclass
class Reader:
    """A reader, in a folder with everything that the pages name.

    Attributes
    ----------
    folder : Path
    run : callable
        Runs a command line.
    """

    folder: Path
    run: Callable[[str], Any]

    def copy(self, source: str, *targets: str) -> None:
        """Link a file to other names; results replace links and leave the file alone."""
        for target in targets:
            (self.folder / target).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / target).hardlink_to(self.folder / source)

    def gather(self, head: Volume, network: Path) -> None:
        """Make the files that several pages name."""
        formats.write(head, self.folder / "head.nii.gz")
        formats.write(bright(head), self.folder / "bright.nii.gz")
        self.copy("head.nii.gz", *SCANS)
        self.copy("bright.nii.gz", *MASKS)
        for data_set, (scan, mask) in DATA_SETS.items():
            for person in ("A01", "A02"):
                self.copy("head.nii.gz", f"{data_set}/{scan.format(person)}")
                self.copy("bright.nii.gz", f"{data_set}/{mask.format(person)}")
        for name in NETWORKS:
            self.write_network(network, name)
        for name, text in TEXTS.items():
            (self.folder / name).write_text(text)
        series = np.stack([head.data[::2, ::2, ::2]] * 2, axis=-1)
        formats.write(Volume(series, np.diag([4.0, 4.0, 4.0, 1.0])), self.folder / "bold.nii.gz")

    def write_network(self, network: Path, name: str) -> None:
        """Copy a network and its card to another name."""
        target = self.folder / f"{name}.onnx"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(network, target)
        card = json.loads(network.with_suffix(".json").read_text())
        target.with_suffix(".json").write_text(json.dumps(card | {"name": target.stem}))

    def install_tools(self) -> Path:
        """Write programs that are called as other tools are, and return their folder."""
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "threshold.py").write_text(THRESHOLD)
        for name, arguments in TOOLS.items():
            script = programs / name
            script.write_text(f'#!/bin/sh\n"{sys.executable}" -S -E "{programs}/threshold.py" {arguments}\n')
            script.chmod(0o755)
        return programs

    def digest(self, name: str) -> str:
        """SHA-256 of a file."""
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
