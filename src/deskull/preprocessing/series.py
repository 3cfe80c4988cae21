"""Series: which frames of a 4-D series show the head best, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

#: Frames with a b-value of at most this, in s/mm^2, have no diffusion weighting (as in DIPY's gradient tables):
#: scanners store 5 or 20 for 0.
B0_LIMIT = 50.0
#: The first frames of a BOLD or ASL series are brighter, until the magnetisation is steady: to within 1 % after three
#: frames of 2 s with the T1 of grey matter at 3 T (1.3 s; Wansapura et al. 1999, JMRI 9:531).
N_UNSTEADY = 3
#: Series with fewer frames are averaged whole.
_MIN_FRAMES = 10


def frames_to_average(n_frames: int, b_values: npt.NDArray[Any] | None = None) -> Sequence[int]:
    """Choose the frames of a series whose mean is stripped.

    Parameters
    ----------
    n_frames : int
    b_values : ndarray, shape (n_frames,), optional
        Diffusion weighting of each frame in s/mm^2.

    Returns
    -------
    sequence of int
        With b-values, the frames without diffusion weighting, or those of the lowest b-value if all are weighted.
        Otherwise all frames, without the first three if there are at least ten.

    Examples
    --------
    >>> import numpy as np
    >>> frames_to_average(12)
    range(3, 12)
    >>> frames_to_average(4, np.array([1000, 0, 5, 2000]))
    [1, 2]
    """
    if b_values is None:
        return range(N_UNSTEADY if n_frames >= _MIN_FRAMES else 0, n_frames)
    limit = max(B0_LIMIT, float(b_values.min()))
    return [index for index, value in enumerate(b_values) if value <= limit]


def frames_text(frames: Sequence[int]) -> str:
    """Return indices in ascending order as text, with ranges: the first frame is 0.

    Examples
    --------
    >>> frames_text(range(3, 300)), frames_text([0, 1, 2, 8, 16])
    ('3-299', '0-2, 8, 16')
    """
    known = set(frames)
    firsts = [index for index in frames if index - 1 not in known]
    lasts = [index for index in frames if index + 1 not in known]
    pairs = zip(firsts, lasts, strict=True)
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in pairs)
