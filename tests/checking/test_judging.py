"""Judging: scan and mask must fit, and what is found lies on the grid of the scan."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import InputError, formats
from deskull.checking.judging import check_pair
from deskull.checking.pairs import Pair


@pytest.fixture(scope="module")
def files(tmp_path_factory, head, stripper):
    """A scan, and its mask without the top of the brain."""
    folder = tmp_path_factory.mktemp("judging")
    mask = stripper.strip(head, border=1.0).mask
    cut = np.array(mask.data)
    cut[..., np.flatnonzero(cut.any(axis=(0, 1)))[-12:]] = 0
    formats.write(head, folder / "a.nii.gz")
    formats.write(mask.with_data(cut), folder / "cut.nii.gz")
    return folder


def test_part_that_was_cut_off_is_missing_at_the_top(files, stripper):
    checked = check_pair(stripper, Pair(files / "a.nii.gz", files / "cut.nii.gz"))
    largest = checked.differences[0]
    assert (largest.kind, largest.place) == ("missing", "top")
    assert largest.volume_ml == pytest.approx(checked.comparison.missing_ml, rel=0.05)
    assert not (checked.parts.missing & (checked.given.data > 0)).any()
    assert checked.own.data[checked.parts.missing].all()


@pytest.mark.parametrize("shift", [0.0, 30.0])
def test_mask_of_another_shape_or_place_is_refused(files, stripper, tmp_path, shift):
    mask = formats.read(files / "cut.nii.gz")
    box = tuple(slice(0, size - (0 if shift else 8)) for size in mask.shape)
    other = mask.part(box)
    other.affine[:3, 3] += shift
    formats.write(other, tmp_path / "other.nii.gz")
    with pytest.raises(InputError, match=r"other\.nii\.gz: is on another grid than .*a\.nii\.gz"):
        check_pair(stripper, Pair(files / "a.nii.gz", tmp_path / "other.nii.gz"))
