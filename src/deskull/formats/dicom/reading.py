"""DICOM series, read through dcm2niix: a folder, a zip, or one enhanced multi-frame file.

Results are NIfTI, and DICOM SEG (see `deskull.formats.dicom.segmentation`). What identifies the patient is dropped: a
series becomes voxels and an affine with an empty description.
"""

from __future__ import annotations

import logging
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deskull.errors import InputError, UsageError
from deskull.options import ReadOptions
from deskull.system.leftovers import scratch_folder
from deskull.volume import Volume

OUTPUT_SUFFIX = ".nii.gz"

_DEFAULT = ReadOptions()
SUFFIXES = (".dcm", ".ima", ".zip")
_FILES = (".dcm", ".ima")
_NOT_VOXELS = ("descrip", "aux_file", "db_name", "intent_name")
_TAGS = ["SeriesInstanceUID", "SeriesNumber", "Rows", "Modality"]
#: Objects that are made from scans and are none: segmentations, presentation states, reports.
_DERIVED = ("SEG", "PR", "SR", "KO")


@dataclass(frozen=True)
class Series:
    """A series of images.

    Attributes
    ----------
    number : int
        As the scanner counted it.
    uid : str
    files : tuple of Path
    """

    number: int
    uid: str
    files: tuple[Path, ...]


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM: by its name, or by the standard's preamble (PS3.10)."""
    if path.suffix.lower() in _FILES:
        return True
    if path.name.upper() == "DICOMDIR":  # the table of contents of a disc
        return False
    if path.suffix[1:].isalpha():  # says it is something else; scanners' own end in a number or have no ending
        return False
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def holds_dicom(folder: Path) -> bool:
    """Whether a folder (not those below it) has a DICOM file in it that is no result of ours."""
    try:
        own = [path for path in folder.iterdir() if not path.name.endswith("_seg.dcm")]
        return any(path.is_file() and is_dicom(path) for path in own)
    except OSError:  # may not be looked into
        return False


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The folder or file of a source; a zip is unpacked for as long as it is needed.

    Raises
    ------
    InputError
        If it is no zip, though its name says so.
    """
    if path.suffix.lower() != ".zip" or path.is_dir():
        yield path
        return
    with scratch_folder() as scratch:
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(scratch)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise InputError(f"{path}: cannot be unpacked ({error}); copy it again.") from None
        yield scratch


def list_series(root: Path, name: Path | None = None) -> list[Series]:
    """Image series of a file, or of a folder and those below it, by number.

    Parameters
    ----------
    root : Path
    name : Path, optional
        What warnings call it: neither libraries nor names of files may say there who the patient is.

    Raises
    ------
    UsageError
        If pydicom is not installed.
    """
    pydicom = _need("pydicom")
    found: dict[str, list[tuple[Path, Any]]] = {}
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file() and is_dicom(path))
    damaged = 0
    with hushed():
        for path in files:
            try:
                header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
                if "Rows" in header and "SeriesInstanceUID" in header and header.get("Modality") not in _DERIVED:
                    found.setdefault(str(header.SeriesInstanceUID), []).append((path, header))
            except Exception:  # pydicom has no error of its own for the many ways of being damaged
                damaged += 1
    if damaged:
        warnings.warn(f"{name or root}: {damaged} files cannot be read and are left out.", stacklevel=2)
    series = [
        Series(
            int(images[0][1].get("SeriesNumber") or 0),
            uid,
            tuple(path for path, _ in images),
        )
        for uid, images in found.items()
    ]
    return sorted(series, key=lambda one: (one.number, one.uid))


@contextmanager
def hushed() -> Iterator[None]:
    """Silence what libraries say of values in headers: it quotes them."""
    for library in ("pydicom", "highdicom"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def choose(found: list[Series], number: int | None, path: Path) -> Series:
    """Pick the series of a number, or the only one.

    Raises
    ------
    InputError
        If there is none, or there are several and none is named.
    """
    fitting = [one for one in found if number is None or one.number == number]
    if len(fitting) == 1:
        return fitting[0]
    numbers = ", ".join(str(one.number) for one in found)
    if not found:
        raise InputError(f"{path}: holds no DICOM images; check the path.")
    if number is None:
        raise InputError(f"{path}: holds {len(found)} series ({numbers}); choose one with --series N, or --series all.")
    raise InputError(f"{path}: has {len(fitting)} series of number {number}, not one; there are {numbers}.")


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a series.

    Parameters
    ----------
    path : Path
        A folder, a zip or a file.
    options : ReadOptions
        Its ``series`` names one where there are several.

    Raises
    ------
    InputError
        If there is no such series, or dcm2niix makes no image of it.
    UsageError
        If dcm2niix or pydicom is not installed, or ``options.series`` is not a number.
    """
    series = _series_number(options)
    with opened(path) as root, scratch_folder() as scratch:
        chosen = choose(list_series(root, path), series, path)
        volumes = [_readable(image) for image in _converted(chosen, scratch, path)]
    usable = [volume for volume in volumes if volume is not None]
    if not usable:
        raise InputError(f"{path}: series {chosen.number} gives no image of a head; choose another with --series.")
    volume = max(usable, key=lambda one: one.data.size)
    if len(volumes) > 1:
        warnings.warn(f"{path}: gives {len(volumes)} images; the largest is taken.", stacklevel=2)
    header = volume.header.copy()
    for field in _NOT_VOXELS:
        header[field] = b""
    return replace(volume, header=header, name=str(path))


def _series_number(options: ReadOptions) -> int | None:
    """Return the number that the options name."""
    if options.series is None:
        return None
    try:
        return int(options.series)
    except ValueError:
        raise UsageError(f"series={options.series!r}: is not a number.") from None


def _readable(image: Path) -> Volume | None:
    """One of dcm2niix's images; None if it is none of a volume."""
    from deskull.formats import nifti

    try:
        return nifti.read(image)
    except InputError:
        return None


def _converted(series: Series, scratch: Path, path: Path) -> list[Path]:
    """NIfTI files that dcm2niix makes of a series."""
    dcm2niix = _need("dcm2niix")
    for folder in ("in", "out"):
        (scratch / folder).mkdir()
    for count, file in enumerate(series.files):
        (scratch / "in" / f"{count:06d}.dcm").symlink_to(file.resolve())
    options = ["-z", "n", "-b", "n", "-f", "image", "-o", str(scratch / "out"), str(scratch / "in")]
    done = dcm2niix.main(options, capture_output=True, text=True)
    images = sorted((scratch / "out").glob("*.nii"))
    if not images:
        said = " ".join((done.stderr or done.stdout).split())[-200:].replace(str(scratch), "")
        raise InputError(f"{path}: dcm2niix makes no image of series {series.number} ({said}); check the series.")
    return images


def _need(module: str) -> Any:
    """Import what reads DICOM.

    Raises
    ------
    UsageError
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise UsageError(f'{module}: is not installed; pip install "deskull[dicom]".') from None
