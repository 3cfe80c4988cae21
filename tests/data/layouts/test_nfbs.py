"""NFBS: scans and masks side by side; what is missing is named."""

from __future__ import annotations

import pytest

from deskull.data.layouts.files import Listing
from deskull.data.layouts.nfbs import find_nfbs
from tests.data.layouts.trees import nfbs, touch


def test_scan_is_found_with_its_mask_and_brain(tmp_path):
    nfbs(tmp_path / "NFBS_Dataset", "A00028185")
    ((case,), problems) = find_nfbs(Listing.of(tmp_path))
    stem = tmp_path / "NFBS_Dataset" / "A00028185" / "sub-A00028185_ses-NFB3_T1w"
    assert (case.name, case.subject, problems) == (stem.name, "A00028185", [])
    assert [str(path) for path in (case.raw, case.mask, case.brain)] == [
        f"{stem}.nii.gz", f"{stem}_brainmask.nii.gz", f"{stem}_brain.nii.gz",
    ]  # fmt: skip


def test_brain_is_optional(tmp_path):
    nfbs(tmp_path, "A1", kinds=("_T1w", "_T1w_brainmask"))
    assert find_nfbs(Listing.of(tmp_path))[0][0].brain is None


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["sub-2_T1w.nii", "sub-2_T1w_brain.nii"], "has no mask sub-2_T1w_brainmask beside it"),
        (["sub-3_T1w_brainmask.nii"], "has no scan sub-3_T1w beside it"),
        (["nameless_T1w.nii", "nameless_T1w_brainmask.nii"], "has no subject"),
    ],
)
def test_incomplete_case_is_one_problem_and_the_others_are_found(tmp_path, names, fault):
    nfbs(tmp_path, "A1")
    touch(tmp_path, *names)
    cases, (problem,) = find_nfbs(Listing.of(tmp_path))
    assert [case.subject for case in cases] == ["A1"]
    assert fault in problem
