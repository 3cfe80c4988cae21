"""Recorded options: they come back as they were, and a stranger's are checked like a user's."""

from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import StripOptions, UsageError
from deskull.options import option_fields
from deskull.options.recorded import read_options, record_options

CHANGED = StripOptions(
    outputs=("brainmask", "distance"), border=-1.5, surface="intracranial", threads=3, timeout=math.inf, series="#2"
)


@pytest.mark.parametrize("options", [StripOptions(), CHANGED])
def test_options_come_back_from_json(options):
    assert read_options(json.loads(json.dumps(record_options(options), allow_nan=False))) == options


def test_every_option_is_recorded():
    assert set(record_options(StripOptions())) == set(option_fields())


def test_options_that_a_record_lacks_have_their_defaults():
    assert read_options({"border": 2}) == StripOptions(border=2.0)


@pytest.mark.parametrize(
    "record",
    [
        {"border": "1"}, {"border": True}, {"border": 10**400}, {"threads": 1.5}, {"threads": True},
        {"outputs": "brain"},
        {"outputs": [1]}, {"overwrite": 1}, {"model": None}, {"model": ["x"]}, {"series": 2}, {"surface": 3},
        {"model": "x" * 5000},
    ],
)  # fmt: skip
def test_value_of_another_type_is_refused(record):
    with pytest.raises(UsageError, match="wrong type"):
        read_options(record)


@pytest.mark.parametrize("record", [{"surface": "skull"}, {"threads": 10**6}, {"outputs": ["x"]}, {"timeout": -1.0}])
def test_value_that_a_user_may_not_choose_is_refused(record):
    with pytest.raises(UsageError):
        read_options(record)


def test_unknown_option_is_refused():
    with pytest.raises(UsageError, match="'shell' is unknown to this version"):
        read_options({"shell": "rm"})


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)


@given(st.dictionaries(st.sampled_from([*option_fields(), "x"]), JSON))
def test_any_record_gives_options_or_one_sentence(record):
    with contextlib.suppress(UsageError):
        assert isinstance(read_options(record), StripOptions)
