"""Filter files: entities by either name, kinds of scans, and files that are none."""

from __future__ import annotations

import json

import pytest

from deskull import InputError
from deskull.bids.entities import read_filters


def filters(tmp_path, content):
    path = tmp_path / "filter.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_filters(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"session": "1", "run": 2}, [{"ses": "1", "run": 2}]),
        ({"ses": ["1", "2"], "extension": ".nii"}, [{"ses": ["1", "2"]}]),
        ({"t1w": {"session": "1"}, "T2w": {}}, [{"suffix": "T1w", "ses": "1"}, {"suffix": "T2w"}]),
        ({"fmap": {"datatype": "fmap"}, "flair": {}}, [{"suffix": "FLAIR"}]),
        ({"fast": {"acquisition": "fast", "suffix": "T1w"}}, [{"acq": "fast", "suffix": "T1w"}]),
        ({}, [{}]),
    ],
)
def test_filter_file_gives_entities_for_each_kind_of_scan(tmp_path, content, expected):
    assert filters(tmp_path, content) == expected


@pytest.mark.parametrize("content", [{"sesion": "1"}, {"t1w": {"sesion": "1"}}])
def test_unknown_entity_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="sesion is not an entity of BIDS"):
        filters(tmp_path, content)


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000])
def test_file_that_is_not_json_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="cannot be read as a filter file"):
        filters(tmp_path, content)


@pytest.mark.parametrize("content", ["[]", "3", "null"])
def test_json_that_is_not_an_object_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="is not a JSON object"):
        filters(tmp_path, content)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a filter file"):
        read_filters(tmp_path / "none.json")
