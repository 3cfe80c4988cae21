"""Splits: by subject, in proportion at each site, the same everywhere, and never moved."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, OutputError, UsageError
from deskull.data.cases import Case
from deskull.data.splits import (
    Membership,
    assign_splits,
    count_cases,
    known_splits,
    read_splits,
    select,
    write_splits,
)


def make(sizes: dict[str, int], scans: int = 2, first: int = 0) -> list[Case]:
    """Cases of so many subjects at each site, with several scans each."""
    people = [(f"{site}{number}", site) for site, size in sizes.items() for number in range(first, first + size)]
    return [
        Case(f"{subject}_{scan}", subject, Path("raw.nii"), Path("mask.nii"), site=site)
        for subject, site in people
        for scan in range(scans)
    ]


def counts(splits: dict[str, Membership], prefix: str = "") -> Counter[str]:
    return Counter(its.split for subject, its in splits.items() if subject.startswith(prefix))


SIZES = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(1, 12), min_size=1)


@given(sizes=SIZES, validation=st.floats(0, 0.5), test=st.floats(0, 0.4), seed=st.integers(0, 99))
def test_shares_hold_in_all_and_at_each_site(sizes, validation, test, seed):
    splits = assign_splits(make(sizes), validation=validation, test=test, seed=seed)
    total = sum(sizes.values())
    found = counts(splits)
    assert found.total() == total
    assert abs(found["validation"] - validation * total) <= 1
    assert found["test"] <= test * total + 0.5
    assert found["train"] >= 1
    assert found["validation"] >= 1 or validation == 0 or total == 1
    for site, size in sizes.items():
        assert abs(counts(splits, site)["validation"] - found["validation"] / total * size) < 2


def test_one_of_two_validates_and_one_alone_trains():
    assert counts(assign_splits(make({"A": 2}), test=0.3)) == {"train": 1, "validation": 1}
    assert counts(assign_splits(make({"A": 1}))) == {"train": 1}
    assert counts(assign_splits(make({"A": 3}), validation=0)) == {"train": 3}
    assert counts(assign_splits(make({"A": 3}), validation=0, test=1)) == {"test": 3}
    assert assign_splits([]) == {}


def test_nfbs_splits_as_expected():
    assert counts(assign_splits(make({"": 125}), validation=0.2, test=0.2)) == {
        "train": 75,
        "validation": 25,
        "test": 25,
    }


@given(sizes=SIZES, seed=st.integers(0, 99), folds=st.sampled_from([0, 2]))
def test_the_order_of_cases_does_not_matter(sizes, seed, folds):
    cases = make({**sizes, "Z": 4})
    shuffled = random.Random(seed).sample(cases, len(cases))
    assert assign_splits(cases, seed=seed, folds=folds) == assign_splits(shuffled, seed=seed, folds=folds)


def test_the_same_on_every_run_and_machine():
    code = """
from pathlib import Path
from deskull.data.cases import Case
from deskull.data.splits import assign_splits
cases = [Case(str(n), f"s{n}", Path("r"), Path("m"), site="AB"[n % 2]) for n in range(12)]
found = assign_splits(cases, folds=3, test=0.1)
print(" ".join(f"{subject}:{its.split[:2]}{its.fold}" for subject, its in found.items()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "s0:tr0", "s1:tr2", "s10:tr0", "s11:tr1", "s2:te-1", "s3:tr2", "s4:tr1", "s5:tr1", "s6:va1", "s7:va0",
        "s8:tr2", "s9:tr0",
    ]  # fmt: skip


def test_another_seed_gives_other_splits():
    cases = make({"A": 40})
    assert assign_splits(cases, seed=1) != assign_splits(cases, seed=2)


@given(sizes=SIZES, more=SIZES, folds=st.sampled_from([0, 3]), test=st.sampled_from([0.0, 0.2]))
def test_known_subjects_stay_and_shares_recover(sizes, more, folds, test):
    old = make({**sizes, "Z": 6})
    known = assign_splits(old, folds=folds, test=test)
    grown = assign_splits([*old, *make(more, first=100)], folds=folds, test=test, known=known)
    assert {subject: grown[subject] for subject in known} == known
    assert len(grown) == len(known) + sum(more.values())
    assert abs(counts(grown)["validation"] - 0.2 * len(grown)) <= 1
    assert abs(counts(grown)["test"] - test * len(grown)) <= 1


def test_known_subjects_that_are_gone_are_kept():
    known = {"gone": Membership("test", -1)}
    assert assign_splits(make({"A": 3}), known=known)["gone"] == known["gone"]


@given(sizes=SIZES, count=st.integers(2, 5))
def test_folds_are_even_at_each_site(sizes, count):
    splits = assign_splits(make({**sizes, "Z": 8}), folds=count)
    assert {its.fold for its in splits.values()} == set(range(count))
    for site in sizes:
        sizes_of_folds = Counter(dict.fromkeys(range(count), 0))
        sizes_of_folds.update(its.fold for subject, its in splits.items() if subject.startswith(site))
        assert max(sizes_of_folds.values()) - min(sizes_of_folds.values()) <= 1


def test_folds_can_come_later_but_not_change():
    cases = make({"A": 10})
    before = assign_splits(cases, test=0.2)
    after = assign_splits(cases, test=0.2, folds=4, known=before)
    assert {subject: its.split for subject, its in after.items()} == {s: its.split for s, its in before.items()}
    assert all((its.fold == -1) == (its.split == "test") for its in after.values())
    again = assign_splits(make({"A": 14}), known=after)
    assert all(its.fold >= 0 or its.split == "test" for its in again.values())
    with pytest.raises(UsageError, match="have 4 already"):
        assign_splits(cases, folds=5, known=after)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"validation": 0.6, "test": 0.5}, "between 0 and 1"),
        ({"validation": -0.1}, "between 0 and 1"),
        ({"validation": float("nan")}, "between 0 and 1"),
        ({"folds": 1}, "two at least"),
        ({"folds": 9}, "there are 4 subjects"),
    ],
)
def test_what_cannot_be_is_told(wrong, fault):
    with pytest.raises(UsageError, match=fault):
        assign_splits(make({"A": 4}), **wrong)


def test_a_subject_at_two_sites_is_one_subject():
    cases = [*make({"A": 3}), *(replace(case, site="B") for case in make({"A": 1}, first=1))]
    assert len(assign_splits(cases)) == 3


def test_select_by_split_and_by_fold():
    cases = make({"A": 12})
    splits = assign_splits(cases, test=0.25, folds=3)
    tests = select(cases, splits, "test")
    for fold in range(3):
        train, validation = (select(cases, splits, split, fold) for split in ("train", "validation"))
        assert len(train) + len(validation) == len(cases) - len(tests)
        assert not {case.subject for case in train} & {case.subject for case in validation}
        assert {splits[case.subject].fold for case in validation} == {fold}
        assert select(cases, splits, "test", fold) == tests
    assert {splits[case.subject].split for case in select(cases, splits, "train")} == {"train"}


def test_select_tells_what_is_wrong():
    cases = make({"A": 4})
    splits = assign_splits(cases)
    for arguments, fault in ((("trian",), "unknown"), (("train", 0), "have none"), (("test",), "no case is in")):
        with pytest.raises((UsageError, InputError), match=fault):
            select(cases, splits, *arguments)
    with pytest.raises(UsageError, match="folds 0 to 1"):
        select(cases, assign_splits(cases, folds=2), "train", 2)
    with pytest.raises(InputError, match="A0 is in no split"):
        select(cases, {}, "train")


def test_files_keep_splits_and_sites(tmp_path):
    splits = {"b": Membership("test", -1), "a": Membership("train", 2)}
    write_splits(splits, tmp_path / "splits.csv", {"a": "London, UK"})
    assert read_splits(tmp_path / "splits.csv") == splits
    write_splits(splits | {"c": Membership("validation", 0)}, tmp_path / "splits.csv")
    assert (tmp_path / "splits.csv").read_text() == (
        'subject,site,split,fold\na,"London, UK",train,2\nb,,test,-1\nc,,validation,0\n'
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("subject,fold\na,1\n", "no column split"),
        ("subject,split\na,val\n", "split 'val'"),
        ("subject,split\na,train\na,test\n", "subject a again"),
        ("subject,split\n,train\n", "line 2 has no subject"),
        ("subject,split,fold\na,train,x\n", "fold 'x'"),
        ("subject,split,fold\na,train,-2\n", "fold '-2'"),
    ],
)
def test_a_faulty_file_is_one_sentence(tmp_path, text, fault):
    (tmp_path / "splits.csv").write_text(text)
    with pytest.raises(InputError, match=fault):
        read_splits(tmp_path / "splits.csv")


def test_a_written_file_by_hand_needs_no_fold(tmp_path):
    (tmp_path / "splits.csv").write_text("subject,split\na,train\n")
    assert read_splits(tmp_path / "splits.csv") == {"a": Membership("train", -1)}
    with pytest.raises(OutputError, match="choose another name"):
        write_splits({}, tmp_path / "splits.csv")


def test_given_splits_must_agree_with_the_file(tmp_path):
    write_splits({"a": Membership("train", 1)}, tmp_path / "splits.csv")
    given_too = {"a": Membership("train", -1), "b": Membership("test", -1)}
    known = known_splits(tmp_path / "splits.csv", given_too)
    assert known == {"a": Membership("train", 1), "b": Membership("test", -1)}
    with pytest.raises(InputError, match="a in train, the table in test"):
        known_splits(tmp_path / "splits.csv", {"a": Membership("test", -1)})


def test_counts_by_site_split_and_fold():
    cases = make({"A": 4, "B": 6})
    found = {name: (scans, people) for name, scans, people in count_cases(cases, assign_splits(cases, folds=2))}
    assert found["all"] == (20, 10)
    assert found["site A"] == (8, 4)
    assert found["validation"] == (4, 2)
    assert found["fold 0"][1] + found["fold 1"][1] == 10
