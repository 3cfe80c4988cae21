"""Splits: the file that says who is trained and validated on, and the selection of cases by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deskull import InputError, OutputError, UsageError
from deskull.data.assignment import assign_splits
from deskull.data.cases import write_cases
from deskull.data.splits import (
    Membership,
    cases_of,
    count_cases,
    merge_splits,
    read_splits,
    select,
    sites_of,
    write_splits,
)
from tests.data.subjects import make_cases


@pytest.fixture
def path(tmp_path):
    return tmp_path / "splits.csv"


@pytest.fixture(scope="module")
def with_folds():
    """Cases of 12 subjects, three of whom are in the test split and the others in three folds."""
    cases = make_cases({"A": 12})
    return cases, assign_splits(cases, test=0.25, folds=3)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_cases_of_a_split_are_selected_in_their_order(with_folds, split):
    cases, splits = with_folds
    assert select(cases, splits, split) == [case for case in cases if splits[case.subject].split == split]


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_chosen_fold_is_for_validation_and_all_others_for_training(with_folds, fold):
    cases, splits = with_folds
    train, validation = (select(cases, splits, split, fold) for split in ("train", "validation"))
    assert {splits[case.subject].fold for case in validation} == {fold}
    assert len(train) + len(validation) + len(select(cases, splits, "test")) == len(cases)


def test_test_split_is_the_same_in_every_fold(with_folds):
    cases, splits = with_folds
    assert select(cases, splits, "test", 1) == select(cases, splits, "test")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("trian",), "split='trian': unknown; the splits are train, validation, test"),
        (("train", 3), "fold=3: unknown; the folds are 0 to 2"),
        (("train", -1), "fold=-1: unknown"),
    ],
)
def test_unknown_split_or_fold_is_refused(with_folds, arguments, fault):
    with pytest.raises(UsageError, match=fault):
        select(*with_folds, *arguments)


def test_fold_of_splits_without_folds_is_refused():
    cases = make_cases({"A": 4})
    with pytest.raises(UsageError, match="the splits have no folds"):
        select(cases, assign_splits(cases), "train", 0)


def test_empty_split_is_refused():
    cases = make_cases({"A": 4})
    with pytest.raises(InputError, match="no case is in the split test"):
        select(cases, assign_splits(cases), "test")


def test_subject_without_a_split_is_refused():
    with pytest.raises(InputError, match="A0_0: its subject A0 is in no split"):
        select(make_cases({"A": 4}), {}, "train")


def test_cases_of_a_table_are_selected_by_the_splits_beside_it(tmp_path, path):
    cases = [replace(case, raw=tmp_path / f"{case.name}.nii", mask=tmp_path / "m.nii") for case in make_cases({"A": 2})]
    write_cases(cases, tmp_path / "dataset.csv")
    write_splits({"A0": Membership("train", -1), "A1": Membership("test", -1)}, path)
    assert cases_of(tmp_path / "dataset.csv") == cases
    assert cases_of(tmp_path / "dataset.csv", "test") == cases[2:]


def test_written_splits_are_read_again(path):
    splits = {"b": Membership("test", -1), "a": Membership("train", 2)}
    write_splits(splits, path)
    assert read_splits(path) == splits


def test_subjects_are_written_in_order_with_their_sites(path):
    write_splits({"b": Membership("test", -1), "a": Membership("train", 2)}, path, {"a": "London, UK"})
    assert path.read_text() == 'subject,site,split,fold\na,"London, UK",train,2\nb,,test,-1\n'


def test_sites_of_the_existing_file_are_kept(path):
    write_splits({"a": Membership("train", 2)}, path, {"a": "Basel"})
    write_splits({"a": Membership("train", 2), "b": Membership("test", -1)}, path)
    assert "a,Basel,train,2\n" in path.read_text()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("subject,fold\na,1\n", "has no column .split."),
        ("subject,split\na,val\n", "line 2 has split 'val'; it must be one of"),
        ("subject,split\na,train\na,test\n", "line 3 lists subject a again"),
        ("subject,split\n,train\n", "line 2 has no subject"),
        ("subject,split,fold\na,train,x\n", "line 2 has fold 'x'"),
        ("subject,split,fold\na,train,-2\n", "line 2 has fold '-2'"),
        ("subject,split,fold\na,train,1000000000\n", "it must be from 0 to 999, or -1 for none"),
        ("subject,split,fold\na,train," + "9" * 9000 + "\n", "it must be from 0 to 999, or -1 for none"),
    ],
)
def test_faulty_file_is_refused(path, text, fault):
    path.write_text(text)
    with pytest.raises(InputError, match=fault):
        read_splits(path)


def test_fold_is_optional(path):
    path.write_text("subject,split\na,train\n")
    assert read_splits(path) == {"a": Membership("train", -1)}


def test_file_with_other_columns_is_not_replaced(path):
    path.write_text("subject,split\na,train\n")
    with pytest.raises(OutputError, match="choose another name"):
        write_splits({}, path)


def test_given_splits_are_added_to_those_of_the_file(path):
    write_splits({"a": Membership("train", 1)}, path)
    merged = merge_splits(path, {"a": Membership("train", -1), "b": Membership("test", -1)})
    assert merged == {"a": Membership("train", 1), "b": Membership("test", -1)}


def test_given_splits_are_all_there_is_without_a_file(path):
    assert merge_splits(path, {"b": Membership("test", -1)}) == {"b": Membership("test", -1)}


def test_given_splits_that_contradict_the_file_are_refused(path):
    write_splits({"a": Membership("train", 1)}, path)
    with pytest.raises(InputError, match="has a in train, but the table in test"):
        merge_splits(path, {"a": Membership("test", -1)})


def test_subject_at_two_sites_has_both():
    cases = make_cases({"A": 2})
    assert sites_of([*cases, replace(cases[0], site="B"), replace(cases[0], site="")]) == {"A0": "A+B", "A1": "A"}


def test_cases_and_subjects_are_counted_by_site_split_and_fold():
    cases = make_cases({"A": 4, "B": 6})
    counts = {
        name: (n_cases, n_subjects) for name, n_cases, n_subjects in count_cases(cases, assign_splits(cases, folds=2))
    }
    assert counts["all"] == (20, 10)
    assert counts["site A"] == (8, 4)
    assert counts["validation"] == (4, 2)
    assert counts["fold 0"][1] + counts["fold 1"][1] == 10


def test_sites_are_not_counted_if_none_is_known():
    cases = make_cases({"": 4})
    assert not any(name.startswith("site") for name, _, _ in count_cases(cases, assign_splits(cases)))
