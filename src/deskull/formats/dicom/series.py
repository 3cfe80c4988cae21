"""Series of a DICOM source: their list, and the choice of one."""

from __future__ import annotations

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deskull.errors import DicomWarning, InputError
from deskull.formats.dicom.files import find_files
from deskull.formats.dicom.headers import read_image
from deskull.formats.dicom.libraries import require, silenced

_TAGS = (
    "SpecificCharacterSet", "SOPClassUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SeriesTime",
    "ImageType", "Modality", "Rows", "Columns", "NumberOfFrames", "PatientName", "PatientID",
    "BitsAllocated", "SamplesPerPixel",
)  # fmt: skip
#: Modalities of objects that are made from images and are no images (PS3.3 C.7.3.1.1.1).
_NO_IMAGES = ("SEG", "PR", "SR", "KO")
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_SCOUT = re.compile(r"(?<![a-z])(localizer|localiser|scout|survey|topogram|scano)", re.IGNORECASE)
#: Values of ImageType of single files that hold a whole volume as tiles or in private groups.
_VOLUME_TYPES = {"MOSAIC", "VFRAME"}
#: Number of series that a message lists.
_MOST_LISTED = 40
_REMEDY = "choose one with series='#2', by its position, or by its number, description or UID"


@dataclass(frozen=True)
class Series:
    """A series of images.

    Attributes
    ----------
    number : int
        Series number; those of several series of a source can be equal.
    uid : str
    files : tuple of Path
    description : str
    matrix : tuple of int
        Number of rows and columns of the first image.
    time : str
        Time of day as ``hh:mm:ss``; empty if it is not stated.
    exclusion : str
        Why the series is not stripped unless it is chosen, as "localizer"; empty if it can be a scan of a head.
    position : int
        In the list of the series of its source, from 1.
    key : str
        Distinguishes the series of a source in file names: the number, and a counter where numbers are equal.
    label : str
        What a message may show of the description: nothing that repeats the name or the identifier of the patient.
    """

    number: int
    uid: str
    files: tuple[Path, ...]
    description: str = ""
    matrix: tuple[int, int] = (0, 0)
    time: str = ""
    exclusion: str = ""
    position: int = 0
    key: str = ""
    label: str = ""

    def __str__(self) -> str:
        """Describe the series in a list from which a user chooses."""
        parts = [f"#{self.position} number {self.number}"]
        parts += [f"'{self.label}'"] if self.label else []
        parts += [f"{self.matrix[0]}x{self.matrix[1]}"]
        parts += [self.time] if self.time else []
        parts += [f"{len(self.files)} file{'s' if len(self.files) > 1 else ''}"]
        return ", ".join(parts) + (f" ({self.exclusion})" if self.exclusion else "")


def list_series(root: Path, name: Path | None = None) -> list[Series]:
    """List the series of images of a file, or of a folder and the folders beneath it.

    Parameters
    ----------
    root : Path
        A folder or a DICOM file; archives are unpacked by `deskull.formats.dicom.opened`.
    name : Path, optional
        What warnings call it; `root` by default.

    Returns
    -------
    list of Series
        By number, time and UID.

    Warns
    -----
    DicomWarning
        If files are damaged. They are counted, not named: their names can tell who the patient is.

    Raises
    ------
    UsageError
        If pydicom is not installed.
    """
    require("pydicom")
    files, damaged = find_files(root)
    headers: dict[str, list[tuple[Path, Any]]] = defaultdict(list)
    with silenced():
        for path in files:
            try:
                header = read_image(path, _TAGS).header
                if _is_image(header):
                    headers[str(header.SeriesInstanceUID)].append((path, header))
            except Exception:  # pydicom has no error of its own for damaged files
                damaged += 1
        series = [_series(uid, images) for uid, images in headers.items()]
    if damaged:
        fault = "1 file cannot be read and is" if damaged == 1 else f"{damaged} files cannot be read and are"
        warnings.warn(f"{name or root}: {fault} left out.", DicomWarning, stacklevel=2)
    return _numbered(sorted(series, key=lambda one: (one.number, one.time, one.uid)))


def _is_image(header: Any) -> bool:
    """Whether a header is of an image of a series, and of none that is made from others.

    Raises
    ------
    ValueError
        If it is of an image but lacks what every image states, or states the modality of another object.
    """
    other = header.get("Modality") in _NO_IMAGES
    whole = "Rows" in header and "SeriesInstanceUID" in header and not other
    kind = header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or ""
    if not whole and "Image Storage" in require("pydicom").uid.UID(str(kind)).name:
        raise ValueError("an image without its size, its series or its modality")
    return whole


def _series(uid: str, images: Sequence[tuple[Path, Any]]) -> Series:
    """A series without its place in the list."""
    first = images[0][1]
    description = " ".join(str(first.get("SeriesDescription") or "").split())
    matrix = (_whole(first.get("Rows")), _whole(first.get("Columns")))
    files = tuple(path for path, _ in images)
    time, exclusion = _clock(str(first.get("SeriesTime") or "")), _exclusion(first, description, len(files))
    label = description if not _repeats_identity(description, first) else "description withheld"
    return Series(_whole(first.get("SeriesNumber")), uid, files, description, matrix, time, exclusion, label=label)


def _whole(value: Any) -> int:
    """A value as a whole number; 0 if it is none."""
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def _clock(time: str) -> str:
    """Time of day of a DICOM time (``hhmmss.ffffff``)."""
    return f"{time[:2]}:{time[2:4]}:{time[4:6]}" if time[:6].isdecimal() and len(time) >= 6 else ""


def _exclusion(header: Any, description: str, count: int) -> str:
    """Why a series is no scan of a head to strip, judged by its first image; empty if it may be one."""
    kinds = image_types(header)
    if str(header.get("SOPClassUID") or "").startswith(_SECONDARY_CAPTURE):
        return "secondary capture"
    if "LOCALIZER" in kinds or _SCOUT.search(description):
        return "localizer"
    if "DERIVED" in kinds[:1]:
        return "derived"
    if count == 1 and not holds_volume(header):
        return "single slice"
    return ""


def image_types(header: Any) -> list[str]:
    """Values of ImageType, in capitals."""
    value = header.get("ImageType") or []
    return [str(kind).upper() for kind in ([value] if isinstance(value, str) else value)]


def holds_volume(header: Any) -> bool:
    """Whether a single image holds several slices: frames, or tiles of a mosaic."""
    return is_mosaic(header) or _whole(header.get("NumberOfFrames")) > 1


def is_mosaic(header: Any) -> bool:
    """Whether slices are tiles of one image or are stated in private groups, so that their positions are unknown."""
    return not _VOLUME_TYPES.isdisjoint(image_types(header))


def _repeats_identity(text: str, header: Any) -> bool:
    """Whether a text holds the patient's identifier or a part of the name."""
    identity = f"{header.get('PatientName') or ''}^{header.get('PatientID') or ''}"
    parts = [part for part in re.split(r"[\^=\s,_]+", identity.lower()) if len(part) > 2]
    return any(part in text.lower() for part in parts)


def _numbered(series: Sequence[Series]) -> list[Series]:
    """Give the series of a sorted list their positions and keys."""
    counts: Counter[int] = Counter()
    listed = []
    for position, one in enumerate(series, 1):
        counts[one.number] += 1
        repeat = "" if counts[one.number] == 1 else f"-{counts[one.number]}"
        listed.append(replace(one, position=position, key=f"{one.number}{repeat}"))
    return listed


def choose(series: Sequence[Series], selector: str | None, path: Path) -> Series:
    """Choose a series.

    Parameters
    ----------
    series : sequence of Series
        All of a source, see `list_series`.
    selector : str, optional
        Position (``#2``), UID, number or description (upper or lower case) of the series. Without it, the only
        series that can be a scan of a head is chosen.
    path : Path
        What messages name.

    Returns
    -------
    Series

    Warns
    -----
    DicomWarning
        If series are passed over because they are localizers or the like.

    Raises
    ------
    InputError
        If there is no series, none fits, or several do; the message lists them.
    """
    if not series:
        raise InputError(f"{path}: holds no DICOM images; check the path.")
    if selector is not None:
        return _selected(series, selector, path)
    scans = strippable(series)
    if len(series) == 1:
        return series[0]
    if len(scans) != 1:
        raise InputError(f"{path}: holds {len(series)} series; {_REMEDY}: {_listed(series)}.")
    warnings.warn(f"{path}: {excluded(series)}.", DicomWarning, stacklevel=2)
    return scans[0]


def _selected(series: Sequence[Series], selector: str, path: Path) -> Series:
    """The series that a text names."""
    text = " ".join(selector.split())
    ways = (
        [one for one in series if text == f"#{one.position}"],
        [one for one in series if text == one.uid],
        [one for one in series if text.isdecimal() and int(text) == one.number],
        [one for one in series if text.lower() == one.description.lower()],
    )
    fitting = next((found for found in ways if found), [])
    if len(fitting) == 1:
        return fitting[0]
    fault = f"{len(fitting)} of its {len(series)} series" if fitting else f"none of its {len(series)} series"
    verb = "fit" if len(fitting) > 1 else "fits"
    raise InputError(f"{path}: {fault} {verb} '{text}'; {_REMEDY}: {_listed(fitting or series)}.")


def _listed(series: Sequence[Series]) -> str:
    """Descriptions of the series."""
    more = [f"and {len(series) - _MOST_LISTED} more"] if len(series) > _MOST_LISTED else []
    return "; ".join([*(str(one) for one in series[:_MOST_LISTED]), *more])


def strippable(series: Sequence[Series]) -> list[Series]:
    """Series that can be scans of a head; derived ones only if all others are excluded for another reason."""
    scans = [one for one in series if not one.exclusion]
    return scans or [one for one in series if one.exclusion == "derived"]


def excluded(series: Sequence[Series]) -> str:
    """Describe which series are not stripped: "series 1 (localizer) and 4 (derived) are not stripped"."""
    kept = strippable(series)
    texts = [f"{one.key} ({one.exclusion})" for one in series if one not in kept]
    return f"series {', '.join(texts)} {'is' if len(texts) == 1 else 'are'} not stripped"
