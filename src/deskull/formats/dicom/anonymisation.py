"""Headers without the patient: what a DICOM Segmentation takes from its source images unless identities are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deskull.formats.dicom.libraries import require

#: Attributes that state where the pixels of an image lie.
_GEOMETRY = (
    "SOPClassUID", "Modality", "Rows", "Columns", "NumberOfFrames", "PixelSpacing", "SliceThickness",
    "SpacingBetweenSlices", "ImagePositionPatient", "ImageOrientationPatient", "SpecificCharacterSet",
)  # fmt: skip
#: Functional groups of multi-frame images that do so.
_GROUPS = ("PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence")
#: Attributes that every object must have, but that may be empty (PS3.3 C.7.1.1, C.7.2.1).
_EMPTY = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


def anonymised(header: Any, salt: str) -> Any:
    """Return a data set with the geometry of an image, an empty patient and study, and identifiers of its own.

    Parameters
    ----------
    header : pydicom.Dataset
    salt : str
        Random text, the same for all images of a series: the same identifier is replaced by the same new one, and
        who knows an identifier cannot tell what it becomes.

    Returns
    -------
    pydicom.Dataset
    """
    pydicom = require("pydicom")
    bare = pydicom.Dataset()
    bare.file_meta = pydicom.dataset.FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = header.file_meta.TransferSyntaxUID
    for name in _GEOMETRY:
        if name in header:
            setattr(bare, name, getattr(header, name))
    for name in _EMPTY:
        setattr(bare, name, "")
    for name in _UIDS:
        setattr(bare, name, pydicom.uid.generate_uid(entropy_srcs=[salt, str(header.get(name, ""))]))
    if "PerFrameFunctionalGroupsSequence" in header:
        bare.SharedFunctionalGroupsSequence = [_geometry_groups(header.SharedFunctionalGroupsSequence[0])]
        bare.PerFrameFunctionalGroupsSequence = [_geometry_groups(g) for g in header.PerFrameFunctionalGroupsSequence]
    return bare


def add_empty(headers: Iterable[Any]) -> None:
    """Add the attributes of the patient and the study that must be there, empty where headers lack them."""
    for header in headers:
        for name in _EMPTY:
            if name not in header:
                setattr(header, name, "")


def _geometry_groups(groups: Any) -> Any:
    """The functional groups that state geometry."""
    bare = require("pydicom").Dataset()
    for name in _GROUPS:
        if name in groups:
            setattr(bare, name, getattr(groups, name))
    return bare
