"""BIDS names: entities in order, the suffix, and whose scan it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.formats.bids_names import read_name, subject_label

LABELS = st.text("abcXYZ0189+", min_size=1, max_size=5)
KEYS = st.sampled_from(["sub", "ses", "acq", "run", "desc", "space"])


@given(entities=st.dictionaries(KEYS, LABELS, max_size=4), suffix=LABELS, ending=st.sampled_from([".nii.gz", ".json"]))
def test_name_made_of_entities_and_a_suffix_is_read_back(entities, suffix, ending):
    stem = "".join(f"{key}-{label}_" for key, label in entities.items())
    name = read_name(Path("folder", f"{stem}{suffix}{ending}"))
    assert (dict(name.entities), name.suffix) == (entities, suffix)
    assert list(name.entities) == list(entities)
    assert name.stem == stem.removesuffix("_")


def test_order_of_the_parts_does_not_count():
    assert read_name(Path("sub-1_run-2_T1w.nii")).parts == read_name(Path("run-2_sub-1_T2w.nii.gz")).parts


def test_part_without_a_label_is_kept():
    name = read_name(Path("sub-1_raw_T1w.nii"))
    assert name.entities == {"sub": "1", "raw": ""}
    assert name.stem == "sub-1_raw"


def test_label_with_a_hyphen_is_kept_whole():
    assert read_name(Path("sub-1-b_T1w.nii")).entities == {"sub": "1-b"}


def test_session_holds_subject_and_session_alone():
    assert read_name(Path("sub-1_ses-2_run-3_T1w.nii")).session == {"sub-1", "ses-2"}


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("sub-01/anat/sub-02_T1w.nii.gz", "02"),
        ("sub-01/scan.nii.gz", "01"),
        ("site_sub-7_T1w", "7"),
        ("mysub-7_T1w", ""),
        ("", ""),
    ],
)
def test_subject_is_the_last_label_of_a_path(path, label):
    assert subject_label(path) == label
