"""Second network: a coarse, independent look at the same image, to compare with the first."""

from __future__ import annotations

import numpy as np

from deskull.models.cards import load_model
from deskull.models.engine import make_engine
from deskull.preprocessing.grid import Conformed
from deskull.volume import FloatArray

#: The shipped network that looks at images a second time. Its voxels are a whole number of times those of the default.
_NAME = "small"


class SecondNetwork:
    """A network with coarser voxels than the one whose masks are judged.

    Parameters
    ----------
    threads : int
        Maximum number of threads.
    engine, device : str
        As for `deskull.models.engine.make_engine`.

    Attributes
    ----------
    voxel_size : float
        Edge of its voxels in mm.
    """

    def __init__(self, threads: int, engine: str, device: str) -> None:
        self._model = load_model(_NAME)
        self._engine = make_engine(self._model, threads, engine, device)
        self.voxel_size = self._model.voxel_size

    def __call__(self, conformed: Conformed, voxel_size: float, surface: str) -> FloatArray:
        """Predict the distance to the edge of this network's own mask.

        Parameters
        ----------
        conformed : Conformed
            On a grid of finer voxels.
        voxel_size : float
            Edge of those, in mm.
        surface : {"brain", "intracranial"}

        Returns
        -------
        ndarray of float32, shape (u, v, w)
            In mm, negative inside; both grids start at the same corner.
        """
        coarse = conformed.averaged(round(self.voxel_size / voxel_size), self._model.size_multiple)
        predicted = self._engine(coarse)[self._model.surfaces.index(surface)]
        return np.asarray(predicted - np.float32(self._model.default_border(surface)))
