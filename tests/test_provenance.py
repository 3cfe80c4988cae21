"""Provenance: settings that are compared, and read back from sidecars and tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deskull.provenance import Provenance

MADE = Provenance("small", "ab" * 32, "brain", 0.5, "mean", "1.0")


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        ({"border": 5.0}, ("border=0.5", "border=5")),
        ({"surface": "intracranial"}, ("surface='brain'", "surface='intracranial'")),
        ({"frame": "each"}, ("frame='mean'", "frame='each'")),
        ({"sha256": "cd" * 32}, ("model='small' (sha256 abababab)", "model='small' (sha256 cdcdcdcd)")),
    ],
)
def test_difference_names_both_settings(change, texts):
    assert MADE.differences(replace(MADE, **change)) == [texts]


@pytest.mark.parametrize("change", [{}, {"frame": ""}, {"version": "2.0"}, {"model": "copy"}, {"border": 0.5 + 1e-9}])
def test_settings_that_give_the_same_mask_do_not_differ(change):
    assert MADE.differences(replace(MADE, **change)) == []


def test_sidecar_is_read_back():
    assert Provenance.from_sidecar({"GeneratedBy": [MADE.generated_by()]}) == MADE


@pytest.mark.parametrize(
    "made",
    [3, [], [{"Name": "bet"}], [{"Name": "deskull"}],
     [{"Name": "deskull", "Version": "1", "Parameters": {"border_mm": "x"}}]],
)  # fmt: skip
def test_sidecar_of_another_tool_or_a_damaged_one_states_nothing(made):
    assert Provenance.from_sidecar({"GeneratedBy": made}) is None


@pytest.mark.parametrize("cells", [{"border_mm": ""}, {"border_mm": "nan"}, {"sha256": ""}])
def test_incomplete_line_of_a_table_states_nothing(cells):
    line = {"model": "small", "sha256": "ab", "surface": "brain", "border_mm": "1", **cells}
    assert Provenance.from_texts(line) is None


def test_averaged_frames_are_read_back_and_are_no_difference():
    made = replace(MADE, averaged_frames="0, 8-10")
    assert Provenance.from_sidecar({"GeneratedBy": [made.generated_by()]}) == made
    assert made.differences(MADE) == []
