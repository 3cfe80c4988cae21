"""Pipeline: from a raw head scan to the mask of its brain.

The scan is read, resampled to the grid of the network and scaled (`deskull.preprocessing`); the network predicts a
signed distance to the surface of the brain (`deskull.models.engine`); the distance is resampled to the voxels of the
scan, and the mask is where it lies below the border (`deskull.masking`).
"""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.errors import InputError, IntensityWarning, UsageError
from deskull.formats.b_values import read_b_values
from deskull.masking import keep_largest, mask_from_distance
from deskull.models import load_model
from deskull.models.engine import Engine, make_engine
from deskull.options import Frame, ReadOptions, StripOptions, check_threads, describe_options, parse_choice
from deskull.preprocessing.grid import Conformed, to_native
from deskull.preprocessing.series import frames_to_average
from deskull.result import Result, check_plausible
from deskull.system.resources import default_threads, usable_cores
from deskull.volume import FloatArray, Volume

#: Hears how many of how many frames are done.
OnFrame = Callable[[int, int], None]

_logger = logging.getLogger(__name__)
_DEFAULTS = StripOptions()
_READING = ReadOptions()
#: Frames of a series that are stripped at the same time: each needs memory of its own, up to 0.5 GB.
_MAX_PARALLEL_FRAMES = 4


@describe_options
class Stripper:
    """A loaded network that strips any number of scans.

    Parameters
    ----------
    %(model)s
    %(threads)s
    %(engine)s
    %(device)s

    Attributes
    ----------
    model : deskull.models.Model
        The network with its card.
    threads : int
        Maximum number of threads: no more than the available cores.

    Raises
    ------
    UsageError
        If the network or the engine cannot be used, or an option is wrong.
    """

    def __init__(
        self,
        model: str | Path = _DEFAULTS.model,
        threads: int | None = _DEFAULTS.threads,
        engine: str = _DEFAULTS.engine,
        device: str = _DEFAULTS.device,
    ) -> None:
        check_threads(threads)
        self.model = load_model(model)
        self.threads = default_threads() if threads is None else min(threads, usable_cores())
        self._engine_options = engine, device
        self._engine: Engine = make_engine(self.model, self.threads, engine, device)
        _logger.debug("network %s on %s with %d threads", self.model.path.stem, engine, self.threads)

    @describe_options
    def strip(
        self,
        source: str | Path | Volume | Any,
        *,
        border: float | None = _DEFAULTS.border,
        surface: str = _DEFAULTS.surface,
        frame: str = _DEFAULTS.frame,
        reading: ReadOptions = _READING,
        on_frame: OnFrame | None = None,
    ) -> Result:
        """Find the brain in a scan.

        Parameters
        ----------
        source : str, Path, nibabel image or Volume
            A 3-D scan or a 4-D series.
        %(border)s
        %(surface)s
        %(frame)s
        reading : ReadOptions
            How a file is read.
        on_frame : callable, optional
            Called as ``on_frame(done, total)`` in the calling thread after each frame, where every frame is masked.

        Returns
        -------
        Result
            Of a series that gets one mask, `mask` and `distance` are 3-D, and `brain` is 4-D.

        Raises
        ------
        InputError
            If the scan cannot be used or shows no brain.
        UsageError
            If an option is wrong.
        """
        self.check(border, surface, frame)
        if border is None:
            border = self.model.default_border(surface)
        timer = _StageTimer()
        scan = as_volume(source, reading)
        timer.finish("read")
        target = _finite_scan(_mean_of_series(scan, source) if frame == Frame.mean else scan)
        distance = self._distance_of_frames(target, border, surface, timer, on_frame)
        mask = target.with_data(mask_from_distance(distance, border))
        result = Result(scan, target.with_data(distance), mask, timer.seconds)
        check_plausible(result)
        timer.finish("mask")
        return result

    def check(self, border: float | None, surface: str, frame: str) -> None:
        """Refuse options that this network cannot meet; see `strip`.

        Raises
        ------
        UsageError
        """
        parse_choice("frame", frame, Frame)
        if surface not in self.model.surfaces:
            reason = f"unknown to this network; choose {' or '.join(self.model.surfaces)}."
            raise UsageError(reason, parameter="surface", value=surface)
        if border and not self.model.distances:
            reason = f"must be 0, because {self.model.path.name} predicts no distances."
            raise UsageError(reason, parameter="border", value=border)
        if border is not None and not abs(border) < self.model.band:
            reason = f"must lie within {self.model.band:g} mm of the surface."
            raise UsageError(reason, parameter="border", value=border)

    def _distance_of_frames(
        self, scan: Volume, border: float, surface: str, timer: _StageTimer, on_frame: OnFrame | None
    ) -> FloatArray:
        """Return the signed distance in mm on the voxels of a scan or of each frame of a series.

        All frames share the network's grid of the first one that is not blank; with grids of their own, the masks of a
        head that does not move would vary. The frames that follow are stripped in parallel, each by one thread.
        """
        work = _Work(self._engine, border, surface, self.threads)
        if scan.data.ndim == 3:
            return self._distance(scan, work, timer, None)[0]
        work = _Work(self._one_thread_engine, border, surface, 1)
        distance = np.empty(scan.data.shape, np.float32, order="F")
        grid: Conformed | None = None
        first = 0
        while grid is None and first < scan.n_frames:
            distance[..., first], grid = self._distance(scan.frame(first), work, timer, None)
            first += 1
            if on_frame:
                on_frame(first, scan.n_frames)

        def fill(index: int) -> _StageTimer:
            """Strip one frame in place; returns the durations of its stages."""
            own_timer = _StageTimer()
            distance[..., index], _ = self._distance(scan.frame(index), work, own_timer, grid)
            return own_timer

        with ThreadPoolExecutor(min(self.threads, _MAX_PARALLEL_FRAMES)) as pool:
            for done, own_timer in enumerate(pool.map(fill, range(first, scan.n_frames)), first + 1):
                timer.add(own_timer)
                if on_frame:
                    on_frame(done, scan.n_frames)
        return distance

    @cached_property
    def _one_thread_engine(self) -> Engine:
        """The network for frames that are stripped in parallel."""
        return self._engine if self.threads == 1 else make_engine(self.model, 1, *self._engine_options)

    def _distance(
        self, scan: Volume, work: _Work, timer: _StageTimer, grid: Conformed | None
    ) -> tuple[FloatArray, Conformed | None]:
        """Return the signed distance in mm on the voxels of a 3-D scan, and the conformed scan.

        A scan with a single value is far outside everywhere; `grid` is then returned unchanged.
        """
        conformed = self.model.preprocessing.apply(scan, work.threads, grid)
        if conformed is None:
            return np.full(scan.shape, np.float32(self.model.band)), grid
        timer.finish("conform")
        predicted = work.engine(conformed.data)[self.model.surfaces.index(work.surface)]
        timer.finish("network")
        field_of_view, affine = conformed.coarsened(self.model.preprocessing.stride)
        cleaned = keep_largest(predicted, work.border, self.model.band, field_of_view)
        native = to_native(cleaned, affine, scan, self.model.band, work.threads)
        timer.finish("resample")
        return native, conformed


@dataclass(frozen=True)
class _Work:
    """How a 3-D scan is stripped: by which engine, to which border in mm and surface, with how many threads."""

    engine: Engine
    border: float
    surface: str
    threads: int


class _StageTimer:
    """Durations of stages in seconds, summed by name (and over frames that were stripped at the same time)."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def finish(self, stage: str) -> None:
        """Add the time since the last stage finished to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        _logger.debug("%s: %.3f s", stage, now - self._last)
        self._last = now

    def add(self, other: _StageTimer) -> None:
        """Add the durations of another timer; the time meanwhile belongs to no stage."""
        for stage, seconds in other.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self._last = time.perf_counter()


def as_volume(source: str | Path | Volume | Any, reading: ReadOptions = _READING) -> Volume:
    """Return a path, nibabel image or Volume as a Volume.

    Parameters
    ----------
    source : str, Path, nibabel image or Volume
    reading : ReadOptions
        How a file is read.

    Raises
    ------
    InputError
        If a file cannot be used, or the object is none of these.
    """
    if isinstance(source, Volume):
        return formats.check_volume(source)
    if isinstance(source, str | os.PathLike):
        return formats.read(Path(source), reading)
    if hasattr(source, "affine") and hasattr(source, "dataobj"):
        return formats.from_nibabel(source)
    raise InputError(f"{type(source).__name__}: not a scan; give a path, a nibabel image or a Volume.")


def _mean_of_series(scan: Volume, source: str | Path | Volume | Any) -> Volume:
    """Return the mean of the frames that show the head best; a 3-D scan as it is."""
    if scan.data.ndim == 3:
        return scan
    b_values = read_b_values(Path(source), scan.n_frames) if isinstance(source, str | os.PathLike) else None
    return scan.mean_frame(frames_to_average(scan.n_frames, b_values))


def _finite_scan(scan: Volume) -> Volume:
    """Return the scan with background in place of voxels that are not finite, with a warning.

    Raises
    ------
    InputError
        If no voxel is finite, or all have the same value.
    """
    finite = scan.finite()
    if finite is not scan:
        fraction = 1 - float(np.isfinite(scan.data).mean())
        if fraction == 1:
            raise InputError(f"{scan.name}: no voxel is a number (all are NaN); convert it again.")
        message = f"{scan.name}: {100 * fraction:.2g} % of the voxels are NaN or infinite and are taken as background."
        warnings.warn(message, IntensityWarning, stacklevel=2)
    if finite.data.min() == finite.data.max():
        raise InputError(f"{scan.name}: every voxel has the same value; give a scan that shows a head.")
    return finite


@describe_options
def strip(
    source: str | Path | Volume | Any,
    *,
    border: float | None = _DEFAULTS.border,
    surface: str = _DEFAULTS.surface,
    frame: str = _DEFAULTS.frame,
    model: str | Path = _DEFAULTS.model,
    threads: int | None = _DEFAULTS.threads,
    engine: str = _DEFAULTS.engine,
    device: str = _DEFAULTS.device,
    series: str | None = _DEFAULTS.series,
    allow_outside_data: bool = _DEFAULTS.allow_outside_data,
    max_archive_gb: float = _DEFAULTS.max_archive_gb,
) -> Result:
    """Find the brain in a head scan of any contrast.

    Parameters
    ----------
    source : str, Path, nibabel image or Volume
        A 3-D scan or a 4-D series.
    %(border)s
    %(surface)s
    %(frame)s
    %(model)s
    %(threads)s
    %(engine)s
    %(device)s
    %(series)s
    %(allow_outside_data)s
    %(max_archive_gb)s

    Returns
    -------
    Result
        With ``mask``, ``brain`` and ``distance``, each a Volume on the voxels of the scan.

    Raises
    ------
    InputError
        If the scan cannot be used or shows no brain.
    UsageError
        If an option is wrong.

    Examples
    --------
    >>> from deskull import formats, strip
    >>> result = strip("scan.nii.gz", border=1.0)  # doctest: +SKIP
    >>> formats.write(result.brain, "scan_brain.nii.gz")  # doctest: +SKIP
    """
    reading = ReadOptions(series, allow_outside_data, max_archive_gb)
    stripper = Stripper(model, threads, engine, device)
    return stripper.strip(source, border=border, surface=surface, frame=frame, reading=reading)
