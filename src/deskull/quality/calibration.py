"""Calibration: the tables by which masks of a network are judged, fitted on spoiled scans with a known brain."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskull.options import QualityCheck
from deskull.quality.measures.shape import MeanShape
from deskull.quality.trees import TreeModel

#: The network whose masks the shipped calibration is for.
CALIBRATED = "default"
#: Arrays of each model in the file of numbers.
PARTS = ("nodes", "roots")
#: Percentiles of the measures of the reference that are kept.
LEVELS = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
#: Added to the error 1 - Dice before its logarithm is taken.
OFFSET = 0.01


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the quality of a mask is predicted with.

    Attributes
    ----------
    error : TreeModel
        Predicts the logarithm of 1 - Dice + `OFFSET`.
    margin : TreeModel
        Predicts the logarithm of the margin in mm.
    head : TreeModel
        Predicts the logarithm of the odds that the scan shows a human head.
    thresholds : mapping of str to float
        ``pass`` and ``fail``: the predicted error, as a logarithm, below which a mask passes and above which it fails;
        ``head`` and ``no_head``: the odds, as a logarithm, below which it is doubtful that there is a head, and below
        which there is none.
    bounds : mapping of str to sequence of float
        ``edges`` of the predicted error; ``error`` and ``margin``: what is added to predictions between them, so that
        95 % of the true values lie below.
    quantiles : mapping of str to sequence of float
        Of each measure, at `LEVELS`, in the clean scans of the reference that have good masks.
    shape : MeanShape
    card : mapping
        What it was fitted on, and how well it does.
    """

    error: TreeModel
    margin: TreeModel
    head: TreeModel
    thresholds: Mapping[str, float]
    bounds: Mapping[str, list[float]]
    quantiles: Mapping[str, Sequence[float]]
    shape: MeanShape
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

    def usual(self, name: str) -> tuple[float, float] | None:
        """Return the range of a measure in 98 % of the reference; None for a measure that it does not have."""
        quantiles = self.quantiles.get(name)
        return (quantiles[0], quantiles[-1]) if quantiles else None

    def percentiles(self, measures: Mapping[str, float]) -> dict[str, float]:
        """Return where measures lie in the reference, from 1 to 99; those that are not known are left out.

        Parameters
        ----------
        measures : mapping of str to float
        """
        known = {name: value for name, value in measures.items() if name in self.quantiles and math.isfinite(value)}
        return {name: _percentile(np.asarray(self.quantiles[name]), value) for name, value in known.items()}


def _percentile(quantiles: npt.NDArray[np.float64], value: float) -> float:
    """Return the percentile of a value; the middle one of those that share it."""
    equal = quantiles == value
    if equal.any():
        return float(np.mean(np.array(LEVELS)[equal]))
    return float(np.interp(value, quantiles, LEVELS))


@cache
def load_calibration(name: str, effort: str = QualityCheck.default) -> Calibration:
    """Load the calibration for a network that ships with deskull.

    Parameters
    ----------
    name : str
        Of the network.
    effort : {"default", "thorough"}
        What is measured.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    folder = Path(str(resources.files("deskull.quality") / "calibrations"))
    table = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    fitted = table[effort]
    with np.load(folder / f"{name}.npz") as arrays:
        shape = MeanShape(arrays["shape"].astype(np.float32) / 255, float(arrays["shape_spacing"]))
        models = {
            key: TreeModel(
                tuple(model["names"]), model["baseline"], *(arrays[f"{effort}_{key}_{part}"] for part in PARTS)
            )
            for key, model in fitted["models"].items()
        }
    return Calibration(
        **models, thresholds=fitted["thresholds"], bounds=fitted["bounds"], quantiles=table["quantiles"], shape=shape,
        card=table["card"],
    )  # fmt: skip
