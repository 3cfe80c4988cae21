"""Fixtures of the batch tests: a head that is stripped in half a second, and folders of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deskull import Volume, formats


@pytest.fixture(scope="session")
def tiny_head(head: Volume) -> Volume:
    """A head of 48 x 60 x 60 voxels in half the size of a real one, so that the small network is quick."""
    return Volume(np.ascontiguousarray(head.data[::2, ::2, ::2]), np.diag([2.0, 2.0, 2.0, 1.0]), name="tiny head")


@pytest.fixture(scope="session")
def head_file(tiny_head: Volume, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the tiny head."""
    path = tmp_path_factory.mktemp("head") / "head.nii.gz"
    formats.write(tiny_head, path)
    return path


@pytest.fixture
def folder(tmp_path: Path, head_file: Path) -> Path:
    """Three links to a head, s0 to s2, and a broken file."""
    path = tmp_path / "in"
    path.mkdir()
    for number in range(3):
        (path / f"s{number}.nii.gz").symlink_to(head_file)
    (path / "broken.nii.gz").write_bytes(b"no image")
    return path
