"""Groups: how scans are grouped, and what each group is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deskull.errors import InputError
from deskull.quality.drift.comparison import State
from deskull.quality.drift.groups import compare_groups, group_names, groups_sentence
from tests.quality.drift.examples import cohort

SITES = ("here", "there", "elsewhere") * 20


def _shifted_site():
    sample = cohort(60, labels={"site": SITES})
    sample.inputs.values[np.array(SITES) == "there", 0] += 2
    return sample


def test_scanner_is_manufacturer_model_and_field_strength():
    labels = {"Manufacturer": ("A", ""), "ManufacturersModelName": ("One", ""), "MagneticFieldStrength": ("3", "")}
    assert group_names(cohort(2, labels=labels), "scanner") == ["A One 3 T", "(unknown)"]


def test_protocol_is_found_in_the_name_of_the_series_if_nothing_else_tells():
    assert group_names(cohort(2, labels={"SeriesDescription": ("mprage", "t2")}), "protocol") == ["mprage", "t2"]


def test_any_column_makes_groups():
    assert group_names(cohort(2, labels={"coil": ("32", "8")}), "coil") == ["32", "8"]


def test_group_that_differs_from_the_others_moved():
    found = {group.name: group for group in compare_groups(_shifted_site(), "site")}
    assert found["there"].reference == "all others"
    assert found["there"].inputs.state is State.moved
    assert all(group.outputs.state is State.unmoved for group in found.values())


def test_groups_are_compared_with_the_reference_if_there_is_one():
    found = compare_groups(_shifted_site(), "site", cohort(200, seed=1, name="good"))
    assert [(group.name, group.inputs.state is State.moved) for group in found] == [
        ("elsewhere", False), ("here", False), ("there", True),
    ]  # fmt: skip
    assert {group.reference for group in found} == {"good"}


def test_sentence_names_the_groups_that_moved():
    found = compare_groups(_shifted_site(), "site", cohort(200, seed=1))
    assert groups_sentence(found, "site") == "By site: 1 of 3 moved (there)."
    assert groups_sentence(found[:2], "site") == "By site: none of 2 moved."


def test_sentence_tells_of_groups_with_too_few_scans():
    labels = {"site": ("a",) * 30 + ("b",) * 30 + ("c",) * 3}
    found = compare_groups(cohort(63, labels=labels), "site", cohort(200, seed=1))
    assert groups_sentence(found, "site") == "By site: none of 3 moved; 1 has too few scans to tell."
    few = "By site: too few scans to tell; at least 8 on each side are needed."
    assert groups_sentence(found[2:], "site") == few


def test_groups_are_in_the_order_of_the_numbers_in_their_names():
    found = compare_groups(cohort(60, labels={"coil": ("10 a", "9", "x") * 20}), "coil")
    assert [group.name for group in found] == ["x", "9", "10 a"]


def test_small_group_is_too_few_to_tell():
    labels = {"site": ("here",) * 55 + ("there",) * 5}
    found = compare_groups(cohort(60, labels=labels), "site")
    assert found[1].inputs.state is State.too_few


def test_column_that_is_missing_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="nothing tells coil of its scans; its columns are: site"):
        group_names(cohort(60, labels={"site": SITES}), "coil")


def test_single_group_without_a_reference_is_refused():
    with pytest.raises(InputError, match="all scans have the same site, here; give a reference"):
        compare_groups(cohort(9, labels={"site": ("here",) * 9}), "site")


def test_column_with_a_value_for_each_scan_is_refused():
    labels = {"scan": tuple(map(str, range(300)))}
    with pytest.raises(InputError, match="scan has 300 values, too many for groups"):
        group_names(replace(cohort(300), labels=labels), "scan")
