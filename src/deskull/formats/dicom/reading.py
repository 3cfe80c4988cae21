"""DICOM series as volumes, through dcm2niix, with the geometry checked against the slices' own positions.

Results are NIfTI, and DICOM Segmentation (see `deskull.formats.dicom.segmentation`). What identifies the patient is
dropped: a series becomes voxels and an affine with an empty description, and a few facts about the scanner.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

from deskull.errors import DicomWarning, GeometryWarning, InputError, SeriesWarning, collected_warnings
from deskull.formats import nifti
from deskull.formats.b_value_lists import read_values
from deskull.formats.dicom.archive import opened
from deskull.formats.dicom.content import count_misplaced
from deskull.formats.dicom.conversion import convert
from deskull.formats.dicom.geometry import TOLERANCE_VOXELS, count_incomplete, heights, misplacement
from deskull.formats.dicom.scanner import scanner_facts
from deskull.formats.dicom.series import choose, list_series
from deskull.formats.dicom.slices import Stack, select_images
from deskull.formats.dicom.tilt import MIN_TILT_DEGREES, tilt_degrees, with_own_geometry
from deskull.options import ReadOptions
from deskull.system.leftovers import scratch_folder
from deskull.volume import Volume

OUTPUT_SUFFIX = ".nii.gz"
_DEFAULT = ReadOptions()
#: Text fields of NIfTI headers that dcm2niix fills from the DICOM headers.
_TEXTS = ("descrip", "aux_file", "db_name", "intent_name")
#: What dcm2niix appends to the names of images that are no magnitudes, or that it has resampled.
_PHASES, _RESAMPLED = ("_ph", "_real", "_imaginary"), ("_Eq", "_Tilt")


def read(path: Path, options: ReadOptions = _DEFAULT) -> Volume:
    """Read a series.

    Parameters
    ----------
    path : Path
        A folder, a zip archive or a multi-frame file.
    options : ReadOptions
        Its ``series`` chooses one of several series, its ``max_archive_gb`` limits the size of archives.

    Returns
    -------
    Volume
        Every slice of the series lies on its voxels. Its `scanner` tells what the headers say of the machine, and its
        `b_values` the diffusion weighting of its frames.

    Warns
    -----
    DicomWarning, GeometryWarning, SeriesWarning
        If files are left out, if there are several images of the same slices, if the slices are tilted, or if the
        b-values do not fit the frames.

    Raises
    ------
    InputError
        If the series cannot be chosen, its slices do not form a scan, or dcm2niix cannot convert it.
    UsageError
        If dcm2niix or pydicom is not installed.
    """
    with opened(path, options) as root, scratch_folder() as scratch:
        series = choose(list_series(root, path), options.series, path)
        stack = select_images(series, path)
        files, warning = convert(stack.images, scratch, str(path))
        volumes = {file.stem.removeprefix("image"): volume for file in files if (volume := _volume(file, path, stack))}
        if not volumes:
            raise InputError(f"{path}: series {series.number} holds no 3-D scan; choose another series.")
        volume = _fitting(volumes, stack, warning, path)
    header = volume.header.copy()
    for field in _TEXTS:
        header[field] = b""
    return replace(volume, header=header, name=str(path))


def _volume(file: Path, path: Path, stack: Stack) -> Volume | None:
    """Read an image of dcm2niix; None if it is not 3-D.

    Warnings of its header matter only if its geometry is not checked against that of the slices.
    """
    try:
        with warnings.catch_warnings(record=True) as caught, collected_warnings():
            warnings.simplefilter("always")
            volume = nifti.read(file)
    except InputError:
        return None
    if not stack.frames:
        for one in caught:
            warnings.warn(str(one.message).replace(str(file), str(path)), one.category, stacklevel=3)
    scanner = scanner_facts(file.with_suffix(".json"))
    return replace(volume, scanner=scanner, b_values=_b_values(file.with_suffix(".bval"), volume.n_frames, path))


def _b_values(file: Path, n_frames: int, path: Path) -> tuple[float, ...]:
    """B-values that dcm2niix states for the frames of an image; empty if it states none, or others."""
    if not file.exists():
        return ()
    try:
        return tuple(read_values(file, n_frames).tolist())
    except ValueError as error:
        fault = f"what dcm2niix states as its b-values {error}, and the mask is made from the mean of all frames"
        warnings.warn(SeriesWarning(f"{path}: {fault}; give a file of them."), stacklevel=4)
        return ()


def _fitting(volumes: dict[str, Volume], stack: Stack, warning: str, path: Path) -> Volume:
    """The largest image whose voxels lie where the slices are.

    Raises
    ------
    InputError
        If there is none.
    """
    plain = {name: volume for name, volume in volumes.items() if not name.startswith(_RESAMPLED)}
    if stack.frames:
        plain = _placed(plain, stack, path)
    incomplete = count_incomplete(heights(stack.frames)) if stack.frames and not plain else 0
    if incomplete:
        fault = f"{incomplete} of its slice positions hold fewer slices than the others (is the last frame incomplete?)"
        raise InputError(f"{path}: {fault}; remove the incomplete frame.")
    if not plain:
        reason = f" ({warning})" if warning else ""
        fault = f"the image that dcm2niix makes does not lie where the slices do{reason}"
        raise InputError(f"{path}: {fault}; convert the series to NIfTI and check it.")
    names = sorted(plain, key=lambda name: (-plain[name].data.size, name.startswith(_PHASES), name))
    if len(names) == 1 and plain[names[0]].data.ndim == 3:
        misplaced = count_misplaced(plain[names[0]], stack.images, stack.frames)
        if misplaced:
            fault = f"dcm2niix puts {misplaced} of its {len(stack.frames)} slices in the place of others"
            raise InputError(f"{path}: {fault}; convert the series to NIfTI and check it.")
    if len(names) > 1:
        texts = [_image_name(name) for name in names]
        fault = f"holds {len(names)} images of the same slices ({', '.join(texts)}); only {texts[0]} is used"
        warnings.warn(f"{path}: {fault}.", DicomWarning, stacklevel=3)
    return plain[names[0]]


def _placed(volumes: dict[str, Volume], stack: Stack, path: Path) -> dict[str, Volume]:
    """The images that lie where the slices do; tilted slices are given their own geometry."""
    tilt = tilt_degrees(stack.frames)
    if tilt > MIN_TILT_DEGREES:
        own = {name: with_own_geometry(volume, stack.frames) for name, volume in volumes.items()}
        volumes = {name: volume for name, volume in own.items() if volume is not None}
        fault = f"its slices are stacked at an angle of {tilt:.1f} degrees; results have a sheared affine"
        warnings.warn(f"{path}: {fault}.", GeometryWarning, stacklevel=4)
    return {n: v for n, v in volumes.items() if misplacement(v, stack.frames) <= TOLERANCE_VOXELS}


def _image_name(suffix: str) -> str:
    """What messages call an image of dcm2niix: "echo 2" of ``_e2``, "phase" of ``_ph``.

    >>> _image_name("_e2"), _image_name("_ph"), _image_name("")
    ('echo 2', 'phase', 'magnitude')
    """
    first = suffix.removeprefix("_").split("_")[0]
    if first[:1] == "e" and first[1:2].isdigit():
        return f"echo {first[1:]}" + (" phase" if "_ph" in suffix else "")
    return {"": "magnitude", "ph": "phase"}.get(first, first)
