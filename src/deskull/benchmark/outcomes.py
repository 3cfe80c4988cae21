"""Outcomes: what became of a scan with a tool, and the scores of its mask."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.data.cases import Case
from deskull.errors import InputError
from deskull.evaluation.metrics import Scores, score
from deskull.evaluation.scores import CaseScores, require_same_grid
from deskull.masking import Mask, binarise
from deskull.volume import Volume

#: Scores where not even the reference could be read.
NO_SCORES = Scores(**dict.fromkeys((field.name for field in fields(Scores)), math.nan))


@dataclass(frozen=True)
class Outcome:
    """What became of one scan with one tool.

    Attributes
    ----------
    tool, case, subject : str
    fault : str
        Why there is no mask that could be scored; '' if there is one.
    mask : str
        Name of the file with the mask or the stripped scan, in the folder of the run; '' if there is none.
    wall_s, cpu_s, peak_mb : float
        Elapsed time and processor time in s, and peak memory in MB.
    scores : Scores
        Those of the mask; of an empty mask if there is none.
    """

    tool: str
    case: str
    subject: str
    fault: str = ""
    mask: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    scores: Scores = NO_SCORES

    @property
    def case_scores(self) -> CaseScores:
        """The scores, as they are evaluated and compared."""
        return CaseScores(self.case, self.scores, self.subject)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Outcome:
        """Return what `as_dict` gave.

        Raises
        ------
        LookupError, TypeError
            If something is missing, or of another kind.
        """
        return cls(**{**entry, "scores": Scores(**entry["scores"])})


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference of a case.

    Attributes
    ----------
    volume : Volume
        The mask as it was read.
    mask : ndarray of bool, shape (x, y, z)
    roi : ndarray of bool, shape (x, y, z), optional
        Where it can be trusted.
    """

    volume: Volume
    mask: Mask
    roi: Mask | None

    @classmethod
    def of(cls, case: Case) -> Reference:
        """Read the reference of a case.

        Raises
        ------
        InputError
            If a file cannot be read, or their grids differ.
        """
        volume = formats.read(case.mask)
        roi = formats.read(case.roi) if case.roi else None
        if roi is not None:
            require_same_grid(roi, volume)
        return cls(volume, binarise(volume), None if roi is None else binarise(roi))

    def score(self, predicted: Mask) -> Scores:
        """Score a mask on the grid of the reference."""
        return score(predicted, self.mask, self.volume.voxel_sizes, self.roi)


def scored(outcome: Outcome, case: Case, folder: Path) -> Outcome:
    """Fill in the scores of an outcome: those of an empty mask, if there is none that can be scored.

    Parameters
    ----------
    outcome : Outcome
    case : Case
    folder : Path
        Folder of the run.

    Returns
    -------
    Outcome
        With a fault if the mask or the reference cannot be read, or their grids differ.
    """
    try:
        reference = Reference.of(case)
    except InputError as error:
        return replace(outcome, fault=outcome.fault or str(error), mask="")
    predicted = np.zeros_like(reference.mask)
    if outcome.mask:
        try:
            predicted = read_mask(folder / outcome.mask, reference.volume)
        except InputError as error:
            outcome = replace(outcome, fault=str(error), mask="")
    return replace(outcome, scores=reference.score(predicted))


def read_mask(path: Path, reference: Volume) -> Mask:
    """Read the mask that a tool wrote; of a stripped scan, the voxels that are not 0.

    Parameters
    ----------
    path : Path
        A mask if its name says so.
    reference : Volume

    Raises
    ------
    InputError
        If it cannot be read, or is not on the grid of the reference.
    """
    volume = formats.read(path)
    require_same_grid(volume, reference)
    return binarise(volume) if "mask" in path.name else volume.mean_frame().finite(0).values() != 0
