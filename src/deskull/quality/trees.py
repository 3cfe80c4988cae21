"""Trees: a prediction that is a sum over small decision trees, and what each measure contributes to it.

The trees are boosted (Friedman 2001); they are kept as a table of numbers, and need no library to be evaluated. Along
the path through a tree, each step from a node to the next changes the expected prediction, and that change is
attributed to the measure that decided on the step (Saabas 2014). So the contributions of all measures add up to the
prediction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

#: A node of a tree: the number of the measure that it asks for (-1 for a leaf), the highest value that leads to the
#: left, the numbers of both following nodes, whether a missing measure leads to the left, and the mean prediction.
NODE = np.dtype(
    [
        ("measure", "<i2"), ("threshold", "<f8"), ("left", "<i4"), ("right", "<i4"), ("missing_left", "?"),
        ("value", "<f8"),
    ]
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TreeModel:
    """A sum over decision trees.

    Attributes
    ----------
    names : tuple of str
        Of the measures.
    baseline : float
        What is predicted without any tree.
    nodes : ndarray of `NODE`, shape (n_nodes,)
        Of all trees.
    roots : ndarray of int, shape (n_trees,)
        Number of the first node of each tree.
    """

    names: tuple[str, ...]
    baseline: float
    nodes: npt.NDArray[Any]
    roots: npt.NDArray[np.int32]

    def predict(self, measures: Mapping[str, float]) -> float:
        """Return the prediction.

        Parameters
        ----------
        measures : mapping of str to float
            Those that are not given, or not a number, are missing.
        """
        return self.baseline + sum(self._rows[path[-1]][-1] for path in self._paths(measures))

    def contributions(self, measures: Mapping[str, float]) -> dict[str, float]:
        """Return by how much each measure raises or lowers the prediction from its mean.

        Parameters
        ----------
        measures : mapping of str to float
        """
        added = dict.fromkeys(self.names, 0.0)
        for path in self._paths(measures):
            for node, following in pairwise(path):
                added[self.names[self._rows[node][0]]] += self._rows[following][-1] - self._rows[node][-1]
        return added

    @cached_property
    def _rows(self) -> list[tuple[int, float, int, int, bool, float]]:
        """The nodes as Python numbers, which are faster one by one."""
        return self.nodes.tolist()  # type: ignore[no-any-return]

    def _paths(self, measures: Mapping[str, float]) -> Iterator[list[int]]:
        """Yield the numbers of the nodes from the root of each tree to a leaf."""
        values = [measures.get(name, np.nan) for name in self.names]
        for root in self.roots.tolist():
            path = [root]
            while (row := self._rows[path[-1]])[0] >= 0:
                measure, threshold, left, right, missing_left, _ = row
                value = values[measure]
                is_left = missing_left if np.isnan(value) else value <= threshold
                path.append(left if is_left else right)
            yield path
