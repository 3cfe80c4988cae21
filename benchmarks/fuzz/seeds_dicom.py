"""Valid small DICOM images: a series of slices in a folder or a zip archive, and one multi-frame file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Files, Made
from benchmarks.fuzz.seeds import SHAPE, VOXEL_MM, Array, affine, head

Rng = np.random.Generator

_ROOT = "1.2.826.0.1.3680043.10.1414"


@dataclass(frozen=True, eq=False)
class DicomSeed:
    """An undamaged series.

    Attributes
    ----------
    name : str
    main : str
        Folder or file that is given to deskull.
    kind : {"folder", "zip", "file"}
    values, affine : ndarray
        What a reader must find, up to the order and direction of axes.
    """

    name: str
    main: str
    kind: str
    values: Array = field(default_factory=head)
    affine: Array = field(default_factory=affine)
    any_axes: bool = True

    def files(self) -> Files:
        """Return the undamaged files."""
        made = [content(one) for one in self.datasets()]
        return pack(self, made)

    def datasets(self) -> list[Any]:
        """Return the undamaged data sets."""
        return [_multiframe()] if self.kind == "file" else [_slice(k) for k in range(SHAPE[2])]

    def mutate(self, rng: Rng) -> Made:
        """Damage it; see `benchmarks.fuzz.mutations.Mutant.make`."""
        from benchmarks.fuzz.mutations_dicom import mutate

        return mutate(self, rng)


def pack(seed: DicomSeed, contents: list[bytes], names: Callable[[int], str] = "IM{:04d}.dcm".format) -> Files:
    """Return the files of a series: by themselves in a folder, or in an archive."""
    if seed.kind == "file":
        return {seed.main: contents[0]}
    members = {f"{seed.main}/{names(k)}": one for k, one in enumerate(contents)}
    if seed.kind == "folder":
        return dict(members)
    return {seed.main: archive({name.split("/", 1)[1]: one for name, one in members.items()})}


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as target:
        for name, one in members.items():
            target.writestr(zipfile.ZipInfo(name), one, method)
    return buffer.getvalue()


def content(dataset: Any) -> bytes:
    """Return the bytes of a data set as a file, whatever its values are."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _base(sop_class: str, instance: str) -> Any:
    """What a slice and a multi-frame image share."""
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = instance
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID = sop_class, instance
    made.StudyInstanceUID, made.SeriesInstanceUID = f"{_ROOT}.1", f"{_ROOT}.2"
    made.FrameOfReferenceUID = f"{_ROOT}.3"
    made.Modality, made.Manufacturer = "MR", "SIEMENS"
    made.ImageType = ["ORIGINAL", "PRIMARY", "M", "NORM"]
    made.PatientName, made.PatientID = "Muster^Maria", "4711"
    made.StudyDate = made.SeriesDate = made.ContentDate = made.AcquisitionDate = "20250101"
    made.StudyTime = made.SeriesTime = made.ContentTime = made.AcquisitionTime = "120000"
    made.SeriesNumber, made.AcquisitionNumber, made.InstanceNumber = 5, 1, 1
    made.SeriesDescription = made.ProtocolName = "T1w"
    made.Rows, made.Columns = SHAPE[1], SHAPE[0]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 1
    return made


def _geometry(k: int) -> tuple[list[float], list[float]]:
    """Position and orientation of a slice in LPS, as text can hold them."""
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine()
    axes = lps[:3, :3] / VOXEL_MM
    place = lps @ np.array([0, 0, k, 1.0])
    return [round(float(x), 6) for x in place[:3]], [round(float(x), 6) for x in (*axes[:, 0], *axes[:, 1])]


def _slice(k: int) -> Any:
    """One slice of a classic series."""
    made = _base("1.2.840.10008.5.1.4.1.1.4", f"{_ROOT}.4.{k + 1}")
    made.InstanceNumber = k + 1
    made.ScanningSequence, made.SequenceVariant = "GR", "SP"
    made.MRAcquisitionType, made.EchoTime, made.RepetitionTime = "3D", 3.0, 2000.0
    made.ImagePositionPatient, made.ImageOrientationPatient = _geometry(k)
    made.PixelSpacing = [VOXEL_MM[1], VOXEL_MM[0]]
    made.SliceThickness = made.SpacingBetweenSlices = VOXEL_MM[2]
    made.PixelData = head()[:, :, k].T.tobytes()
    return made


def _multiframe() -> Any:
    """All slices as one enhanced MR image."""
    from pydicom.dataset import Dataset

    made = _base("1.2.840.10008.5.1.4.1.1.4.1", f"{_ROOT}.4.1")
    made.NumberOfFrames = SHAPE[2]
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [VOXEL_MM[1], VOXEL_MM[0]], VOXEL_MM[2]
    measures.SpacingBetweenSlices = VOXEL_MM[2]
    orientation.ImageOrientationPatient = _geometry(0)[1]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    frames = []
    for k in range(SHAPE[2]):
        position, place, own = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = _geometry(k)[0]
        place.StackID, place.InStackPositionNumber, place.DimensionIndexValues = "1", k + 1, [1, k + 1]
        own.PlanePositionSequence, own.FrameContentSequence = [position], [place]
        frames.append(own)
    made.SharedFunctionalGroupsSequence, made.PerFrameFunctionalGroupsSequence = [shared], frames
    made.PixelData = np.transpose(head(), (2, 1, 0)).tobytes()
    return made


@cache
def dicom_seeds() -> dict[str, DicomSeed]:
    """Return the DICOM seeds by name."""
    made = (
        DicomSeed("dicom-folder", "series", "folder"),
        DicomSeed("dicom-zip", "series.zip", "zip"),
        DicomSeed("dicom-file", "scan.dcm", "file"),
    )
    return {seed.name: seed for seed in made}
