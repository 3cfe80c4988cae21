"""Small synthetic DICOM series, written with pydicom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

MR = "1.2.840.10008.5.1.4.1.1.4"
CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)
PATIENT = "Doe^Jane"


@dataclass
class Recipe:
    """How a series is made; the defaults give 12 axial slices of 16 x 16 voxels of 2 x 2 x 6 mm."""

    slices: int = 12
    size: int = 16
    rows: int | None = None
    orientation: tuple[float, ...] = AXIAL
    origin: tuple[float, float, float] = (-16.0, -16.0, -36.0)
    spacing: float = 6.0
    tilt: float = 0.0  # mm that each slice is shifted along the columns
    number: int = 3
    description: str = "T1 sagittal"
    sop_class: str = MR
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "M", "ND")
    uid: str = field(default_factory=generate_uid)
    study: str = "1.2.3.4711.20200102"
    tags: dict[str, Any] = field(default_factory=dict)

    def step(self) -> np.ndarray:
        """Vector from a slice to the next, in mm (LPS)."""
        along_row, along_column = np.reshape(self.orientation, (2, 3)).astype(float)
        return np.cross(along_row, along_column) * self.spacing + along_column * self.tilt


def pixels(recipe: Recipe, index: int) -> np.ndarray:
    """Values of one slice, all different within the series."""
    rows = recipe.rows or recipe.size
    count = rows * recipe.size
    return (np.arange(count, dtype=np.int16) + index * count).reshape(rows, recipe.size)


def image(recipe: Recipe, index: int) -> pydicom.Dataset:
    """One slice as a data set."""
    made = pydicom.Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = recipe.sop_class
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.SpecificCharacterSet = "ISO_IR 100"
    made.ImageType = list(recipe.image_type)
    made.StudyDate = made.SeriesDate = "20200102"
    made.StudyTime = made.SeriesTime = made.AcquisitionTime = "101500"
    made.Modality = {MR: "MR", CT: "CT"}.get(recipe.sop_class, "OT")
    made.Manufacturer = "SIEMENS"
    made.PatientName, made.PatientID, made.PatientBirthDate = PATIENT, "4711-0815", "19500203"
    made.StudyInstanceUID, made.SeriesInstanceUID = recipe.study, recipe.uid
    made.FrameOfReferenceUID = recipe.study + ".9"
    made.SeriesNumber, made.SeriesDescription = recipe.number, recipe.description
    made.ProtocolName = "protocol"
    made.AcquisitionNumber = 1
    made.InstanceNumber = index + 1
    made.EchoTime, made.EchoNumbers, made.RepetitionTime, made.FlipAngle = 2.5, 1, 1900.0, 9.0
    made.PatientPosition = "HFS"
    made.ImageOrientationPatient = list(recipe.orientation)
    made.ImagePositionPatient = [round(float(v), 5) for v in np.array(recipe.origin) + index * recipe.step()]
    made.PixelSpacing = [2.0, 2.0]
    made.SliceThickness = recipe.spacing
    values = pixels(recipe, index)
    made.Rows, made.Columns = values.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 1
    made.PixelData = values.tobytes()
    for name, value in recipe.tags.items():
        setattr(made, name, value)
    return made


def multi_frame(recipe: Recipe, indices: Sequence[int]) -> pydicom.Dataset:
    """Slices as frames of one image, with their geometry in functional groups (PS3.3 C.7.6.16)."""
    made = image(recipe, 0)
    measures, orientation = pydicom.Dataset(), pydicom.Dataset()
    measures.PixelSpacing, measures.SliceThickness = made.PixelSpacing, made.SliceThickness
    orientation.ImageOrientationPatient = made.ImageOrientationPatient
    shared = pydicom.Dataset()
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    made.SharedFunctionalGroupsSequence = [shared]
    made.PerFrameFunctionalGroupsSequence = []
    for index in indices:
        position, own = pydicom.Dataset(), pydicom.Dataset()
        position.ImagePositionPatient = image(recipe, index).ImagePositionPatient
        own.PlanePositionSequence = [position]
        made.PerFrameFunctionalGroupsSequence.append(own)
    made.NumberOfFrames = len(indices)
    made.PixelData = b"".join(pixels(recipe, index).tobytes() for index in indices)
    del made.ImagePositionPatient, made.ImageOrientationPatient, made.PixelSpacing, made.SliceThickness
    return made


def write(made: pydicom.Dataset, path: Path, *, preamble: bool = True, implicit: bool = False) -> Path:
    """Write a data set, with or without the preamble of 128 bytes and the file meta information."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if preamble:
        made.save_as(path, enforce_file_format=True)
    else:
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        del made.file_meta
        pydicom.dcmwrite(path, made, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    return path


def write_series(
    folder: Path, recipe: Recipe | None = None, keep: Any = None, name: str = "slice{:03d}.dcm"
) -> list[Path]:
    """Write a series, or the slices of it that `keep` lists, into a folder."""
    recipe = recipe or Recipe()
    kept = range(recipe.slices) if keep is None else keep
    return [write(image(recipe, index), folder / name.format(index)) for index in kept]


def write_diffusion(folder: Path, b_values: Sequence[float], volume: np.ndarray | None = None) -> None:
    """Write a diffusion series, each frame with a b-value; all frames without weighting show the volume, (x, y, z)."""
    recipe = Recipe(description="dwi", slices=12 if volume is None else volume.shape[2], spacing=2.0)
    for frame, b_value in enumerate(b_values):
        for index in range(recipe.slices):
            made = image(recipe, index)
            made.InstanceNumber, made.AcquisitionNumber = frame * recipe.slices + index + 1, frame + 1
            made.ScanningSequence, made.DiffusionBValue = "EP", float(b_value)
            if b_value:
                made.DiffusionGradientOrientation = [1.0, 0.0, 0.0]
            if volume is not None:
                made.Rows, made.Columns = volume.shape[1], volume.shape[0]
                values = volume[..., index] if b_value == 0 else np.roll(volume[..., index], volume.shape[0] // 2, 0)
                made.PixelData = np.ascontiguousarray(values.T.astype(np.int16)).tobytes()
            write(made, folder / f"{frame:02d}_{index:03d}.dcm")
