"""``deskull show``: a picture of a scan and its mask."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import formats


@pytest.fixture
def scan(tmp_path, half_head):
    """A small scan, alone in a folder."""
    formats.write(half_head, tmp_path / "scans" / "a.nii.gz")
    return tmp_path / "scans" / "a.nii.gz"


@pytest.fixture
def mask(scan, half_head):
    """A mask of the scan."""
    path = scan.with_name("mask.nii.gz")
    formats.write(half_head.with_data((half_head.data > 500).astype(np.uint8)), path)
    return path


@pytest.mark.parametrize(
    ("ending", "first"), [(".png", b"\x89PNG"), (".JPG", b"\xff\xd8"), (".webp", b"RIFF"), (".tif", b"II*\0")]
)
def test_ending_of_the_name_chooses_the_format(deskull, scan, mask, tmp_path, ending, first):
    done = deskull("show", scan, mask, "-o", tmp_path / f"a{ending}", "--slices", 1)
    assert done.exit_code == 0, done.output
    assert (tmp_path / f"a{ending}").read_bytes().startswith(first)


@pytest.mark.parametrize("name", ["a.svg", "a.nii.gz", "a"])
def test_ending_of_no_picture_is_refused(deskull, scan, mask, tmp_path, name):
    done = deskull("show", scan, mask, "-o", tmp_path / name)
    assert done.exit_code == 2
    assert "no picture is written with this ending; use .png" in done.output
    assert not (tmp_path / name).exists()


def test_scan_without_a_mask_is_stripped(deskull, scan, toy_model, tmp_path):
    done = deskull("show", scan, "-o", tmp_path / "a.png", "--model", toy_model, "--slices", 1)
    assert done.exit_code == 0, done.output
    assert [path.name for path in scan.parent.iterdir()] == [scan.name]


def test_border_for_a_mask_that_exists_is_refused(deskull, scan, mask, tmp_path):
    done = deskull("show", scan, mask, "-o", tmp_path / "a.png", "--border", 1)
    assert done.exit_code == 2
    assert "apply to a scan that is stripped; leave the mask out" in done.output


@pytest.mark.parametrize(("options", "status"), [((), 1), (("--overwrite",), 0)])
def test_existing_picture_is_replaced_only_with_overwrite(deskull, scan, mask, tmp_path, options, status):
    (tmp_path / "a.png").write_bytes(b"old")
    assert deskull("show", scan, mask, "-o", tmp_path / "a.png", "--slices", 1, *options).exit_code == status
    assert ((tmp_path / "a.png").read_bytes() == b"old") is (status == 1)


def test_picture_may_not_replace_the_scan(deskull, scan, mask):
    before = scan.read_bytes()
    assert deskull("show", scan, mask, "-o", scan, "--overwrite").exit_code == 2
    assert scan.read_bytes() == before
