"""Prediction: from the voxels of a 3-D scan to the signed distance that a network predicts on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deskull.masking import keep_largest
from deskull.models.cards import Model
from deskull.models.engine import Engine
from deskull.models.surface_distance import SurfaceDistance
from deskull.preprocessing.coverage import find_coverage
from deskull.preprocessing.grid import Conformed
from deskull.system.timing import StageTimer
from deskull.volume import Affine, FloatArray, Volume


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network predicts for a scan.

    Attributes
    ----------
    distances : list of SurfaceDistance
        Carried to the voxels of the scan, one for each surface that was asked for.
    conformed : Conformed or None
        The scan on the network's grid; None, or the grid that was given, if the scan has a single value.
    predicted : ndarray of float32, shape (surfaces, x, y, z), optional
        All distances in mm, as the network predicts them; None if the scan has a single value.
    """

    distances: list[SurfaceDistance]
    conformed: Conformed | None
    predicted: FloatArray | None = None


@dataclass(frozen=True)
class Predictor:
    """A network that predicts signed distances on the voxels of scans.

    Attributes
    ----------
    model : Model
    engine : Engine
        Of the same network.
    threads : int
        Maximum number of threads for what is done before and after the network.
    """

    model: Model
    engine: Engine
    threads: int

    def __call__(
        self, scan: Volume, surface: str, border: float, timer: StageTimer, grid: Conformed | None = None
    ) -> tuple[FloatArray, Conformed | None]:
        """Predict the distance to a surface.

        Parameters
        ----------
        scan : Volume
            A 3-D scan of finite values.
        surface : str
            One of the model's.
        border : float
            All but the largest component of what is nearer than this, in mm, is removed.
        timer : StageTimer
            Of the stages ``conform``, ``network`` and ``resample``.
        grid : Conformed, optional
            Use this one's grid instead of choosing one.

        Returns
        -------
        distance : ndarray of float32, the scan's shape
            In mm; far outside where nothing was scanned, and everywhere if the scan has a single value.
        conformed : Conformed or None
            The scan on the network's grid; `grid` if the scan has a single value.
        """
        prediction = self.predict(scan, [(surface, border)], timer, grid)
        values = prediction.distances[0].values()
        timer.finish("resample")
        return values, prediction.conformed

    def predict(
        self,
        scan: Volume,
        surfaces: Sequence[tuple[str, float]],
        timer: StageTimer,
        grid: Conformed | None = None,
    ) -> Prediction:
        """Predict the distances to several surfaces in one pass; see `__call__`.

        Parameters
        ----------
        scan : Volume
        surfaces : sequence of (str, float)
            Each with its border.
        timer : StageTimer
            Of the stages ``conform`` and ``network``.
        grid : Conformed, optional

        Returns
        -------
        Prediction
        """
        settings, far = self.model.preprocessing, self.model.band
        coverage = find_coverage(scan)
        part = coverage.part(scan)

        def carried(on_grid: FloatArray, affine: Affine, border: float) -> SurfaceDistance:
            """Distance on the scan."""
            return SurfaceDistance(on_grid, affine, part, coverage, scan.shape, border, far, self.threads)

        conformed = settings.apply(part, self.threads, grid)
        if conformed is None:
            nothing = np.full((1, 1, 1), np.float32(far))
            return Prediction([carried(nothing, np.eye(4), border) for _, border in surfaces], grid)
        timer.finish("conform")
        predicted = self.engine(conformed.data)
        field_of_view, affine = conformed.coarsened(settings.stride)
        distances = []
        for surface, border in surfaces:
            cleaned = keep_largest(predicted[self.model.surfaces.index(surface)], border, far, field_of_view)
            distances.append(carried(cleaned, affine, border))
        timer.finish("network")
        return Prediction(distances, conformed, predicted)
