"""Calibration: the tables by which masks of a network are judged, fitted on spoiled scans with a known brain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from deskull.quality.additive import AdditiveModel
from deskull.quality.measures.familiarity import FeatureReference
from deskull.quality.measures.shape import MeanShape

#: The network whose masks the shipped calibration is for.
CALIBRATED = "default"
#: Added to the error 1 - Dice before its logarithm is taken.
OFFSET = 0.01


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the quality of a mask is predicted with.

    Attributes
    ----------
    error : AdditiveModel
        Predicts the logarithm of 1 - Dice + `OFFSET`.
    margin : AdditiveModel
        Predicts the logarithm of the margin in mm.
    head : AdditiveModel
        Predicts the logarithm of the odds that the scan shows a human head.
    thresholds : mapping of str to float
        ``pass`` and ``fail``: the predicted error, as a logarithm, below which a mask passes and above which it fails;
        ``head``: the odds below which there is no head.
    bounds : mapping of str to sequence of float
        ``edges`` of the predicted error; ``error`` and ``margin``: what is added to predictions between them, so that
        95 % of the true values lie below.
    usual : mapping of str to (low, high)
        Range of each measure in 98 % of the scans of the reference that have good masks.
    shape : MeanShape
    features : FeatureReference, optional
    card : mapping
        What it was fitted on, and how well it does.
    """

    error: AdditiveModel
    margin: AdditiveModel
    head: AdditiveModel
    thresholds: Mapping[str, float]
    bounds: Mapping[str, list[float]]
    usual: Mapping[str, tuple[float, float]]
    shape: MeanShape
    features: FeatureReference | None
    card: Mapping[str, Any]

    def bound(self, name: str, predicted_error: float) -> float:
        """Return what is added to a prediction for its bound.

        Parameters
        ----------
        name : {"error", "margin"}
        predicted_error : float
            As a logarithm.
        """
        return float(self.bounds[name][int(np.searchsorted(self.bounds["edges"], predicted_error))])


@cache
def load_calibration(name: str) -> Calibration:
    """Load the calibration for a network that ships with deskull.

    Parameters
    ----------
    name : str
        Of the network.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    folder = Path(str(resources.files("deskull.quality") / "calibrations"))
    table = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    with np.load(folder / f"{name}.npz") as arrays:
        shape = MeanShape(arrays["shape"].astype(np.float32) / 255, float(arrays["shape_spacing"]))
        features = None
        if "cohort" in arrays:
            features = FeatureReference(*(arrays[key].astype(np.float32) for key in ("mean", "projection", "cohort")))
    models = {key: AdditiveModel.from_dict(table[key]) for key in ("error", "margin", "head")}
    usual = {key: (float(low), float(high)) for key, (low, high) in table["usual"].items()}
    return Calibration(
        **models, thresholds=table["thresholds"], bounds=table["bounds"], usual=usual, shape=shape,
        features=features, card=table["card"],
    )  # fmt: skip
