"""``deskull show``: a picture of a scan and its mask."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import formats


@pytest.fixture
def mask(scan, tiny_head):
    """A mask of the scan."""
    path = scan.with_name("mask.nii.gz")
    formats.write(tiny_head.with_data((tiny_head.data > 500).astype(np.uint8)), path)
    return path


def test_picture_is_a_png(deskull, scan, mask, tmp_path):
    done = deskull("show", scan, mask, "-o", tmp_path / "a.png")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(("options", "status"), [((), 1), (("--overwrite",), 0)])
def test_existing_picture_is_replaced_only_with_overwrite(deskull, scan, mask, tmp_path, options, status):
    (tmp_path / "a.png").write_bytes(b"old")
    assert deskull("show", scan, mask, "-o", tmp_path / "a.png", *options).exit_code == status
    assert ((tmp_path / "a.png").read_bytes() == b"old") is (status == 1)


def test_picture_may_not_replace_the_scan(deskull, scan, mask):
    before = scan.read_bytes()
    assert deskull("show", scan, mask, "-o", scan, "--overwrite").exit_code == 2
    assert scan.read_bytes() == before
