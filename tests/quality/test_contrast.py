"""Guess of the contrast: from a few numbers, and from real scans."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.quality.contrast import Contrast, contrast_of_mr, guess_contrast
from deskull.volume import Volume

NAMES = ("darkest", "brightest", "bright_skull", "bright_scalp", "bright_core", "bright_cortex")
#: Measured on real scans.
SCANS = {
    "T1w": ((0.40, 1.50, 0.51, 0.61, 1.33, 1.0), Contrast.t1w),
    "T1w of weak contrast": ((0.44, 1.22, 1.01, 1.13, 1.12, 1.0), Contrast.t1w),
    "T2w": ((0.66, 2.39, 0.51, 0.95, 0.82, 1.0), Contrast.t2w),
    "FLAIR": ((0.29, 1.36, 0.28, 0.25, 0.88, 1.0), Contrast.flair),
    "FLAIR without any fluid": ((0.10, 1.54, 1.04, 1.11, 1.13, 1.0), Contrast.flair),
    "PD": ((0.80, 1.16, 0.57, 0.81, 0.95, 1.0), Contrast.pd),
    "b0": ((0.54, 1.96, 0.18, 0.28, 0.75, 1.0), Contrast.epi),
    "BOLD": ((0.69, 1.36, 0.20, 0.20, 1.04, 1.0), Contrast.epi),
    "T1w with bright vessels": ((0.20, 2.31, 1.93, 1.57, 0.91, 1.0), None),
    "fluid as bright as tissue": ((0.65, 1.45, 1.08, 0.67, 1.19, 1.0), None),
}


@pytest.mark.parametrize(("values", "contrast"), SCANS.values(), ids=SCANS)
def test_numbers_of_a_scan_give_its_contrast_or_none(values, contrast):
    assert contrast_of_mr(dict(zip(NAMES, values, strict=True))) is contrast


@pytest.mark.parametrize("missing", NAMES)
def test_a_missing_measure_gives_no_guess(missing):
    assert contrast_of_mr(dict(zip(NAMES, SCANS["T1w"][0], strict=True)) | {missing: math.nan}) is None


@given(st.lists(st.floats(0, 5), min_size=6, max_size=6))
def test_any_numbers_give_a_contrast_of_mri_or_none(values):
    assert contrast_of_mr(dict(zip(NAMES, values, strict=True))) in {*Contrast, None} - {Contrast.ct}


def test_hounsfield_units_are_ct_whatever_the_brightness():
    values = np.full((24, 24, 24), -1000.0, np.float32)
    values[6:18, 6:18, 6:18], values[5] = 35.0, -100.0  # a head, and fat
    assert guess_contrast(Volume(values, np.eye(4)), {}) is Contrast.ct
