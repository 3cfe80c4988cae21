"""Cohorts: the numbers that describe many scans and their masks, and the labels that group them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Features:
    """Numbers that describe scans or masks.

    Attributes
    ----------
    names : tuple of str
    values : ndarray of float64, shape (n_scans, n_names)
        NaN where a value is missing.
    """

    names: tuple[str, ...]
    values: FloatArray

    def column(self, name: str) -> FloatArray:
        """Return the values of one feature that are not missing, in the order of the scans."""
        values: FloatArray = self.values[:, self.names.index(name)]
        return values[~np.isnan(values)]

    def matrix(self, names: Sequence[str]) -> FloatArray:
        """Return the columns of some features, in the order of `names`."""
        return self.values[:, [self.names.index(name) for name in names]]


@dataclass(frozen=True, eq=False)
class Cohort:
    """Features of many scans.

    Attributes
    ----------
    name : str
        What messages call it.
    inputs : Features
        Of the scans: noise, blur, contrast.
    outputs : Features
        Of the masks: predicted Dice, volume, smoothness.
    labels : mapping of str to tuple of str
        Texts by column, one for each scan; "" where there is none. They group the scans and order them in time.
    description : str
        Where the scans come from, if that is known.
    """

    name: str
    inputs: Features
    outputs: Features
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    description: str = ""

    def __len__(self) -> int:
        return len(self.inputs.values)

    def select(self, rows: Sequence[int] | IntArray, name: str = "") -> Cohort:
        """Return the cohort of some scans.

        Parameters
        ----------
        rows : sequence of int
            Their indices.
        name : str
            Name of the new cohort; by default that of this one.
        """
        index = np.asarray(rows, np.intp)
        return replace(
            self,
            name=name or self.name,
            inputs=Features(self.inputs.names, self.inputs.values[index]),
            outputs=Features(self.outputs.names, self.outputs.values[index]),
            labels={column: tuple(texts[row] for row in index) for column, texts in self.labels.items()},
        )
