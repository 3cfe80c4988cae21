"""Judge: collects the evidence for a mask and has it assessed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from deskull.masking import keep_largest
from deskull.models.cards import Model, load_model
from deskull.models.prediction import Prediction
from deskull.options import QualityCheck, Surface
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

    def __call__(
        self,
        scan: Volume,
        prediction: Prediction,
        surface: str,
        mask: npt.NDArray[np.uint8],
        effort: str = QualityCheck.default,
    ) -> Quality:
        """Judge a mask.

        The brain is judged, at the default border of the network, whichever surface and border the mask has: these move
        the edge, and do not make it more or less certain.

        Parameters
        ----------
        scan : Volume
            3-D, of finite values.
        prediction : Prediction
            Of the network; its first distance is that of the mask.
        surface : {"brain", "intracranial"}
            That the first distance and the mask follow.
        mask : ndarray of uint8, the scan's shape
        effort : {"default", "thorough"}

        Returns
        -------
        Quality
        """
        if not self._is_calibrated:
            return Quality.unjudged(f"Only masks of the network {CALIBRATED!r} can be judged.")
        conformed, predicted = prediction.conformed, prediction.predicted
        if conformed is None or predicted is None:
            return Quality.unjudged("The scan has a single value inside the network's grid.")
        border, found = self._model.default_border(Surface.brain), prediction.distances[0]
        brain, wide = (predicted[self._model.surfaces.index(s)] for s in (Surface.brain, Surface.intracranial))
        stride = self._model.preprocessing.stride
        field_of_view, affine = conformed.coarsened(stride)
        if surface != Surface.brain or found.border != border:
            cleaned = keep_largest(brain, border, self._model.band, field_of_view)
            found = replace(found, on_grid=cleaned, border=border)
            mask = found.mask()
        evidence = Evidence(
            scan,
            mask,
            conformed.averaged(stride),
            field_of_view,
            affine,
            found.on_grid,
            brain,
            wide,
            border,
        )
        is_thorough = effort == QualityCheck.thorough
        return assess(self._looked_at_again(evidence, is_thorough), load_calibration(CALIBRATED, effort))

    def _looked_at_again(self, evidence: Evidence, is_thorough: bool) -> Evidence:
        """Add what the second network predicts around the mask."""
        if evidence.bounds is None:
            return evidence
        return replace(
            evidence,
            second=self._second(evidence.image, evidence.bounds),
            mirrored=self._second.mirrored(evidence.image, evidence.bounds) if is_thorough else None,
        )
