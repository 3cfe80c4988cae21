"""Patterns: fields are matched in the paths of scans and filled into those of the other files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import UsageError
from deskull.data.layouts.patterns import Patterns, find_by_patterns
from tests.data.layouts.trees import touch

WORD = st.from_regex(r"[A-Za-z0-9]{1,4}", fullmatch=True)


class TestFolders:
    """Two sites with one subject each, all files in a folder, and a scan without a mask."""

    @pytest.fixture(scope="class")
    def found(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("folders")
        for place in ("north/01", "south/02"):
            touch(folder, *(f"{place}/anat/T1{kind}.nii.gz" for kind in ("", "_mask", "_roi", "_brain")))
        touch(folder, "north/03/anat/T1.nii.gz", "north/readme.txt", "north/03/too/deep/T1.nii.gz")
        base = "{site}/{subject}/anat/{scan}"
        files = (f"{base}{kind}.nii.gz" for kind in ("", "_mask", "_brain", "_roi"))
        return folder, *find_by_patterns(folder, Patterns(*files))

    def test_subject_and_site_come_from_the_fields(self, found):
        assert [(case.name, case.subject, case.site) for case in found[1]] == [
            ("01_anat_T1", "01", "north"), ("02_anat_T1", "02", "south"),
        ]  # fmt: skip

    def test_brain_and_region_of_interest_are_found(self, found):
        folder, (case, _), _ = found
        assert case.brain == folder / "north" / "01" / "anat" / "T1_brain.nii.gz"
        assert case.roi == folder / "north" / "01" / "anat" / "T1_roi.nii.gz"

    def test_scan_without_a_mask_is_the_only_problem(self, found):
        (problem,) = found[2]
        assert "03/anat/T1_mask.nii.gz; add it" in problem


def test_masks_may_lie_in_another_tree(tmp_path):
    touch(tmp_path, "raw/s1_T1.nii", "raw/s1_T2.nii", "masks/s1.mgz")
    cases, problems = find_by_patterns(tmp_path / "raw", Patterns("./{subject}_*.nii", "../masks/{subject}.mgz"))
    assert [case.name for case in cases] == ["s1_T1", "s1_T2"]
    assert {case.mask.resolve() for case in cases} == {tmp_path / "masks" / "s1.mgz"}
    assert problems == []


def test_masks_are_never_scans_even_if_the_pattern_matches_them(tmp_path):
    touch(tmp_path, "a/scan.nii", "a/mask.nii", "b/scan.nii", "b/mask.nii")
    cases, problems = find_by_patterns(tmp_path, Patterns("{subject}/*.nii", "{subject}/mask.nii"))
    assert [case.name for case in cases] == ["a_scan", "b_scan"]
    assert problems == []


def test_repeated_field_must_match_the_same_text(tmp_path):
    touch(tmp_path, "a/a.nii", "a/b.nii", "m/a.nii")
    cases, _ = find_by_patterns(tmp_path, Patterns("{subject}/{subject}.nii", "m/{subject}.nii"))
    assert [case.raw.relative_to(tmp_path).as_posix() for case in cases] == ["a/a.nii"]


@given(subject=WORD, visit=WORD, kind=WORD)
def test_fields_are_filled_into_the_path_of_the_mask(tmp_path_factory, subject, visit, kind):
    folder = tmp_path_factory.mktemp("fields")
    touch(folder, f"{subject}/{subject}_{visit}_{kind}.nii", f"m/{kind}-{visit}-{subject}.nii")
    patterns = Patterns("{subject}/{subject}_{visit}_{kind}.nii", "m/{kind}-{visit}-{subject}.nii")
    ((case,), problems) = find_by_patterns(folder, patterns)
    assert (case.subject, problems) == (subject, [])


@pytest.mark.parametrize(
    ("scan", "mask", "fault"),
    [
        ("{scan}.nii", "{scan}_m.nii", "patterns.scan='{scan}.nii': needs {subject}"),
        ("{subject}.nii", "{subj}_m.nii", "patterns.mask='{subj}_m.nii': has a field {subj}"),
        ("{subject}.nii", "*_m.nii", r"must not contain \*"),
        ("{subject.nii", "m.nii", "a brace that belongs to no field"),
        ("{subject}.nii", "{subject_m.nii", "a brace that belongs to no field"),
        ("{1}{subject}.nii", "m.nii", "a brace that belongs to no field"),
        ("/data/{subject}.nii", "m.nii", "must be relative to the folder"),
    ],
)
def test_pattern_that_cannot_be_used_is_refused(tmp_path, scan, mask, fault):
    with pytest.raises(UsageError, match=fault):
        find_by_patterns(tmp_path, Patterns(scan, mask))


def test_optional_pattern_that_matches_no_file_is_a_warning(tmp_path):
    touch(tmp_path, "a.nii", "a_mask.nii")
    with pytest.warns(UserWarning, match=r"the pattern {subject}_rio\.nii matches no file"):
        find_by_patterns(tmp_path, Patterns("{subject}.nii", "{subject}_mask.nii", roi="{subject}_rio.nii"))


def test_patterns_find_the_real_scans_of_the_test_data(data):
    base = "msl_{subject}_{visit}_{modality}"
    patterns = Patterns(f"{base}.nii.gz", f"{base}_mask.nii.gz", roi=f"{base}_roi.nii.gz")
    cases, problems = find_by_patterns(data / "labelled", patterns)
    assert (len(cases), problems) == (9, [])
    assert {case.subject for case in cases if case.roi} == {"p01"}
