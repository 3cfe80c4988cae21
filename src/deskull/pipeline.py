"""Strip: the pipeline from a raw scan to the brain."""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.errors import InputError, UsageError
from deskull.masking import keep_largest, mask_from_distance
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.options import Frame, Surface, parse_choice
from deskull.preprocessing.bias_field import correct_bias
from deskull.preprocessing.grid import Conformed, to_native
from deskull.system.resources import default_threads
from deskull.volume import Array, FloatArray, Volume

#: Brains outside this range (ml) are reported: a newborn's has about 300, the largest adults' about 2000.
PLAUSIBLE_ML = (150.0, 2300.0)


@dataclass(frozen=True, eq=False)
class Result:
    """What stripping gives.

    Attributes
    ----------
    scan : Volume
        The input.
    distance : Volume
        Signed distance in mm to the chosen surface, negative inside, float32.
    mask : Volume
        1 inside the brain, uint8.
    seconds : dict of str to float
        Time spent in each stage.
    """

    scan: Volume
    distance: Volume
    mask: Volume
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def brain(self) -> Volume:
        """The scan where the mask is 1; elsewhere the stored value that means 0 (or the nearest there is)."""
        return self.scan.with_data(np.where(self._mask_of_frames(), self.scan.data, _zero(self.scan)), scaled=True)

    @property
    def volume_ml(self) -> float:
        """Volume of the mask in millilitres (its mean over frames)."""
        return float(self.mask.data.sum(dtype=np.int64)) * self.mask.voxel_ml / self.mask.n_frames

    def bias_corrected(self, threads: int = 1) -> Volume:
        """Return the brain after N4, real values as float32 (see `deskull.preprocessing.bias_field`)."""
        frames = [
            correct_bias(self.scan.frame(t), self.mask.frame(min(t, self.mask.n_frames - 1)).data, threads=threads)
            for t in range(self.scan.n_frames)
        ]
        return self.scan.with_data(np.stack(frames, axis=-1) if self.scan.data.ndim == 4 else frames[0])

    def _mask_of_frames(self) -> Array:
        """The mask as it applies to the scan's array: one for all frames gets a frame axis."""
        mask = self.mask.data.astype(bool)
        return mask[..., None] if mask.ndim < self.scan.data.ndim else mask


def _zero(scan: Volume) -> Any:
    """The stored value nearest to a real 0."""
    stored = 0.0 - scan.inter / scan.slope
    if scan.data.dtype.kind in "iu":
        limits = np.iinfo(scan.data.dtype)
        stored = min(max(round(stored), limits.min), limits.max)
    return scan.data.dtype.type(stored)


class Stripper:
    """A loaded network, ready for any number of scans.

    Parameters
    ----------
    model : str or Path
        Name of a shipped model, or the path of an ONNX file.
    threads : int, optional
        At most so many threads.
    engine : {"onnxruntime", "openvino"}
    device : {"auto", "cpu"}
        Whether ONNX Runtime may use a GPU.
    """

    def __init__(
        self,
        model: str | Path = "default",
        threads: int | None = None,
        engine: str = "onnxruntime",
        device: str = "auto",
    ) -> None:
        self.model = load_model(model)
        self.threads = default_threads() if threads is None else threads
        self._engine = make_engine(self.model, self.threads, engine, device)

    def strip(
        self,
        source: str | Path | Volume | Any,
        *,
        border: float = 0.0,
        surface: str = Surface.brain,
        frame: str = Frame.each,
    ) -> Result:
        """Find the brain in a scan; see `deskull.strip`."""
        self.check(border, surface, frame)
        clock = _Clock()
        scan = as_volume(source)
        clock.lap("read")
        seen = _checked(scan.mean_frame() if frame == Frame.mean else scan)
        if seen.data.ndim == 3:
            field, _ = self._distance(seen, border, surface, clock)
        else:
            field = np.empty(seen.data.shape, np.float32, order="F")
            grid: Conformed | None = None  # one for all frames, or the masks of a still head would flicker
            for t in range(seen.n_frames):
                field[..., t], grid = self._distance(seen.frame(t), border, surface, clock, grid)
        mask = seen.with_data(mask_from_distance(field, border))
        result = Result(scan, seen.with_data(field), mask, clock.laps)
        _report_oddities(result)
        clock.lap("mask")
        return result

    def check(self, border: float, surface: str, frame: str) -> None:
        """Refuse options that this network cannot meet.

        Raises
        ------
        UsageError
        """
        if surface not in self.model.surfaces:
            choices = " or ".join(self.model.surfaces)
            raise UsageError(f"unknown to this network; choose {choices}.", parameter="surface", value=surface)
        parse_choice("frame", frame, Frame)
        if border and not self.model.distances:
            name = self.model.path.name
            raise UsageError(
                f"{name} predicts no distances, so the border must be 0.", parameter="border", value=border
            )
        if not abs(border) < self.model.band:
            reason = f"must lie within {self.model.band:g} mm of the surface."
            raise UsageError(reason, parameter="border", value=border)

    def _distance(
        self, scan: Volume, border: float, surface: str, clock: _Clock, like: Conformed | None = None
    ) -> tuple[FloatArray, Conformed | None]:
        """Signed distance in mm on the voxels of one 3-D scan, and how it was seen (if not, `like`).

        Everywhere far if it holds one value only.
        """
        seen = self.model.preprocessing.apply(scan, self.threads, like)
        if seen is None:
            return np.full(scan.shape, np.float32(self.model.band)), like
        clock.lap("conform")
        answer = self._engine(seen.data)[self.model.surfaces.index(surface)]
        clock.lap("network")
        inside, affine = seen.coarsened(self.model.preprocessing.stride)
        cleaned = keep_largest(answer, border, self.model.band, inside)
        native = to_native(cleaned, affine, scan, self.model.band, self.threads)
        clock.lap("back")
        return native, seen


class _Clock:
    """Seconds spent between laps, added up by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Book the time since the last lap under a name."""
        now = time.perf_counter()
        self.laps[name] = self.laps.get(name, 0.0) + now - self._last
        self._last = now


def as_volume(source: str | Path | Volume | Any) -> Volume:
    """Return a path, nibabel image or Volume as a Volume.

    Raises
    ------
    InputError
        If a file cannot be used, or the object is none of these.
    """
    if isinstance(source, Volume):
        return source
    if isinstance(source, str | os.PathLike):
        return formats.read(Path(source))
    if hasattr(source, "affine") and hasattr(source, "dataobj"):
        return formats.from_nibabel(source)
    raise InputError(f"{type(source).__name__}: not a scan; give a path, a nibabel image or a Volume.")


def _checked(scan: Volume) -> Volume:
    """Take voxels that are not numbers for background, saying so.

    Raises
    ------
    InputError
        If no voxel is a number, or all have the same value.
    """
    finite = scan.finite()
    if finite is not scan:
        lost = 1 - float(np.isfinite(scan.data).mean())
        if lost == 1:
            raise InputError(f"{scan.name}: no voxel is a number (all NaN); convert it again.")
        warnings.warn(
            f"{scan.name}: {100 * lost:.2g} % of voxels are NaN or infinite; taken as background.", stacklevel=2
        )
    if finite.data.min() == finite.data.max():
        raise InputError(f"{scan.name}: every voxel has the same value; give a scan with a head in it.")
    return finite


def _report_oddities(result: Result) -> None:
    """Warn of a mask, in any frame, that can hardly be a brain.

    Raises
    ------
    InputError
        If nothing was found at all.
    """
    name, mask = result.scan.name, result.mask
    if result.volume_ml == 0:
        raise InputError(f"{name}: no brain found; check that it is a head and that its orientation is right.")
    low, high = PLAUSIBLE_ML
    for t in range(mask.n_frames):
        volume = int(mask.frame(t).data.sum(dtype=np.int64)) * mask.voxel_ml
        if not low <= volume <= high:
            which = f"{name}, frame {t}" if mask.n_frames > 1 else name
            warnings.warn(f"{which}: {volume:.0f} ml is no usual brain volume; look at the mask.", stacklevel=2)


def strip(
    source: str | Path | Volume | Any,
    *,
    border: float = 0.0,
    surface: str = Surface.brain,
    frame: str = Frame.each,
    model: str | Path = "default",
    threads: int | None = None,
    engine: str = "onnxruntime",
    device: str = "auto",
) -> Result:
    """Find the brain in a head scan of any contrast.

    Parameters
    ----------
    source : path, nibabel image or Volume
        A 3-D scan or a 4-D series.
    border : float, optional
        Where the mask ends, in mm outside (negative: inside) the surface; 0 by default.
    surface : {"brain", "intracranial"}
        Brain: tissue, ventricles and the fluid in the sulci. Intracranial: also the fluid around it.
    frame : {"each", "mean"}
        Of a 4-D series: a mask for each frame (default), or one for their mean.
    model : str or Path
        Name of a shipped model, or the path of an ONNX file.
    threads : int, optional
        At most so many threads.
    engine : {"onnxruntime", "openvino"}
    device : {"auto", "cpu"}
        Whether ONNX Runtime may use a GPU.

    Returns
    -------
    Result
        With ``.mask``, ``.brain`` and ``.distance``, each a Volume on the scan's own grid.

    Raises
    ------
    InputError
        If the scan cannot be used or holds no brain.
    UsageError
        If an option is wrong.
    """
    return Stripper(model, threads, engine, device).strip(source, border=border, surface=surface, frame=frame)
