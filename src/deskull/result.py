"""Result of stripping a scan, and whether its mask can be a brain."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from deskull.errors import InputError, PlausibilityWarning, UsageError
from deskull.masking import moved_mask
from deskull.preprocessing.bias_field import correct_bias
from deskull.preprocessing.series import frames_text
from deskull.provenance import SAME_BORDER_MM, Provenance
from deskull.quality.verdict import Quality, Verdict
from deskull.streamed import streamed
from deskull.volume import FloatArray, Volume

#: Masks below this volume, in ml, are refused. The smallest brains that are scanned are many times larger: a preterm
#: infant of 29 weeks has about 150 ml (Hüppi et al. 1998, Annals of Neurology 43:224), and a single slice of 5 mm
#: through the middle of an adult's brain, of about 150 square centimetres, has 75 ml.
MIN_BRAIN_ML = 5.0
#: Masks outside this range, in ml, raise a warning: from the preterm infant above to a large intracranial volume.
USUAL_BRAIN_ML = (150.0, 2300.0)


@dataclass(frozen=True, eq=False)
class Result:
    """Result of stripping a scan.

    Attributes
    ----------
    scan : Volume
        The scan, as it was read. The frames of a NIfTI series that got one mask stay in its file until they are needed;
        the brain reads them, too.
    compute_distance : callable
        Returns the values of `distance`: they take more memory than the mask, and are computed when they are needed.
    mask : Volume
        1 inside the brain and 0 elsewhere, uint8.
    seconds : dict of str to float
        Duration of each stage in seconds: ``read``, ``conform``, ``network``, ``resample`` and ``mask``.
    provenance : Provenance, optional
        The network, border, surface and frames that the mask was made with.
    icv_mask : Volume, optional
        1 inside the intracranial surface and 0 elsewhere, uint8, 3-D; if it was asked for.
    quality : Quality, optional
        How far the mask can be trusted, if that was asked for.
    icv_provenance : Provenance, optional
        What the intracranial mask was made with.
    warnings : tuple of str
        The texts of the warnings that were issued for the scan.
    compute_icv_distance : callable, optional
        Returns the signed distance in mm to the intracranial surface, if its mask was asked for and is not of the mean
        of frames that were masked one by one.
    """

    scan: Volume
    compute_distance: Callable[[], FloatArray]
    mask: Volume
    seconds: dict[str, float] = field(default_factory=dict)
    provenance: Provenance | None = None
    icv_mask: Volume | None = None
    quality: Quality | None = None
    icv_provenance: Provenance | None = None
    warnings: tuple[str, ...] = ()
    compute_icv_distance: Callable[[], FloatArray] | None = None

    def __repr__(self) -> str:
        """Volume, settings and voxels in one line."""
        made = self.provenance
        settings = f", surface {made.surface}, border {made.border:g} mm, model {made.model}" if made else ""
        return f"<Result {self.volume_ml:.0f} ml{settings}, of {self.scan!r}>"

    @cached_property
    def distance(self) -> Volume:
        """Signed distance in mm to the chosen surface, negative inside, float32."""
        return self.mask.with_data(self.compute_distance())

    @cached_property
    def brain(self) -> Volume:
        """The scan inside the mask; outside it the stored value that means 0, or the nearest one to it."""
        zero = _stored_zero(self.scan)
        inside = self.mask.data.view(bool)
        if self.mask.ndim < self.scan.ndim:
            return streamed(self.scan, lambda: (np.where(inside, frame, zero) for frame in self.scan.frames()))
        return self.scan.with_data(np.where(inside, self.scan.data, zero), scaled=True)

    @property
    def volume_ml(self) -> float:
        """Volume of the mask in millilitres, averaged over frames."""
        return mask_ml(self.mask)

    @property
    def icv_ml(self) -> float | None:
        """Intracranial volume in millilitres; None without an intracranial mask."""
        return None if self.icv_mask is None else mask_ml(self.icv_mask)

    def mask_at(self, border: float) -> Volume:
        """Return the mask at another border, without stripping the scan again.

        Parameters
        ----------
        border : float
            Distance in mm from the surface at which the mask ends; negative values lie inside.

        Returns
        -------
        Volume
            1 inside and 0 elsewhere, uint8. At the border of `mask` it is that mask; at another one it is the largest
            component of the voxels whose `distance` is smaller, of each frame.

        Raises
        ------
        UsageError
            If the border lies farther out than the distance reaches.
        """
        if self.provenance and math.isclose(border, self.provenance.border, abs_tol=SAME_BORDER_MM):
            return self.mask
        if not border <= self._farthest:
            reason = f"must lie within {self._farthest:g} mm of the surface."
            raise UsageError(reason, parameter="border", value=border)
        frames = [moved_mask(frame, border) for frame in self.distance.frames()]
        return self.mask.with_data(np.stack(frames, axis=-1) if self.distance.ndim == 4 else frames[0])

    @cached_property
    def _farthest(self) -> float:
        """Largest distance in mm: the mask at a border beyond it would be the whole scan."""
        return float(self.distance.data.max())

    def bias_corrected(self, threads: int = 1) -> Volume:
        """Return the brain after N4 bias field correction (see `deskull.preprocessing.bias_field`).

        Parameters
        ----------
        threads : int
            Maximum number of threads.

        Returns
        -------
        Volume
            Real values as float32, 0 outside the mask.
        """
        frames = [
            correct_bias(
                self.scan.with_data(frame, scaled=True),
                self.mask.frame(min(t, self.mask.n_frames - 1)).data,
                threads=threads,
            )
            for t, frame in enumerate(self.scan.frames())
        ]
        return self.scan.with_data(np.stack(frames, axis=-1) if self.scan.ndim == 4 else frames[0])


def mask_ml(mask: Volume) -> float:
    """Return the volume of a mask in millilitres, averaged over frames."""
    return float(mask.data.sum(dtype=np.int64)) * mask.voxel_ml / mask.n_frames


def check_plausible(result: Result) -> None:
    """Refuse a mask that is too small to be a brain, and warn of unusual volumes and of masks that fail.

    Raises
    ------
    InputError
        If the mask has less than `MIN_BRAIN_ML`.
    """
    name, mask = result.scan.name, result.mask
    volumes = [int(mask.frame(t).data.sum(dtype=np.int64)) * mask.voxel_ml for t in range(mask.n_frames)]
    if max(volumes) < MIN_BRAIN_ML:
        size = f" (the mask has {max(volumes):.2g} ml, and the smallest brains have more than {MIN_BRAIN_ML:g} ml)"
        reason = f"no brain found{size if max(volumes) else ''}"
        raise InputError(f"{name}: {reason}; check that the scan shows a head and that its orientation is right.")
    if result.quality and result.quality.verdict is Verdict.failed:
        reason = next(iter(result.quality.reasons), "")
        warnings.warn(f"{name}: the mask is most likely wrong. {reason}", PlausibilityWarning, stacklevel=2)
    _warn_of_unusual(name, volumes)


def _warn_of_unusual(name: str, volumes: Sequence[float]) -> None:
    """Warn of volumes in ml, one for each frame of a mask, that brains hardly have: one sentence for all frames."""
    low, high = USUAL_BRAIN_ML
    unusual = {t: volume for t, volume in enumerate(volumes) if not low <= volume <= high}
    if not unusual:
        return
    least, most = min(unusual.values()), max(unusual.values())
    if len(unusual) == 1:
        place = f"{name}, frame {min(unusual)}" if len(volumes) > 1 else name
        fault = f"{place}: a brain volume of {least:.0f} ml is unusual"
    else:
        frames = f"{len(unusual)} of {len(volumes)} frames"
        fault = f"{name}: the brain volumes of {frames} are unusual ({least:.0f} to {most:.0f} ml in frames "
        fault += f"{frames_text([*unusual])})"
    warnings.warn(f"{fault}; look at the mask.", PlausibilityWarning, stacklevel=3)


def _stored_zero(scan: Volume) -> Any:
    """Return the stored value nearest to a real value of 0."""
    stored = 0.0 - scan.inter / scan.slope
    if scan.dtype.kind in "iu":
        limits = np.iinfo(scan.dtype)
        stored = min(max(round(stored), limits.min), limits.max)
    return scan.dtype.type(stored)
