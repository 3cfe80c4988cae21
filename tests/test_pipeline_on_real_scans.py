"""Pipeline on real scans: accuracy, plausible volumes, and the tissue that is lost."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from deskull import formats
from deskull.pipeline import Stripper


@pytest.fixture(scope="module")
def small():
    """The small network, loaded once."""
    return Stripper("small", threads=2)


def test_validation_scans_reach_the_accuracy_on_the_card(data, stripper):
    """Real scans that no training saw; the floor is well below what the card states."""
    with (data / "labelled" / "cases.csv").open() as file:
        cases = [row for row in csv.DictReader(file) if row["split"] == "validation"]
    assert len(cases) >= 8
    dice = {}
    for case in (row["case"] for row in cases):
        result = stripper.strip(data / "labelled" / f"{case}.nii.gz", quality="none")
        reference = formats.read(data / "labelled" / f"{case}_mask.nii.gz")
        both = (result.mask.data & (reference.data > 0)).sum()
        dice[case] = 2 * both / (result.mask.data.sum() + (reference.data > 0).sum())
    assert np.median(list(dice.values())) > 0.945, dice
    assert min(dice.values()) > 0.93, dice


@pytest.mark.parametrize("case", ["siemens_decubitus_T1_HFP", "dwi_misc_ge_abcd_b0", "ct_ge_CT", "uih_sub1_b0"])
def test_unusual_scan_gives_a_plausible_brain(data, stripper, case):
    result = stripper.strip(data / "unlabelled" / f"{case}.nii.gz", quality="none")
    assert 500 < result.volume_ml < 2200


@pytest.mark.parametrize("person", ["elderly19", "elderly21", "elderly22"])
def test_hardly_any_tissue_of_an_elderly_person_is_lost_at_the_default_border(small, data, person):
    no_tissue = (0, 1, 4, 11, 46, 49, 50, 51, 52)  # numbers of DLMUSE: background, fluid, ventricles
    tissue = ~np.isin(formats.read(data / "tissue" / f"{person}_T1_tissue.nii.gz").data, no_tissue)
    mask = small.strip(data / "tissue" / f"{person}_T1.nii.gz").mask.data > 0
    assert (tissue & ~mask).sum() < 0.0025 * tissue.sum()
