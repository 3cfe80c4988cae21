"""Pipeline: from a raw head scan to the mask of its brain.

The scan is read, resampled to the grid of the network and scaled (`deskull.preprocessing`); the network predicts a
signed distance to the surface of the brain (`deskull.models.engine`); the distance is resampled to the voxels of the
scan, and the mask is where it lies below the border (`deskull.masking`).
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deskull import formats
from deskull.averaging import BValues, averaged_frames
from deskull.errors import InputError, IntensityWarning, UsageError, collected_warnings
from deskull.masking import mask_from_distance
from deskull.models import Model, load_model
from deskull.models.engine import make_engine
from deskull.models.following import FrameFollower, follower_of
from deskull.models.prediction import Prediction, Predictor
from deskull.options import (
    Frame,
    QualityCheck,
    ReadOptions,
    StripOptions,
    Surface,
    check_second_mask,
    check_threads,
    describe_options,
    parse_choice,
)
from deskull.preprocessing.series import frames_text
from deskull.quality.judge import Judge
from deskull.quality.verdict import Quality
from deskull.result import Result, check_plausible
from deskull.system.activity import OnFrame, frame_done
from deskull.system.resources import default_threads, usable_cores
from deskull.system.timing import StageTimer
from deskull.volume import FloatArray, Volume

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
        self._predictor = Predictor(self.model, make_engine(self.model, self.threads, engine, device), self.threads)
        self._judge = Judge(self.model, self.threads, engine, device)
        self._one_thread_predictors = {self.model.path: self._predictor} if self.threads == 1 else {}
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
        icv: bool = False,
        quality: str = _DEFAULTS.quality,
        b_values: BValues | None = None,
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
        icv : bool
            Whether to compute the intracranial mask, too, at its default border: in the same pass of the network, or of
            a series whose frames are masked in one more pass, on their mean.
        %(quality)s
        b_values : str, Path or sequence of float, optional
            B-values of a diffusion series in s/mm^2, or the file that states them; by default those that DICOM states,
            or the file beside the series: ``X.bval``, ``X.bvals``, or ``bvals`` if it fits. Given ones must fit.
        on_frame : callable, optional
            Called as ``on_frame(done, total)`` in the calling thread after each frame, where every frame is masked.

        Returns
        -------
        Result
            Of a series that gets one mask, `mask` and `distance` are 3-D, and `brain` is 4-D.

        Raises
        ------
        InputError
            If the scan or the given file of b-values cannot be used, or the scan shows no brain.
        UsageError
            If an option is wrong.
        """
        self.check(border, surface, frame, icv=icv)
        effort = parse_choice("quality", quality, QualityCheck)
        if border is None:
            border = self.model.default_border(surface)
        with collected_warnings() as messages:
            result = self._strip(source, border, surface, frame, reading, icv, effort, b_values, on_frame)
        return replace(result, warnings=tuple(dict.fromkeys(messages)))

    def _strip(
        self,
        source: str | Path | Volume | Any,
        border: float,
        surface: str,
        frame: str,
        reading: ReadOptions,
        icv: bool,
        effort: QualityCheck,
        b_values: BValues | None,
        on_frame: OnFrame | None,
    ) -> Result:
        """Find the brain in a scan, with options that have been checked; see `strip`."""
        timer, quality, is_judged = StageTimer(), None, effort is not QualityCheck.none
        scan = as_volume(source, reading, keep_in_file=frame == Frame.mean)
        averaged = averaged_frames(scan, source, b_values)
        mean = scan.mean_frame(averaged)
        timer.finish("read")
        compute_distance: Callable[[], FloatArray]
        compute_icv_distance: Callable[[], FloatArray] | None = None
        icv_surface = [(str(Surface.intracranial), self.model.default_border(Surface.intracranial))] if icv else []
        if scan.ndim == 4 and frame == Frame.each:
            target, mean = _finite_scan(scan), mean.finite()
            icv_masks, _ = self._masks(mean, icv_surface, timer) if icv else ([], [])
            distance = self._distance_of_frames(target, mean, border, surface, timer, on_frame)
            mask = target.with_data(mask_from_distance(distance, border))
            compute_distance = partial(np.asarray, distance)
            quality = Quality.unjudged("Each frame has a mask of its own.") if is_judged else None
        else:
            target = _finite_scan(mean)
            (mask, *icv_masks), prediction = self._masks(target, [(surface, border), *icv_surface], timer)
            compute_distance = prediction.distances[0].values
            compute_icv_distance = prediction.distances[1].values if icv else None
            quality = self._judge(target, prediction, surface, mask.data, effort) if is_judged else None
            del prediction
            timer.finish("quality")
        is_series = scan.ndim == 4
        made = self.model.provenance(border, surface, frame if is_series else "")
        made = made if frame == Frame.each else replace(made, averaged_frames=frames_text(averaged))
        if quality and scan.scanner:
            quality = replace(quality, input={**scan.scanner, **quality.input})
        result = Result(scan, compute_distance, mask, timer.seconds, made, quality=quality)
        if icv_masks:
            icv_made = self.model.provenance(None, Surface.intracranial, Frame.mean if is_series else "")
            icv_made = replace(icv_made, averaged_frames=frames_text(averaged))
            result = replace(result, icv_mask=icv_masks[0], icv_provenance=icv_made)
            result = replace(result, compute_icv_distance=compute_icv_distance)
        check_plausible(result)
        timer.finish("mask")
        return result

    def _masks(
        self, scan: Volume, surfaces: list[tuple[str, float]], timer: StageTimer
    ) -> tuple[list[Volume], Prediction]:
        """Return the masks of a 3-D scan at some surfaces and borders, and the one prediction they come from."""
        prediction = self._predictor.predict(scan, surfaces, timer)
        masks = [scan.with_data(distance.mask()) for distance in prediction.distances]
        timer.finish("resample")
        return masks, prediction

    def check(self, border: float | None, surface: str, frame: str, *, icv: bool = False) -> None:
        """Refuse options that this network cannot meet; see `strip`.

        Raises
        ------
        UsageError
        """
        parse_choice("frame", frame, Frame)
        if surface not in self.model.surfaces:
            reason = f"unknown to this network; choose {' or '.join(self.model.surfaces)}."
            raise UsageError(reason, parameter="surface", value=surface)
        if icv:
            check_second_mask(surface)
        if icv and Surface.intracranial not in self.model.surfaces:
            reason = f"this network predicts only the surface {' and '.join(self.model.surfaces)}; leave it out."
            raise UsageError(reason, parameter="outputs", value="icvmask")
        if border and not self.model.distances:
            reason = f"must be 0, because {self.model.path.name} predicts no distances."
            raise UsageError(reason, parameter="border", value=border)
        if border is not None and not abs(border) < self.model.band:
            reason = f"must lie within {self.model.band:g} mm of the surface."
            raise UsageError(reason, parameter="border", value=border)

    def _distance_of_frames(
        self, scan: Volume, mean: Volume, border: float, surface: str, timer: StageTimer, on_frame: OnFrame | None
    ) -> FloatArray:
        """Return the signed distance in mm on the voxels of each frame of a series.

        Frames are stripped in parallel, each by one thread. All share the network's grid of their mean; with grids of
        their own, the masks of a head that does not move would vary.
        """
        distance_of = self._frame_predictor(mean, border, surface, timer)
        distance = np.empty(scan.data.shape, np.float32, order="F")

        def fill(index: int) -> StageTimer:
            """Strip one frame in place; returns the durations of its stages."""
            own_timer = StageTimer()
            distance[..., index] = distance_of(scan.frame(index), own_timer)
            return own_timer

        with ThreadPoolExecutor(min(self.threads, _MAX_PARALLEL_FRAMES)) as pool:
            for done, own_timer in enumerate(pool.map(fill, range(scan.n_frames)), 1):
                timer.add(own_timer)
                frame_done(done, scan.n_frames)
                if on_frame:
                    on_frame(done, scan.n_frames)
        return distance

    def _frame_predictor(
        self, mean: Volume, border: float, surface: str, timer: StageTimer
    ) -> Callable[[Volume, StageTimer], FloatArray]:
        """Return what predicts the distance on a frame, with one thread."""
        network, follower = self._one_thread(self.model), follower_of(self.model, mean)
        if follower:
            return FrameFollower(network, self._one_thread(follower), mean, surface, border, timer)
        grid = self.model.preprocessing.apply(mean, self.threads)
        return lambda frame, own_timer: network(frame, surface, border, own_timer, grid)[0]

    def _one_thread(self, model: Model) -> Predictor:
        """Return the predictor of a network with one thread, loaded once."""
        if model.path not in self._one_thread_predictors:
            self._one_thread_predictors[model.path] = Predictor(model, make_engine(model, 1, *self._engine_options), 1)
        return self._one_thread_predictors[model.path]


def as_volume(
    source: str | Path | Volume | Any, reading: ReadOptions = _READING, *, keep_in_file: bool = False
) -> Volume:
    """Return a path, nibabel image or Volume as a Volume.

    Parameters
    ----------
    source : str, Path, nibabel image or Volume
    reading : ReadOptions
        How a file is read.
    keep_in_file : bool
        Whether the frames of a series may stay in its file until they are needed; see `deskull.formats.read`.

    Raises
    ------
    InputError
        If a file cannot be used, or the object is none of these.
    """
    if isinstance(source, Volume):
        return formats.check_volume(source)
    if isinstance(source, str | os.PathLike):
        return formats.read(Path(source), reading, keep_in_file=keep_in_file)
    if hasattr(source, "affine") and hasattr(source, "dataobj"):
        return formats.from_nibabel(source)
    raise InputError(f"{type(source).__name__}: not a scan; give a path, a nibabel image or a Volume.")


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
    icv: bool = False,
    quality: str = _DEFAULTS.quality,
    b_values: BValues | None = None,
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
    icv : bool, default: False
        Whether to compute the intracranial mask, too.
    %(quality)s
    b_values : str, Path or sequence of float, optional
        B-values of a diffusion series in s/mm^2, or the file that states them; see `Stripper.strip`.
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
        If the scan or the given file of b-values cannot be used, or the scan shows no brain.
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
    return stripper.strip(
        source,
        border=border,
        surface=surface,
        frame=frame,
        icv=icv,
        quality=quality,
        reading=reading,
        b_values=b_values,
    )
