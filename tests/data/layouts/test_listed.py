"""Listed cases: a user's own table, complete or not."""

from __future__ import annotations

import re

import pytest

from deskull import InputError
from deskull.data.layouts.listed import find_listed, listed_splits
from deskull.data.splits import Membership
from tests.data.layouts.trees import touch


@pytest.fixture
def table(tmp_path):
    """Write a table beside two scans and a mask."""
    touch(tmp_path, "sub-07_T1w.nii", "x.nii", "m.nii", "b.nii", "r.nii")

    def _write(*lines: str):
        (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n")
        return tmp_path / "mine.csv"

    return _write


def test_all_columns_are_read(table):
    path = table("case,raw,mask,brain,roi,subject,site,age", "first,x.nii,m.nii,b.nii,r.nii,p1,Basel,33")
    ((case,), problems) = find_listed(path)
    assert (case.name, case.subject, case.site, problems) == ("first", "p1", "Basel", [])
    assert [p.name for p in (case.raw, case.mask, case.brain, case.roi)] == ["x.nii", "m.nii", "b.nii", "r.nii"]


def test_absolute_paths_are_allowed(table, tmp_path):
    ((case,), _) = find_listed(table("raw,mask,subject", f"{tmp_path}/x.nii,m.nii,1"))
    assert case.raw == tmp_path / "x.nii"


def test_subject_is_taken_from_the_bids_name_of_the_scan(table):
    ((case,), _) = find_listed(table("raw,mask", "sub-07_T1w.nii,m.nii"))
    assert (case.name, case.subject) == ("sub-07_T1w", "07")


def test_unknown_subjects_count_as_subjects_of_their_own_with_a_warning(table):
    with pytest.warns(UserWarning, match=r"some scans have no subject.*add a column subject"):
        ((case,), _) = find_listed(table("raw,mask", "x.nii,m.nii"))
    assert case.subject == "x"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("x.nii,", "line 3 has no mask; add it."),
        (",m.nii", "line 3 has no raw; add it."),
        ("y.nii,m.nii", "line 3 names .*y.nii, which does not exist"),
        ("sub-07_T1w.nii,m.nii", "line 3 lists .*sub-07_T1w.nii again"),
        (f"{'x' * 5000}.nii,m.nii", "which does not exist"),
    ],
)
def test_row_that_is_no_case_is_a_problem_and_the_others_are_found(table, row, fault):
    cases, (problem,) = find_listed(table("raw,mask", "sub-07_T1w.nii,m.nii", row))
    assert len(cases) == 1
    assert re.search(fault, problem)


def test_table_without_a_column_of_masks_is_refused(table):
    with pytest.raises(InputError, match=r"has no column .mask."):
        find_listed(table("raw", "x.nii"))


def test_two_cases_with_the_same_name_are_refused(table):
    with pytest.raises(InputError, match="has 2 cases called x"):
        find_listed(table("case,raw,mask,subject", "x,x.nii,m.nii,1", "x,sub-07_T1w.nii,m.nii,2"))


def test_splits_are_read_in_any_case_of_letters(table):
    path = table("raw,mask,split", "sub-07_T1w.nii,m.nii,Train", "x.nii,m.nii,")
    assert listed_splits(path) == {"07": Membership("train", -1)}


def test_table_without_a_column_of_splits_has_none(table):
    assert listed_splits(table("raw,mask", "x.nii,m.nii")) == {}


def test_unknown_split_is_refused(table):
    with pytest.raises(InputError, match="line 2 has split 'dev'; it must be one of train, validation, test"):
        listed_splits(table("raw,mask,split", "x.nii,m.nii,dev"))


def test_subject_in_two_splits_is_refused(table):
    path = table("raw,mask,subject,split", "x.nii,m.nii,1,train", "sub-07_T1w.nii,m.nii,1,test")
    with pytest.raises(InputError, match="subject 1 is in train and test"):
        listed_splits(path)
