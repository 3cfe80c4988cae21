"""Following: the masks of the frames of a series, from that of their mean and from how a coarser network sees it move.

A network that sees voxels of 1 mm takes seconds for each frame of a series whose voxels have 3 mm. It predicts the
distance on the mean of the frames only; a coarser network adds, for each frame, the difference between the distances
that it predicts on the frame and on the mean. Its own bias cancels in the difference.
"""

from __future__ import annotations

import numpy as np
from nibabel.affines import apply_affine

from deskull.masking import keep_largest
from deskull.models.cards import Model, load_model
from deskull.models.prediction import Predictor
from deskull.preprocessing.grid import Conformed
from deskull.system.timing import StageTimer
from deskull.volume import FloatArray, Volume

#: The shipped network whose frames are followed, and the one that follows them.
_FOLLOWED, _FOLLOWER = "default", "small"
#: Scans are coarse if a cube of the volume of a voxel has at least this edge, in mm. Measured with voxels of 2 to 4 mm.
_COARSE_MM = 1.5
#: Surroundings of the brain that the coarser network sees, in mm. On five EPI and b=0 scans, 2 mm lose 0.003 of Dice,
#: and more than 4 mm gain at most 0.001 but take up to a third more time.
_MARGIN_MM = 4.0
#: The surface's movement is measured on the voxels that are nearer than this to it, in mm.
_NEAR_MM = 2.0
#: A frame is followed if 99 % of the surface has moved by less than this, in mm; the distance is clipped at 10.
_REACH_MM, _REACH_PERCENTILE = 5.0, 99


def follower_of(model: Model, scan: Volume) -> Model | None:
    """Return the coarser network that can follow a network's masks through the frames of a scan; None if none can."""
    is_coarse = scan.voxel_ml >= _COARSE_MM**3 / 1000
    return load_model(_FOLLOWER) if is_coarse and model.path == load_model(_FOLLOWED).path else None


class FrameFollower:
    """Predicts the distance on frames of a series.

    Parameters
    ----------
    network : Predictor
        Predicts it on the mean, and on the frames that differ much from it: other heads, large movements.
    coarse : Predictor
        Predicts how frames differ from the mean.
    mean : Volume
        3-D, on the grid of the frames.
    surface : str
        One that both networks predict.
    border : float
        Where the masks end, in mm.
    timer : StageTimer
        See `Predictor`.
    """

    def __init__(
        self, network: Predictor, coarse: Predictor, mean: Volume, surface: str, border: float, timer: StageTimer
    ) -> None:
        self._network, self._coarse, self._surface, self._border = network, coarse, surface, border
        self._coarse_border = coarse.model.default_border(surface)
        self._distance, self._grid = network(mean, surface, border, timer)
        self._near = np.abs(self._distance) < _NEAR_MM
        self._box = self._box_of_brain(mean)
        self._coarse_distance, _ = coarse(mean, surface, self._coarse_border, timer, self._box)

    def _box_of_brain(self, mean: Volume) -> Conformed | None:
        """Return the part of the coarser network's grid around the brain; None if the mean shows none."""
        conformed = self._coarse.model.preprocessing.apply(mean, self._coarse.threads)
        inside = np.argwhere(self._distance < self._border)
        if conformed is None or not len(inside) or not self._near.any():
            return None
        points = apply_affine(mean.affine, inside)
        return conformed.cropped(points, _MARGIN_MM, self._coarse.model.size_multiple)

    def __call__(self, frame: Volume, timer: StageTimer) -> FloatArray:
        """Return the distance on a frame in mm, ndarray of float32 of its shape."""
        if self._box is not None:
            distance, _ = self._coarse(frame, self._surface, self._coarse_border, timer, self._box)
            movement = distance - self._coarse_distance
            if np.percentile(np.abs(movement[self._near]), _REACH_PERCENTILE) < _REACH_MM:
                far = self._network.model.band
                return keep_largest(np.clip(self._distance + movement, -far, far), self._border, far)
        return self._network(frame, self._surface, self._border, timer, self._grid)[0]
