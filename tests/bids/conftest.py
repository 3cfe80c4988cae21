"""Fixtures of the BIDS tests: a dataset of several sessions, runs and contrasts, with empty images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SCANS = (
    "sub-01/ses-1/anat/sub-01_ses-1_run-1_T1w",
    "sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w",
    "sub-01/ses-1/anat/sub-01_ses-1_T2w",
    "sub-01/ses-2/anat/sub-01_ses-2_acq-fast_T1w",
    "sub-02/anat/sub-02_T1w",
    "sub-02/anat/sub-02_FLAIR",
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A raw dataset of six scans without voxels."""
    root = tmp_path / "raw"
    for scan in SCANS:
        add_scan(root, scan)
    (root / "dataset_description.json").write_text(
        json.dumps({"Name": "made by code", "BIDSVersion": "1.9.0", "DatasetType": "raw"})
    )
    return root


def add_scan(root: Path, scan: str, suffix: str = ".nii.gz") -> Path:
    """Add an empty image."""
    path = root / f"{scan}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path
