"""DICOM Segmentation: a mask as the standard's Segmentation object (PS3.3 A.51), frame by frame on its sources."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from deskull._version import __version__
from deskull.errors import InputError
from deskull.formats.dicom.anonymisation import add_empty, anonymised
from deskull.formats.dicom.archive import opened
from deskull.formats.dicom.geometry import TOLERANCE_VOXELS, Frame, read_frames
from deskull.formats.dicom.headers import Image, read_image
from deskull.formats.dicom.libraries import require, silenced
from deskull.formats.dicom.series import choose, list_series
from deskull.formats.dicom.slices import select_images
from deskull.options import ReadOptions
from deskull.volume import Array, Volume

_DEFAULT = ReadOptions()
#: Added to the number of the source series.
_SERIES_NUMBER_OFFSET = 9000


def write_seg(
    mask: Volume, source: Path, target: Path, options: ReadOptions = _DEFAULT, *, keep_identity: bool = False
) -> None:
    """Write a mask as a DICOM Segmentation of the series from which it was made.

    Parameters
    ----------
    mask : Volume, shape (x, y, z)
        Not 0 inside; on the grid of the series, whatever the order of its axes.
    source : Path
    options : ReadOptions
        `source` and `options` are those of `deskull.formats.dicom.read`.
    target : Path
        The file to write.
    keep_identity : bool
        Keep the patient, the study and the identifiers of the source, so that an archive files the segmentation with
        it; otherwise they are empty or replaced.

    Raises
    ------
    InputError
        If the mask does not lie on the slices, or the series lacks what the standard asks for.
    UsageError
        If highdicom is not installed.
    """
    require("highdicom")
    if mask.data.ndim != 3:
        raise InputError(f"{source}: is a series of frames; a DICOM segmentation holds one mask, use frame='mean'.")
    with opened(source, options) as root, silenced(), _faults_of_headers(source):
        series = choose(list_series(root, source), options.series, source)
        stack = select_images(series, source)
        if not stack.frames:
            raise InputError(f"{source}: states no positions of its slices; leave out outputs='seg'.")
        headers = [_full_header(image) for image in stack.images]
        frames = read_frames(headers)
    if len({frame.shape for frame in frames}) > 1:
        raise InputError(f"{source}: has slices of several sizes; leave out outputs='seg'.")
    pixels = np.stack([_sample(mask, frame, source) for frame in frames])
    if keep_identity:
        add_empty(headers)
    else:
        salt = secrets.token_hex()
        headers = [anonymised(header, salt) for header in headers]
    with silenced(), _faults_of_headers(source):
        _segmentation(headers, pixels, series.number + _SERIES_NUMBER_OFFSET).save_as(target)


@contextmanager
def _faults_of_headers(source: Path) -> Iterator[None]:
    """Turn errors about attributes that headers lack into one sentence.

    Raises
    ------
    InputError
    """
    try:
        yield
    except InputError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # The messages of libraries may quote what headers say of the patient.
        name = error.name if isinstance(error, AttributeError) else ""
        reason = f"its headers have no {name}" if name else f"{type(error).__name__} in its headers"
        fault = f"lacks what a DICOM segmentation needs ({reason})"
        raise InputError(f"{source}: {fault}; leave out outputs='seg'.") from error


def _full_header(image: Image) -> Any:
    """All of a header, in the form that highdicom expects.

    The pixel size and orientation of multi-frame images are moved among the groups that all frames share, and files
    without file meta information are given a transfer syntax.
    """
    uid = require("pydicom").uid
    header = read_image(image.path).header
    if "TransferSyntaxUID" not in header.file_meta:
        implicit = header.original_encoding[0]
        header.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
    if "PerFrameFunctionalGroupsSequence" in header:
        own, shared = header.PerFrameFunctionalGroupsSequence[0], header.SharedFunctionalGroupsSequence[0]
        for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            if name not in shared and name in own:
                setattr(shared, name, getattr(own, name))
    return header


def _segmentation(headers: Sequence[Any], pixels: Array, number: int) -> Any:
    """Make the object from the mask on each frame, shape (frames, rows, columns)."""
    highdicom, pydicom = require("highdicom"), require("pydicom")
    entropy = [str(headers[0].SeriesInstanceUID), __version__, hashlib.sha256(pixels.tobytes()).hexdigest()]
    return highdicom.seg.Segmentation(
        source_images=headers,
        pixel_array=pixels,
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(highdicom)],
        series_instance_uid=pydicom.uid.generate_uid(entropy_srcs=["series", *entropy]),
        series_number=number,
        sop_instance_uid=pydicom.uid.generate_uid(entropy_srcs=["instance", *entropy]),
        instance_number=1,
        manufacturer="deskull",
        manufacturer_model_name="deskull",
        software_versions=__version__,
        device_serial_number="0",
        series_description="Brain mask (deskull)",
    )


def _sample(mask: Volume, frame: Frame, source: Path) -> Array:
    """Mask on one frame, uint8, shape (rows, columns): the voxel at the place of each pixel.

    Raises
    ------
    InputError
        If a pixel has no voxel within `TOLERANCE_VOXELS`.
    """
    to_voxel = np.linalg.inv(mask.affine) @ frame.affine
    rows, columns = np.indices(frame.shape)
    places = np.einsum("ij,jrc->irc", to_voxel[:3], np.stack([rows, columns, np.ones(frame.shape)]))
    index = np.rint(places).astype(int)
    limits = np.array(mask.shape).reshape(3, 1, 1)
    if np.abs(places - index).max() > TOLERANCE_VOXELS or (index < 0).any() or (index >= limits).any():
        raise InputError(f"{source}: the mask does not lie on this series' own grid; strip the series itself.")
    sampled: Array = (mask.data[tuple(index)] > 0).astype(np.uint8)
    return sampled


def _description(highdicom: Any) -> Any:
    """Description of the one segment: the brain (SNOMED CT), segmented by an algorithm."""
    from pydicom.sr.codedict import codes

    algorithm = highdicom.AlgorithmIdentificationSequence(
        name="deskull", version=__version__, family=codes.cid7162.ArtificialIntelligence
    )
    return highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="Brain",
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Brain,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
    )
