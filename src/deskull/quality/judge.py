"""Judge: collects the evidence for a mask and has it assessed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from deskull.masking import keep_largest
from deskull.models.cards import Model, load_model
from deskull.models.prediction import Prediction
from deskull.options import Surface
from deskull.quality.assessment import assess
from deskull.quality.calibration import CALIBRATED, load_calibration
from deskull.quality.evidence import Evidence
from deskull.quality.second import SecondNetwork
from deskull.quality.verdict import Quality
from deskull.volume import Volume


class Judge:
    """Judges the masks of a network.

    Parameters
    ----------
    model : Model
        The network.
    threads : int
        Maximum number of threads.
    engine, device : str
        As for `deskull.models.engine.make_engine`.
    """

    def __init__(self, model: Model, threads: int, engine: str, device: str) -> None:
        self._model, self._engine_options = model, (threads, engine, device)

    @cached_property
    def _is_calibrated(self) -> bool:
        """Whether the shipped calibration is for the network."""
        return self._model.path == load_model(CALIBRATED).path

    @cached_property
    def _second(self) -> SecondNetwork:
        """The network that looks a second time, loaded when it is needed."""
        return SecondNetwork(*self._engine_options)

    def __call__(self, scan: Volume, prediction: Prediction, surface: str, mask: npt.NDArray[np.uint8]) -> Quality:
        """Judge a mask.

        It is judged at the default border of the network, whichever border the mask has: that moves the edge, and does
        not make it more or less certain.

        Parameters
        ----------
        scan : Volume
            3-D, of finite values.
        prediction : Prediction
            Of the network; its first distance is that of the mask.
        surface : {"brain", "intracranial"}
            That the mask follows.
        mask : ndarray of uint8, the scan's shape

        Returns
        -------
        Quality
        """
        if not self._is_calibrated:
            return Quality.unjudged(f"Only masks of the network {CALIBRATED!r} can be judged.")
        conformed, predicted = prediction.conformed, prediction.predicted
        if conformed is None or predicted is None:
            return Quality.unjudged("The scan has a single value inside the network's grid.")
        border, found = self._model.default_border(surface), prediction.distances[0]
        if found.border != border:
            cleaned = keep_largest(predicted[self._model.surfaces.index(surface)], border, self._model.band)
            found = replace(found, on_grid=cleaned, border=border)
            mask = found.mask()
        stride, voxel_size = self._model.preprocessing.stride, self._model.voxel_size
        field_of_view, affine = conformed.coarsened(stride)
        wide = predicted[self._model.surfaces.index(Surface.intracranial)]
        evidence = Evidence(
            scan,
            mask,
            conformed.averaged(stride),
            field_of_view,
            affine,
            found.on_grid,
            predicted[self._model.surfaces.index(surface)],
            wide,
            border,
            self._second(conformed, voxel_size, surface),
            self._second.voxel_size / (voxel_size * stride),
        )
        return assess(evidence, load_calibration(CALIBRATED))
