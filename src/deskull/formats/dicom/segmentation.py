"""DICOM SEG: a mask as the standard's Segmentation object (PS3.3 A.51), frame by frame on its source images."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from deskull._version import __version__
from deskull.errors import InputError, UsageError
from deskull.formats.dicom.reading import choose, hushed, list_series, opened
from deskull.volume import Affine, Array, Volume

#: What of an image tells where its pixels lie, and no more.
_GEOMETRY = (
    "SOPClassUID", "Modality", "Rows", "Columns", "NumberOfFrames", "PixelSpacing", "SliceThickness",
    "SpacingBetweenSlices", "ImagePositionPatient", "ImageOrientationPatient", "SpecificCharacterSet",
)  # fmt: skip
#: The same of the groups of a multi-frame image.
_GROUPS = ("PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence")
#: What every object must have, blank.
_BLANK = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def write_seg(
    mask: Volume, source: Path, target: Path, series: int | None = None, *, keep_identity: bool = False
) -> None:
    """Write a mask as a segmentation of the series it was found in.

    Parameters
    ----------
    mask : Volume
        On the grid of the series, whatever the order of its axes.
    source, series
        As of `deskull.formats.dicom.reading.read`.
    target : Path
    keep_identity : bool
        Keep the patient, the study and the identifiers of the source, so that an archive files it with them;
        else they are blank or replaced.

    Raises
    ------
    InputError
        If mask and series do not fit.
    UsageError
        If highdicom is not installed.
    """
    try:
        import highdicom  # noqa: F401 (needed below)
        import pydicom
    except ModuleNotFoundError as error:
        raise UsageError(f'{error.name}: is not installed; pip install "deskull[dicom]".') from None
    if mask.data.ndim != 3:
        raise InputError(f"{source}: is a series of frames; a DICOM segmentation takes one mask, use --frame mean.")
    with opened(source) as root, hushed(), _translated(source):
        chosen = choose(list_series(root, source), series, source)
        images = [_shared(pydicom.dcmread(path, stop_before_pixels=True)) for path in chosen.files]
        planes = frames(images)
    if len({shape for _, shape in planes}) > 1:
        raise InputError(
            f"{source}: has frames of several sizes; a DICOM segmentation takes one, leave out --dicom-seg."
        )
    pixels = np.stack([_sample(mask, affine, shape, source) for affine, shape in planes])
    if not keep_identity:
        salt = secrets.token_hex()  # else whoever has an identifier could tell which it became
        images = [_anonymous(image, salt) for image in images]
    with hushed(), _translated(source):
        _segmentation(images, pixels, chosen.number + 9000).save_as(target)


@contextmanager
def _translated(source: Path) -> Iterator[None]:
    """Say in one sentence what headers lack.

    Raises
    ------
    InputError
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # Other messages may quote what headers say of the patient.
        told = isinstance(error, AttributeError | LookupError)
        reason = " ".join(str(error).split()) if told else type(error).__name__
        said = f"{source}: lacks what a DICOM segmentation needs ({reason}); leave out --dicom-seg."
        raise InputError(said) from error


def _segmentation(images: list[Any], pixels: Array, number: int) -> Any:
    """The object for the pixels of each frame of the images."""
    import highdicom
    import pydicom

    own = [str(images[0].SeriesInstanceUID), __version__, hashlib.sha256(pixels.tobytes()).hexdigest()]
    return highdicom.seg.Segmentation(
        source_images=images,
        pixel_array=pixels,
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(highdicom)],
        series_instance_uid=pydicom.uid.generate_uid(entropy_srcs=["series", *own]),
        series_number=number,
        sop_instance_uid=pydicom.uid.generate_uid(entropy_srcs=["instance", *own]),
        instance_number=1,
        manufacturer="deskull",
        manufacturer_model_name="deskull",
        software_versions=__version__,
        device_serial_number="0",
        series_description="Brain mask (deskull)",
    )


def frames(images: list[Any]) -> list[tuple[Affine, tuple[int, int]]]:
    """Map from (row, column) to world mm (RAS) and size of each frame, in the order of images and frames."""
    found = []
    for image in images:
        shape = (int(image.Rows), int(image.Columns))
        if "PerFrameFunctionalGroupsSequence" not in image:
            found.append(
                (_affine(image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing), shape)
            )
            continue
        for own in image.PerFrameFunctionalGroupsSequence:
            groups = (own, image.SharedFunctionalGroupsSequence[0])
            position = _first(groups, "PlanePositionSequence").ImagePositionPatient
            orientation = _first(groups, "PlaneOrientationSequence").ImageOrientationPatient
            found.append((_affine(position, orientation, _first(groups, "PixelMeasuresSequence").PixelSpacing), shape))
    return found


def _shared(image: Any) -> Any:
    """A multi-frame image with size and direction of its pixels among what all frames share, as libraries expect."""
    if "PerFrameFunctionalGroupsSequence" in image:
        own, shared = image.PerFrameFunctionalGroupsSequence[0], image.SharedFunctionalGroupsSequence[0]
        for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            if name not in shared and name in own:
                setattr(shared, name, getattr(own, name))
    return image


def _first(groups: tuple[Any, Any], name: str) -> Any:
    """A functional group, of the frame's own or those that all share."""
    return next(group[name].value[0] for group in groups if name in group)


def _affine(position: Any, orientation: Any, spacing: Any) -> Affine:
    """Matrix (4, 3) from (row, column, 1) to RAS mm (PS3.3 C.7.6.2.1.1)."""
    along_row, along_column = np.array(orientation, float).reshape(2, 3)
    matrix = np.zeros((4, 3))
    matrix[:3, 0] = along_column * float(spacing[0])
    matrix[:3, 1] = along_row * float(spacing[1])
    matrix[:3, 2] = np.array(position, float)
    matrix[3, 2] = 1
    return _LPS_TO_RAS @ matrix


def _sample(mask: Volume, affine: Affine, shape: tuple[int, int], source: Path) -> Array:
    """The mask on one frame, uint8; every pixel has its own voxel.

    Raises
    ------
    InputError
    """
    to_voxel = np.linalg.inv(mask.affine) @ affine
    rows, columns = np.indices(shape)
    places = np.einsum("ij,jrc->irc", to_voxel[:3], np.stack([rows, columns, np.ones(shape)]))
    index = np.rint(places).astype(int)
    limits = np.array(mask.shape).reshape(3, 1, 1)
    if np.abs(places - index).max() > 0.1 or (index < 0).any() or (index >= limits).any():
        raise InputError(f"{source}: the mask does not lie on this series' own grid; strip the series itself.")
    sampled: Array = (mask.data[tuple(index)] > 0).astype(np.uint8)
    return sampled


def _anonymous(image: Any, salt: str) -> Any:
    """A data set with an image's geometry, blank where the standard wants a patient, with identifiers of its own."""
    import pydicom

    bare = pydicom.Dataset()
    bare.file_meta = pydicom.dataset.FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = image.file_meta.TransferSyntaxUID
    for name in _GEOMETRY:
        if name in image:
            setattr(bare, name, getattr(image, name))
    for name in _BLANK:
        setattr(bare, name, "")
    for name in _UIDS:
        setattr(bare, name, pydicom.uid.generate_uid(entropy_srcs=[salt, str(image.get(name, ""))]))
    if "PerFrameFunctionalGroupsSequence" in image:
        bare.SharedFunctionalGroupsSequence = [_bare_groups(image.SharedFunctionalGroupsSequence[0])]
        bare.PerFrameFunctionalGroupsSequence = [_bare_groups(own) for own in image.PerFrameFunctionalGroupsSequence]
    return bare


def _bare_groups(groups: Any) -> Any:
    """The geometry among the groups of a frame."""
    import pydicom

    bare = pydicom.Dataset()
    for name in _GROUPS:
        if name in groups:
            setattr(bare, name, getattr(groups, name))
    return bare


def _description(highdicom: Any) -> Any:
    """What the one segment is: SNOMED CT's brain, found by an algorithm."""
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
