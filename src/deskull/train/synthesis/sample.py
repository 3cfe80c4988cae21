"""Samples: an image, the distances to learn from it, and where they count."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Sample:
    """One training sample.

    Attributes
    ----------
    image : Tensor, shape (1, 1, k x, k y, k z)
        Scaled to about 0 to 1; 0 outside the field of view. `k` is the stride.
    distance : Tensor, shape (1, 1 or 2, x, y, z)
        Signed distances in mm to the brain surface and, if known, to the intracranial one, clipped to the band.
    weight : Tensor, same shape
        1 where a distance counts, 0 where it is unknown (outside the field of view, for one).
    family : str
        Name of the contrast; ``real`` for a real scan.
    tolerance : float
        Error of the distance in mm that costs nothing: 0 where the distance is exact.
    tissues : Tensor of uint8, shape (1, 1, m x, m y, m z), optional
        `deskull.train.synthesis.tissues.Tissue` numbers, with `m` the oversampling; None for a real scan.
    """

    image: Tensor
    distance: Tensor
    weight: Tensor
    family: str
    tolerance: float = 0.0
    tissues: Tensor | None = None
