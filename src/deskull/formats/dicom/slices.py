"""Which files of a series form the scan: truncated, duplicate and foreign ones are left out or refused, and named."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deskull.errors import DicomWarning, InputError
from deskull.formats.dicom.geometry import Frame, describe_gaps, distinct, heights, read_frames, same_plane
from deskull.formats.dicom.headers import Image, read_image
from deskull.formats.dicom.libraries import require, silenced
from deskull.formats.dicom.series import Series, holds_volume, is_mosaic

_TAGS = (
    "SOPInstanceUID", "SeriesNumber", "InstanceNumber", "ImageType", "NumberOfFrames", "Rows", "Columns",
    "SamplesPerPixel", "BitsAllocated", "PixelRepresentation", "PhotometricInterpretation", "PixelSpacing",
    "ImagePositionPatient", "ImageOrientationPatient", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
_BAD_PLACES = "the positions or orientations of its slices are damaged"
_REMEDY = "copy the series again, complete"
#: A stack of slices of one orientation must hold at least this fraction of the images of its series.
_MIN_FRACTION = 0.6
#: Number of orientations and matrices that are told apart.
_MAX_GROUPS = 50
_UNSTATED, _DAMAGED = (AttributeError, LookupError), (TypeError, ValueError)
#: A head is higher than this, in mm, so that a series of less may be incomplete.
_MIN_EXTENT_MM = 50.0


@dataclass(frozen=True)
class Stack:
    """The images of a series that form a scan.

    Attributes
    ----------
    images : tuple of Image
    frames : tuple of Frame
        Places of all slices; empty if the images do not state them.
    """

    images: tuple[Image, ...]
    frames: tuple[Frame, ...]


def select_images(series: Series, path: Path) -> Stack:
    """Select the images of a series that form one scan.

    Parameters
    ----------
    series : Series
    path : Path
        The source; what messages name.

    Returns
    -------
    Stack

    Warns
    -----
    DicomWarning
        If files are left out, or the positions of slices are not stated.

    Raises
    ------
    InputError
        If slices are missing between others, if slices of different content have the same position, or if what is
        left is no scan.
    """
    images = _without_copies(_read(series, path), path)
    if len(images) == 1 and not holds_volume(images[0].header):
        if path.is_dir() or path.suffix.lower() == ".zip":
            raise InputError(f"{path}: holds only one slice of series {series.number}; {_REMEDY}.")
        raise InputError(f"{path}: is one slice of a series; give the folder that holds all of its slices.")
    if any(holds_volume(image.header) for image in images):
        return _volumes(images, path)
    placed = [(image, frame) for image in images if (frame := _frame(image.header))]
    if not placed and any(_states_place(image.header) for image in images):
        raise InputError(f"{path}: {_BAD_PLACES}; {_REMEDY}.")
    if not placed:
        return Stack(tuple(_complete(images, path)), _unplaced(path))
    stack = _largest_stack(placed, len(images), path)
    stack = _without_truncated(stack, path)
    stack = _without_repeats(stack, path)
    _check_positions([frame for _, frame in _by_instance(stack)], path)
    return Stack(tuple(image for image, _ in stack), tuple(frame for _, frame in stack))


def _read(series: Series, path: Path) -> list[Image]:
    """Read what this module needs of the headers of a series."""
    images = []
    with silenced():
        for file in series.files:
            try:
                image = read_image(file, _TAGS)
                for _ in image.header:  # values are converted, and libraries warn of them, when they are first used
                    pass
                images.append(image)
            except Exception:  # pydicom has no error of its own for damaged files
                continue
    damaged = len(series.files) - len(images)
    if not images:
        raise InputError(f"{path}: the headers of series {series.number} are damaged; {_REMEDY}.")
    if damaged:
        _warn(path, f"{_files(damaged)} left out: the headers are damaged")
    return images


def _without_copies(images: Sequence[Image], path: Path) -> list[Image]:
    """Leave out files of the same SOP instance, of which a complete one is kept."""
    kept: dict[str, Image] = {}
    for count, image in enumerate(images):
        uid = str(image.header.get("SOPInstanceUID") or count)
        if uid not in kept or (image.complete and not kept[uid].complete):
            kept[uid] = image
    copies = len(images) - len(kept)
    if copies:
        _warn(
            path,
            f"{_files(copies)} left out as a copy of another"
            if copies == 1
            else f"{_files(copies)} left out as copies",
        )
    return [image for image in images if kept.get(str(image.header.get("SOPInstanceUID"))) in (None, image)]


def _volumes(images: Sequence[Image], path: Path) -> Stack:
    """Images that each hold several slices."""
    images = _complete([image for image in images if holds_volume(image.header)], path)
    if any(is_mosaic(image.header) for image in images):  # their positions are those of the tiled image
        return Stack(tuple(images), ())
    try:
        with silenced():
            frames = read_frames(image.header for image in images)
    except _UNSTATED:
        return Stack(tuple(images), _unplaced(path))
    except _DAMAGED:
        raise InputError(f"{path}: {_BAD_PLACES}; {_REMEDY}.") from None
    if len(frames) != sum(int(image.header.NumberOfFrames) for image in images):
        raise InputError(f"{path}: states the positions of {len(frames)} frames but holds another number; {_REMEDY}.")
    groups = _groups([(images[0], frame) for frame in frames])
    if len(groups) > 1:
        fault = f"its frames have {len(groups)} orientations or matrices, as those of a localizer"
        raise InputError(f"{path}: {fault}; choose another series.")
    _check_positions(frames, path)
    return Stack(tuple(images), tuple(frames))


def _check_positions(frames: Sequence[Frame], path: Path) -> None:
    """Refuse slices with gaps, and warn of those that can hardly be all of a head."""
    positions = heights(frames)
    gaps = describe_gaps(positions)
    if gaps:
        raise InputError(f"{path}: {gaps}; {_REMEDY}.")
    extent = float(np.ptp(positions))
    if extent < _MIN_EXTENT_MM:
        count = len(distinct(positions))
        _warn(path, f"its {count} slices cover only {extent:.3g} mm; the series may be incomplete")


def _complete(images: Sequence[Image], path: Path) -> list[Image]:
    """Leave out truncated files.

    Raises
    ------
    InputError
        If none is left.
    """
    complete = [image for image in images if image.complete]
    if not complete:
        raise InputError(f"{path}: does not hold the pixels that its header states (truncated or damaged); {_REMEDY}.")
    if len(complete) < len(images):
        _warn(path, f"{_files(len(images) - len(complete))} truncated or damaged and left out")
    return complete


def _frame(header: Any) -> Frame | None:
    """Place of a single slice; None if it is not stated."""
    try:
        with silenced():
            return read_frames([header])[0]
    except (*_UNSTATED, *_DAMAGED):
        return None


def _states_place(header: Any) -> bool:
    """Whether a header has a position or an orientation, of whatever value."""
    return bool(header.get("ImagePositionPatient") or header.get("ImageOrientationPatient"))


_Placed = tuple[Image, Frame]


def _groups(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    """Slices by matrix, pixel size and orientation, the largest group first; those beyond `_MAX_GROUPS` in none."""
    groups: list[list[_Placed]] = []
    for image, frame in placed:
        group = next((one for one in groups if _alike(one[0], (image, frame))), None)
        if group is not None:
            group.append((image, frame))
        elif len(groups) < _MAX_GROUPS:
            groups.append([(image, frame)])
    return sorted(groups, key=len, reverse=True)


def _alike(first: _Placed, second: _Placed) -> bool:
    """Whether two slices can belong to one stack: by their planes, and by how their pixels are stored."""
    names = ("BitsAllocated", "SamplesPerPixel", "PhotometricInterpretation")
    stored = all(first[0].header.get(name) == second[0].header.get(name) for name in names)
    return stored and same_plane(first[1], second[1])


def _largest_stack(placed: Sequence[_Placed], total: int, path: Path) -> list[_Placed]:
    """The slices of the same orientation and matrix as most others."""
    groups = _groups(placed)
    stack = groups[0]
    if len(stack) < _MIN_FRACTION * total:
        least = "at least " if len(groups) == _MAX_GROUPS else ""
        fault = f"its {total} images have {least}{len(groups)} orientations or matrices, as those of a localizer"
        raise InputError(f"{path}: {fault}; choose another series.")
    others = total - len(stack)
    if others:
        fault = "another orientation, matrix or type of pixels (a localizer?)"
        _warn(path, f"{others} of {total} images left out: they have {fault}")
    return stack


def _by_instance(stack: Sequence[_Placed]) -> list[_Placed]:
    """Slices in the order in which the scanner counts them, which messages follow."""

    def number(placed: _Placed) -> int:
        """Return the instance number; 0 if it is missing or not a number."""
        try:
            return int(placed[0].header.get("InstanceNumber") or 0)
        except (TypeError, ValueError):
            return 0

    return sorted(stack, key=number)


def _without_truncated(stack: Sequence[_Placed], path: Path) -> list[_Placed]:
    """Leave out truncated slices, which are named by their places."""
    complete = [(image, frame) for image, frame in stack if image.complete]
    if len(complete) == len(stack):
        return list(stack)
    places = [place for place, (image, _) in enumerate(_by_instance(stack), 1) if not image.complete]
    named = ", ".join(map(str, places[:6])) + (f" and {len(places) - 6} more" if len(places) > 6 else "")
    subject = f"slices {named} of {len(stack)} are" if len(places) > 1 else f"slice {named} of {len(stack)} is"
    fault = f"{subject} truncated or damaged"
    positions = heights([frame for _, frame in _by_instance(complete)]) if complete else np.zeros(0)
    if len(complete) < 3 or describe_gaps(positions):
        raise InputError(f"{path}: {fault}; {_REMEDY}.")
    _warn(path, f"{fault} and left out")
    return complete


def _without_repeats(stack: Sequence[_Placed], path: Path) -> list[_Placed]:
    """Leave out slices that repeat the content of another at the same position.

    Raises
    ------
    InputError
        If some positions, but not all, hold slices of different content.
    """
    places = defaultdict(list)
    for (image, frame), height in zip(stack, np.round(heights([f for _, f in stack]), 2), strict=True):
        places[float(height)].append((image, frame))
    counts = Counter(len(group) for group in places.values())
    usual = counts.most_common(1)[0][0]
    if usual > 2 or counts == {1: len(places)}:  # a time series, whose frames may be alike, or one scan
        return list(stack)
    kept = [one for group in places.values() for one in _distinct_pixels(group)]
    repeats = len(stack) - len(kept)
    if repeats:
        _warn(path, f"{_files(repeats)} left out: the same pixels are at the same position already")
    numbers = {height: len(_distinct_pixels(group)) for height, group in places.items()}
    most = Counter(numbers.values()).most_common(1)[0][0]
    if most == 1 and max(numbers.values()) > 1:
        double = sum(count > 1 for count in numbers.values())
        fault = f"{double} of its {len(places)} slice positions hold{'s' if double == 1 else ''} slices that differ"
        raise InputError(f"{path}: {fault}; remove those that are of another scan.")
    chosen = {id(image) for image, _ in kept}
    return [(image, frame) for image, frame in stack if id(image) in chosen]


def _distinct_pixels(group: Sequence[_Placed]) -> list[_Placed]:
    """One slice of each content, in order."""
    if len(group) == 1:
        return list(group)
    kept: dict[bytes, _Placed] = {}
    for image, frame in group:
        kept.setdefault(_pixel_digest(image.path), (image, frame))
    return list(kept.values())


def _pixel_digest(path: Path) -> bytes:
    """Digest of the pixels of a file."""
    with silenced():
        header = require("pydicom").dcmread(path, force=True)
    return hashlib.sha256(bytes(header.get("PixelData") or b"")).digest()


def _unplaced(path: Path) -> tuple[Frame, ...]:
    """No frames, and a warning that the geometry is not checked."""
    _warn(path, "states no positions of its slices; the geometry that dcm2niix gives is not checked")
    return ()


def _files(count: int) -> str:
    """A number of files as the subject of a sentence."""
    return "1 file is" if count == 1 else f"{count} files are"


def _warn(path: Path, text: str) -> None:
    """Issue a warning."""
    warnings.warn(f"{path}: {text}.", DicomWarning, stacklevel=3)
