"""Series on the static page: the frames that it averages are those of the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from deskull import formats
from deskull.averaging import averaged_frames
from tests.pages import WEB, build_driver

FRAMES = np.arange(12, dtype=np.float32) ** 2
B_VALUES = {"own": "0 0 700 700 0 700 700 0 700 700 700 0", "other": "700 0 700 0", "plain": "0 700 " * 6}


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Path:
    """The program that reads a series as the page does."""
    return build_driver(WEB / "site" / "tests" / "series_driver.ts", tmp_path_factory.mktemp("driver"))


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"dwi.bval": "own"},
        {"dwi.bvals": "own", "bvals": "plain"},
        {"bvals": "plain"},
        {"bval": "plain"},
        {"bvals": "other", "bval": "plain"},
        {"bvals": "other"},
    ],
    ids=str,
)
def test_page_averages_the_frames_that_the_command_line_averages(beside, driver, tmp_path):
    scan = tmp_path / "dwi.nii"
    nib.save(nib.Nifti1Image(np.broadcast_to(FRAMES, (6, 7, 8, 12)).copy(), np.eye(4)), scan)
    for name, which in beside.items():
        (tmp_path / name).write_text(B_VALUES[which])
    target = tmp_path / "shown.nii"
    task = {"dropped": [str(path) for path in (scan, *(tmp_path / name for name in beside))], "target": str(target)}
    done = subprocess.run(["node", driver], input=json.dumps(task), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
    expected = FRAMES[list(averaged_frames(formats.read(scan), scan))].mean()
    np.testing.assert_allclose(nib.load(target).get_fdata(), expected)
