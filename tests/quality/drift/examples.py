"""Cohorts with known distributions, and their files."""

from __future__ import annotations

import json

import numpy as np

from deskull.quality.drift.cohorts import Cohort, Features

INPUTS, OUTPUTS = ("noise_percent", "blur_mm", "contrast"), ("predicted_dice", "volume_ml", "roughness_mm")


def cohort(n, *, seed=2, inputs=0.0, outputs=0.0, name="cohort", labels=None):
    """Normal measures with an SD of 1; `inputs` and `outputs` are the means of the first measure of either side."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2, n, 3))
    values[0, :, 0] += inputs
    values[1, :, 0] += outputs
    return Cohort(name, Features(INPUTS, values[0]), Features(OUTPUTS, values[1]), labels or {})


def quality_of(content, row):
    """The object that the quality file of a scan holds."""
    inputs = dict(zip(INPUTS, map(float, content.inputs.values[row]), strict=True))
    dice, *measures = map(float, content.outputs.values[row])
    quality = {"predicted_dice": dice, "verdict": "pass", "reasons": [], "input": {**inputs, "axes": "RAS"}}
    return {"quality": {**quality, "measures": dict(zip(OUTPUTS[1:], measures, strict=True))}}


def write_folder(folder, content, first=0):
    """Write a quality file for each scan, in the layout of BIDS derivatives."""
    for row in range(len(content)):
        subject = f"sub-{first + row:03d}"
        place = folder / subject / "anat"
        place.mkdir(parents=True)
        (place / f"{subject}_desc-brain_quality.json").write_text(json.dumps(quality_of(content, row)))
    return folder
