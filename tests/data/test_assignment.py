"""Assignment: by subject, in proportion at each site, reproducible, and without moving known subjects."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import UsageError
from deskull.data.assignment import assign_splits
from deskull.data.splits import NO_FOLD, Membership
from tests.data.subjects import make_cases

SIZES = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(1, 12), min_size=1)


def counts(splits: dict[str, Membership], prefix: str = "") -> Counter[str]:
    return Counter(its.split for subject, its in splits.items() if subject.startswith(prefix))


@given(sizes=SIZES, validation=st.floats(0, 0.5), test=st.floats(0, 0.4), seed=st.integers(0, 99))
def test_fractions_are_reached_over_all_subjects(sizes, validation, test, seed):
    n_subjects = sum(sizes.values())
    found = counts(assign_splits(make_cases(sizes), validation=validation, test=test, seed=seed))
    assert found.total() == n_subjects
    assert abs(found["validation"] - validation * n_subjects) <= 1
    assert found["test"] <= test * n_subjects + 0.5


@given(sizes=SIZES, validation=st.floats(0, 0.5), test=st.floats(0, 0.4), seed=st.integers(0, 99))
def test_fractions_are_reached_at_each_site(sizes, validation, test, seed):
    splits = assign_splits(make_cases(sizes), validation=validation, test=test, seed=seed)
    n_validation = counts(splits)["validation"]
    for site, size in sizes.items():
        expected = n_validation / sum(sizes.values()) * size
        assert abs(counts(splits, site)["validation"] - expected) < 2


@given(sizes=SIZES, validation=st.floats(0.01, 0.5), test=st.floats(0, 0.4))
def test_training_and_validation_have_a_subject_if_there_are_two(sizes, validation, test):
    found = counts(assign_splits(make_cases({**sizes, "Z": 1}), validation=validation, test=test))
    assert found["train"] >= 1
    assert found["validation"] >= 1


@pytest.mark.parametrize(
    ("n_subjects", "fractions", "expected"),
    [
        (1, {}, {"train": 1}),
        (2, {"test": 0.3}, {"train": 1, "validation": 1}),
        (3, {"validation": 0}, {"train": 3}),
        (3, {"validation": 0, "test": 1}, {"test": 3}),
        (3, {"validation": 1}, {"validation": 3}),
        (125, {"validation": 0.2, "test": 0.2}, {"train": 75, "validation": 25, "test": 25}),
        (0, {}, {}),
    ],
)
def test_numbers_of_subjects(n_subjects, fractions, expected):
    assert counts(assign_splits(make_cases({"A": n_subjects}), **fractions)) == expected


def test_all_scans_of_a_subject_are_in_one_split():
    assert len(assign_splits(make_cases({"A": 5}, scans=3))) == 5


def test_subject_at_two_sites_is_one_subject():
    cases = make_cases({"A": 3})
    assert len(assign_splits([*cases, replace(cases[2], name="again", site="B")])) == 3


@given(sizes=SIZES, seed=st.integers(0, 99), folds=st.sampled_from([0, 2]))
def test_order_of_the_cases_does_not_matter(sizes, seed, folds):
    cases = make_cases({**sizes, "Z": 4})
    shuffled = random.Random(seed).sample(cases, len(cases))
    assert assign_splits(cases, seed=seed, folds=folds) == assign_splits(shuffled, seed=seed, folds=folds)


def test_assignment_is_the_same_in_every_process():
    code = """
from pathlib import Path
from deskull.data.assignment import assign_splits
from deskull.data.cases import Case
cases = [Case(str(n), f"s{n}", Path("r"), Path("m"), site="AB"[n % 2]) for n in range(12)]
assigned = assign_splits(cases, folds=3, test=0.1)
print(" ".join(f"{subject}:{its.split[:2]}{its.fold}" for subject, its in assigned.items()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "s0:tr0", "s1:tr2", "s10:tr0", "s11:tr1", "s2:te-1", "s3:tr2", "s4:tr1", "s5:tr1", "s6:va1", "s7:va0",
        "s8:tr2", "s9:tr0",
    ]  # fmt: skip


def test_another_seed_gives_other_splits():
    cases = make_cases({"A": 40})
    assert assign_splits(cases, seed=1) != assign_splits(cases, seed=2)


@given(sizes=SIZES, more=SIZES, folds=st.sampled_from([0, 3]), test=st.sampled_from([0.0, 0.2]))
def test_known_subjects_keep_their_split_and_new_ones_restore_the_fractions(sizes, more, folds, test):
    old = make_cases({**sizes, "Z": 6})
    known = assign_splits(old, folds=folds, test=test)
    grown = assign_splits([*old, *make_cases(more, first=100)], folds=folds, test=test, known=known)
    assert {subject: grown[subject] for subject in known} == known
    assert len(grown) == len(known) + sum(more.values())
    assert abs(counts(grown)["validation"] - 0.2 * len(grown)) <= 1
    assert abs(counts(grown)["test"] - test * len(grown)) <= 1


def test_known_subjects_without_cases_are_kept():
    known = {"gone": Membership("test", NO_FOLD)}
    assert assign_splits(make_cases({"A": 3}), known=known)["gone"] == known["gone"]


@given(sizes=SIZES, n_folds=st.integers(2, 5))
def test_folds_are_equally_large_at_each_site(sizes, n_folds):
    splits = assign_splits(make_cases({**sizes, "Z": 8}), folds=n_folds)
    assert {its.fold for its in splits.values()} == set(range(n_folds))
    for site in sizes:
        fold_sizes = Counter(dict.fromkeys(range(n_folds), 0))
        fold_sizes.update(its.fold for subject, its in splits.items() if subject.startswith(site))
        assert max(fold_sizes.values()) - min(fold_sizes.values()) <= 1


@pytest.fixture
def with_folds():
    """Ten subjects that were assigned to splits first, and to four folds later."""
    cases = make_cases({"A": 10})
    before = assign_splits(cases, test=0.2)
    return cases, before, assign_splits(cases, test=0.2, folds=4, known=before)


def test_folds_can_be_added_later_without_changing_the_splits(with_folds):
    _, before, after = with_folds
    assert {subject: its.split for subject, its in after.items()} == {s: its.split for s, its in before.items()}


def test_only_subjects_of_the_test_split_have_no_fold(with_folds):
    assert all((its.fold == NO_FOLD) == (its.split == "test") for its in with_folds[2].values())


def test_new_subjects_get_a_fold_if_the_known_ones_have_folds(with_folds):
    grown = assign_splits(make_cases({"A": 14}), known=with_folds[2])
    assert all(its.fold >= 0 or its.split == "test" for its in grown.values())


def test_number_of_folds_cannot_change(with_folds):
    with pytest.raises(UsageError, match="folds=5: the splits have 4 folds already"):
        assign_splits(with_folds[0], folds=5, known=with_folds[2])


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"validation": 0.6, "test": 0.5}, "validation=0.6 and test=0.5: are fractions"),
        ({"validation": -0.1}, "neither may be negative"),
        ({"validation": float("nan")}, "neither may be negative"),
        ({"folds": 1}, "folds=1: must be 2 or more"),
        ({"folds": -2}, "folds=-2: must be 2 or more"),
        ({"folds": 9}, "there are only 4 subjects"),
    ],
)
def test_impossible_fractions_and_folds_are_refused(wrong, fault):
    with pytest.raises(UsageError, match=fault):
        assign_splits(make_cases({"A": 4}), **wrong)
