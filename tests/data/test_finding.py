"""Finding: the layout is chosen, and ways to find cases exclude each other."""

from __future__ import annotations

import os

import pytest

from deskull import InputError, UsageError
from deskull.data.finding import find_cases
from deskull.data.layouts.patterns import Patterns
from deskull.data.public import PUBLIC_DATA_SETS
from deskull.options import Layout
from tests.benchmark.data_sets import DATA_SETS
from tests.data.layouts.trees import bids, touch


@pytest.fixture
def both_layouts(tmp_path):
    """A folder with a mask of either layout; it is not described as BIDS."""
    names = ("sub-1/anat/sub-1_T1w.nii", "sub-1/anat/sub-1_T1w_brainmask.nii", "derivatives/sub-1_desc-brain_mask.nii")
    return touch(tmp_path, *names)


def test_folder_without_a_description_is_nfbs(both_layouts):
    assert find_cases(both_layouts)[0][0].mask.name == "sub-1_T1w_brainmask.nii"


@pytest.mark.parametrize("layout", [None, "auto", "bids"])
def test_folder_with_a_description_is_bids(both_layouts, layout):
    bids(both_layouts)
    assert find_cases(both_layouts, layout)[0][0].mask.name == "sub-1_desc-brain_mask.nii"


def test_layout_can_be_chosen_against_the_description(both_layouts):
    bids(both_layouts)
    assert find_cases(both_layouts, "nfbs")[0][0].mask.name == "sub-1_T1w_brainmask.nii"


def test_folder_is_searched_once_for_all_layouts(both_layouts, monkeypatch):
    walk, walked = os.walk, []
    monkeypatch.setattr(os, "walk", lambda folder, **options: walked.append(folder) or walk(folder, **options))
    assert len(find_cases(both_layouts)[0]) == 1
    assert walked == [both_layouts]


@pytest.mark.parametrize("name", DATA_SETS)
@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "recognised"])
def test_public_data_set_is_found_by_its_layout(tmp_path, tiny_head, name, chosen):
    write, people = DATA_SETS[name]
    write(tmp_path, tiny_head)
    assert {case.name: case.subject for case in find_cases(tmp_path, name if chosen else None)[0]} == people


def test_every_layout_that_can_be_chosen_is_that_of_a_data_set():
    assert set(Layout) == {*PUBLIC_DATA_SETS, Layout.auto}


def test_unknown_layout_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(UsageError, match="unknown; choose auto or nfbs or synthstrip"):
        find_cases(tmp_path, "loni")


def test_patterns_are_used_instead_of_a_layout(both_layouts):
    patterns = Patterns("{subject}/anat/{subject}_T1w.nii", "derivatives/{subject}_desc-brain_mask.nii")
    assert find_cases(both_layouts, patterns=patterns)[0][0].subject == "sub-1"


def test_table_is_used_instead_of_a_folder(both_layouts):
    (both_layouts / "t.csv").write_text(
        "raw,mask\nsub-1/anat/sub-1_T1w.nii,derivatives/sub-1_desc-brain_mask.nii\n", "utf-8"
    )
    assert find_cases(None, table=both_layouts / "t.csv")[0][0].subject == "1"


def test_neither_folder_nor_table_is_refused():
    with pytest.raises(UsageError, match="give either the folder of the data set or a table"):
        find_cases(None)


def test_both_folder_and_table_are_refused(tmp_path):
    with pytest.raises(UsageError, match="give either the folder of the data set or a table"):
        find_cases(tmp_path, table=tmp_path / "t.csv")


def test_layout_and_patterns_exclude_each_other(tmp_path):
    with pytest.raises(UsageError, match="exclude each other"):
        find_cases(tmp_path, "nfbs", Patterns("", ""))


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="none: no such folder"):
        find_cases(tmp_path / "none")
