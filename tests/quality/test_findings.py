"""Findings: each rule applies beyond its limit, and not to a usual scan."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.quality.findings import find_unusual

#: A scan without faults.
USUAL = {
    "dark_outside": 0.1, "dark_inside": 0.0, "dark_face": 0.3, "dark_nape": 0.3, "turned_fit": 0.0, "width_mm": 130.0,
    "length_mm": 165.0, "height_mm": 115.0, "gap": 0.0, "blank_contact": 0.0, "noise": 0.05, "shading": 0.2,
    "stripes": 0.02, "disorder": 0.65, "disorder_ratio": 1.05,
    "zeros_inside": 0.0, "repeated": 0.0, "at_maximum": 0.0, "grey_values": 800.0, "volume_ml": 1300.0,
    "opposite_ends": 0.0, "other_components": 0.0,
    **dict.fromkeys((f"contact_{side}" for side in ("left", "right", "back", "front", "bottom", "top")), 0.0),
}  # fmt: skip


def names(**changed: float) -> list[str]:
    """Names of the findings for a usual scan with some measures changed."""
    return [finding.name for finding in find_unusual(USUAL | changed)]


def test_a_usual_scan_has_no_findings():
    assert names() == []


def test_without_measures_there_are_no_findings():
    assert find_unusual({}) == []


def test_measures_that_are_not_a_number_give_no_findings():
    assert find_unusual(dict.fromkeys(USUAL, math.nan)) == []


@pytest.mark.parametrize(
    ("measure", "usual", "unusual", "name"),
    [
        ("zeros_inside", 0.005, 0.2, "no_signal"),
        ("gap", 0.005, 0.1, "gap"),
        ("blank_contact", 0.005, 0.2, "blank"),
        ("noise", 0.05, 0.4, "noise"),
        ("shading", 0.2, 0.9, "shading"),
        ("stripes", 0.02, 0.3, "stripes"),
        ("repeated", 0.01, 0.5, "repeated"),
        ("at_maximum", 0.001, 0.2, "saturated"),
        ("grey_values", 200, 2, "few_values"),
        ("opposite_ends", 0.5, 0.95, "wrapped"),
        ("volume_ml", 2200, 2500, "voxel_size"),
        ("turned_fit", 0.0, 0.2, "axes"),
        ("width_mm", 145, 160, "voxel_size"),
        ("width_mm", 60, 45, "voxel_size"),
        ("length_mm", 180, 210, "voxel_size"),
        ("height_mm", 50, 30, "voxel_size"),
        ("contact_top", 0.0, 0.3, "cut"),
    ],
)
def test_a_measure_beyond_its_limit_is_found(measure, usual, unusual, name):
    assert names(**{measure: usual}) == []
    assert names(**{measure: unusual}) == [name]


def test_slices_that_do_not_match_along_one_axis_are_found():
    assert names(disorder=1.0, disorder_ratio=1.6) == ["disorder"]


def test_noise_that_is_alike_along_all_axes_is_not_disorder():
    assert names(disorder=1.0, disorder_ratio=1.02) == []


def test_darkness_around_a_bright_brain_is_a_stripped_scan():
    assert "stripped" in names(dark_outside=0.95)


def test_darkness_inside_and_outside_is_not_a_stripped_scan():
    assert "stripped" not in names(dark_outside=0.95, dark_inside=0.5)


def test_a_dark_face_is_a_defaced_scan_unless_the_nape_is_dark_too():
    assert names(dark_face=0.95) == ["defaced"]
    assert names(dark_face=0.95, dark_nape=0.95) == []


def test_sides_that_are_cut_are_listed_in_one_finding():
    (finding,) = find_unusual(USUAL | {"contact_top": 0.1, "contact_left": 0.1})
    assert finding.sentence == "The field of view ends inside the brain (left, top)."


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (8.0, "the left-right and front-back axes were swapped"),
        (5.0, "the front-back and up-down axes were swapped and the up-down axis was reversed"),
        (0.0, "the axes were swapped or reversed"),
        (math.nan, "the axes were swapped or reversed"),
    ],
)
def test_axes_that_seem_to_be_wrong_are_named(turn, words):
    (finding,) = find_unusual(USUAL | {"turned_fit": 0.2, "best_turn": turn})
    assert finding.sentence == f"The brain lies as if, in the header, {words}; check the orientation."


def test_only_extents_that_are_unusual_are_stated():
    (finding,) = find_unusual(USUAL | {"height_mm": 230.4})
    assert "(height 230 mm)" in finding.sentence


@pytest.mark.parametrize(
    ("measure", "value", "bears"),
    [
        ("gap", 0.3, True),
        ("blank_contact", 0.3, True),
        ("noise", 0.4, False),
        ("contact_top", 0.3, False),
        ("opposite_ends", 0.95, False),
        ("zeros_inside", 0.2, False),
        ("zeros_inside", 0.7, True),
        ("grey_values", 1, True),
        ("grey_values", 5, False),
        ("volume_ml", 2500, False),
        ("length_mm", 300, True),
        ("length_mm", 195, False),
    ],
)
def test_missing_slices_masks_and_impossible_lengths_bear_on_the_mask_and_other_faults_do_not(measure, value, bears):
    (finding,) = find_unusual(USUAL | {measure: value})
    assert finding.bears_on_mask is bears


def test_a_head_that_is_wrapped_around_bears_on_the_mask_if_brain_lies_elsewhere():
    (finding,) = find_unusual(USUAL | {"opposite_ends": 0.95, "other_components": 0.1})
    assert (finding.name, finding.bears_on_mask) == ("wrapped", True)


def test_few_values_in_uneven_steps_bear_on_the_mask():
    (finding,) = find_unusual(USUAL | {"grey_values": 9, "uneven_steps": 4})
    assert (finding.name, finding.bears_on_mask) == ("few_values", True)


def test_a_scan_of_areas_of_one_value_is_a_label_map_that_bears_on_the_mask():
    (finding,) = find_unusual(USUAL | {"grey_values": 150, "one_value_areas": 0.7})
    assert (finding.name, finding.bears_on_mask) == ("label_map", True)


def test_a_scan_of_two_grey_values_is_not_taken_for_a_label_map_of_many():
    (finding,) = find_unusual(USUAL | {"grey_values": 2, "one_value_areas": 0.7})
    assert (finding.name, finding.bears_on_mask) == ("few_values", False)


@given(measures=st.dictionaries(st.sampled_from(sorted(USUAL)), st.floats(0, 1e4)))
def test_each_finding_is_named_once_and_is_a_sentence(measures):
    found = find_unusual(measures)
    assert len({finding.name for finding in found}) == len(found)
    assert all(finding.sentence[0].isupper() and finding.sentence.endswith(".") for finding in found)
