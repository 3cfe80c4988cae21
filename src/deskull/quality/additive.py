"""Additive models: a prediction that is the sum of one function of each measure.

Such a model can be read, drawn and explained: of each measure it says by how much it raised or lowered the prediction
(generalised additive models, Hastie and Tibshirani 1986; with boosted trees, Lou et al. 2012). It is kept as a table of
numbers, and needs no library to be evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StepFunction:
    """A function of one measure that is constant between edges.

    Attributes
    ----------
    edges : tuple of float
        Ascending.
    values : tuple of float
        One more than the edges: below the first, between them, and above the last.
    missing : float
        Where the measure is missing.
    """

    edges: tuple[float, ...]
    values: tuple[float, ...]
    missing: float

    def __call__(self, value: float) -> float:
        """Return the value of the function; of NaN, that of a missing measure."""
        if np.isnan(value):
            return self.missing
        return self.values[int(np.searchsorted(self.edges, value, side="left"))]


@dataclass(frozen=True)
class AdditiveModel:
    """A sum of functions.

    Attributes
    ----------
    intercept : float
    functions : mapping of str to StepFunction
        By measure.
    """

    intercept: float
    functions: Mapping[str, StepFunction]

    def contributions(self, measures: Mapping[str, float]) -> dict[str, float]:
        """Return what each measure adds to the prediction.

        Parameters
        ----------
        measures : mapping of str to float
            Those that are not given are missing.

        Returns
        -------
        dict of str to float
        """
        return {name: function(measures.get(name, np.nan)) for name, function in self.functions.items()}

    def predict(self, measures: Mapping[str, float]) -> float:
        """Return the prediction for measures."""
        return self.intercept + sum(self.contributions(measures).values())

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> AdditiveModel:
        """Make one from what `as_dict` returned."""
        functions = {
            name: StepFunction(_floats(f["edges"]), _floats(f["values"]), float(f["missing"]))
            for name, f in table["functions"].items()
        }
        return cls(float(table["intercept"]), functions)

    def as_dict(self) -> dict[str, Any]:
        """Return the model as JSON can hold it."""
        functions = {
            name: {"edges": list(f.edges), "values": list(f.values), "missing": f.missing}
            for name, f in self.functions.items()
        }
        return {"intercept": self.intercept, "functions": functions}


def _floats(numbers: Sequence[Any]) -> tuple[float, ...]:
    """Return numbers as a tuple."""
    return tuple(float(number) for number in numbers)
