"""Names of cases: unique, and as short as possible."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.data.names import unique_names


@pytest.mark.parametrize(
    ("scans", "names"),
    [
        (["/s/1/T1.nii"], ["T1"]),
        (["/s/1/T1.nii", "/s/2/T1.nii", "/s/2/T2.nii"], ["1_T1", "2_T1", "T2"]),
        (["/s/1/anat/T1.nii", "/s/2/anat/T1.nii"], ["1_anat_T1", "2_anat_T1"]),
        (["/s/T1.nii", "/s/T1.nii.gz"], ["s_T1", "s_T1-2"]),
        ([], []),
    ],
)
def test_names_have_as_many_folders_as_they_need(scans, names):
    assert unique_names([Path(scan) for scan in scans]) == names


@given(st.lists(st.lists(st.sampled_from(["a", "b", "a_b"]), min_size=1, max_size=3), unique_by=tuple))
def test_names_are_always_unique(parts):
    names = unique_names([Path("/", *part).with_suffix(".nii") for part in parts])
    assert len(set(names)) == len(parts)
