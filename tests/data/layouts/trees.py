"""Trees of files whose contents do not matter."""

from __future__ import annotations

from pathlib import Path


def touch(folder: Path, *names: str) -> Path:
    """Create files below a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def nfbs(folder: Path, *subjects: str, kinds=("_T1w", "_T1w_brain", "_T1w_brainmask")) -> Path:
    """Create the files of subjects as NFBS names them."""
    return touch(folder, *(f"{s}/sub-{s}_ses-NFB3{kind}.nii.gz" for s in subjects for kind in kinds))


def bids(folder: Path, *names: str) -> Path:
    """Create files of a BIDS data set."""
    touch(folder, *names)
    (folder / "dataset_description.json").write_text("{}")
    return folder
