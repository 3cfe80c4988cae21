"""The table of intensities: complete, within the display range, and weighted."""

from __future__ import annotations

import pytest

from deskull.train.synthesis.intensities import (
    CLASSES,
    FAMILIES,
    FAMILY_WEIGHTS,
    MEAN_INTENSITIES,
    RANDOM,
    mean_intensity,
)
from deskull.train.synthesis.tissues import Tissue


def test_table_has_an_intensity_for_each_class_and_family():
    assert list(MEAN_INTENSITIES) == list(CLASSES)
    assert {len(row) for row in MEAN_INTENSITIES.values()} == {len(FAMILIES)}


def test_every_tissue_belongs_to_one_class():
    assert sorted(tissue for members in CLASSES.values() for tissue in members) == sorted(Tissue)


def test_intensities_lie_within_the_display_range():
    assert all(0 <= value <= 1 for row in MEAN_INTENSITIES.values() for value in row)


def test_weights_name_every_family_and_add_up_to_one():
    assert set(FAMILY_WEIGHTS) == {*FAMILIES, RANDOM}
    assert sum(FAMILY_WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("family", "brighter", "darker"), [("T1w", "white", "grey"), ("T2w", "fluid", "white"), ("CT", "bone", "fluid")]
)
def test_order_of_intensities_is_that_of_the_contrast(family, brighter, darker):
    assert mean_intensity(brighter, family) > mean_intensity(darker, family)
