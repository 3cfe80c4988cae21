"""What other libraries read from a mutant: an independent expectation for images that deskull accepts."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import warnings
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from benchmarks.fuzz.classes import Reading, canonical
from benchmarks.fuzz.files import write_files
from benchmarks.fuzz.mutations import Mutant, all_seeds
from benchmarks.fuzz.seeds import secret
from benchmarks.fuzz.seeds_dicom import DicomSeed

_META_TYPES = {"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_FLOAT": "f4"}
_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_otherwise(mutant: Mutant) -> dict[str, Reading]:
    """Return the readings of other libraries by their names; those that refuse the file are absent."""
    made = mutant.make()
    seed = all_seeds()[mutant.format]
    folder = _scratch() / "case"
    write_files(made.files, folder, secret())
    readers: dict[str, Callable[[Path], Reading]] = {
        "nibabel": _nibabel,
        "pynrrd": _pynrrd,
        "SimpleITK": _itk,
        "NIfTI standard": _unchecked,
        "MetaIO documentation": _metaio,
    }
    if isinstance(seed, DicomSeed):
        readers = {"pydicom": _pydicom, "GDCM": _gdcm}
    found = {}
    for name, reader in readers.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                one = reader(folder / made.main)
                found[name] = canonical(one) if seed.any_axes else one
        except Exception:  # these readers have many errors of their own
            continue
    return found


def _nibabel(path: Path) -> Reading:
    """NIfTI, Analyze, MGH, AFNI, MINC and PAR/REC."""
    image = nib.load(path)
    return Reading(_squeezed(np.asarray(image.dataobj, float)), np.asarray(image.affine, float))


def _pynrrd(path: Path) -> Reading:
    """NRRD."""
    import nrrd

    data, header = nrrd.read(str(path), index_order="F")
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"], float).T
    affine[:3, 3] = header.get("space origin", np.zeros(3))
    affine = {"l": _LPS, "r": np.eye(4)}[header["space"][0]] @ affine
    return Reading(_squeezed(np.asarray(data, float)), affine)


def _itk(path: Path) -> Reading:
    """NRRD, MetaImage and NIfTI."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    return _from_itk(sitk.ReadImage(str(path), sitk.sitkFloat64))


def _from_itk(image: Any) -> Reading:
    """Voxels and RAS affine of an image of SimpleITK."""
    import SimpleITK as sitk

    size = image.GetDimension()
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(size, size)[:3, :3] * np.array(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return Reading(_squeezed(sitk.GetArrayFromImage(image).T), _LPS @ affine)


def _unchecked(path: Path) -> Reading:
    """The affine alone of a NIfTI header that nibabel's own checks would refuse for other fields."""
    packed = path.read_bytes()
    content = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    sizes = [int.from_bytes(content[:4], order) for order in ("little", "big")]
    kind = nib.Nifti2Header if 540 in sizes else nib.Nifti1Header
    header = kind.from_fileobj(io.BytesIO(content), check=False)
    return Reading(np.empty(0), header.get_best_affine())


def _metaio(path: Path) -> Reading:
    """MetaImage as its documentation has it, for the orders of tags and the values that ITK refuses."""
    tags: dict[str, str] = {}
    content = path.read_bytes()
    at = 0
    while "ElementDataFile" not in tags:
        end = content.index(b"\n", at)
        key, _, value = content[at:end].decode("latin-1").partition("=")
        tags[key.strip()] = value.strip()
        at = end + 1
    local = tags["ElementDataFile"] == "LOCAL"
    voxels = content[at:] if local else (path.parent / tags["ElementDataFile"]).read_bytes()
    voxels = zlib.decompress(voxels) if tags.get("CompressedData", "F")[:1] in "Tt1" else voxels
    sizes = [int(word) for word in tags["DimSize"].split()]
    order = ">" if tags.get("BinaryDataByteOrderMSB", tags.get("ElementByteOrderMSB", "F"))[:1] in "Tt1" else "<"
    data = np.frombuffer(voxels, f"{order}{_META_TYPES[tags['ElementType']]}", int(np.prod(sizes)))
    affine = np.eye(4)
    affine[:3, :3] = np.array(tags["TransformMatrix"].split(), float).reshape(3, 3).T
    affine[:3, :3] *= np.array(tags["ElementSpacing"].split(), float)
    affine[:3, 3] = np.array(tags.get("Offset", "0 0 0").split(), float)
    return Reading(data.reshape(sizes, order="F").astype(float), _LPS @ affine)


def _gdcm(path: Path) -> Reading:
    """DICOM files through SimpleITK."""
    import SimpleITK as sitk

    if path.is_file():
        return _itk(path)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(path))
    return _from_itk(sitk.ReadImage(list(names), sitk.sitkFloat64))


def _pydicom(path: Path) -> Reading:
    """Slices of the first series, sorted by their positions along its normal."""
    import zipfile

    import pydicom

    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            members = [archive.read(name) for name in archive.namelist()[:100] if name.endswith(".dcm")]
        images = [pydicom.dcmread(io.BytesIO(one), force=True) for one in members]
    else:
        paths = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
        images = [pydicom.dcmread(one, force=True) for one in paths]
    planes = [plane for image in images for plane in _planes(image)]
    normal = np.cross(planes[0][1][:3, 0], planes[0][1][:3, 1])
    planes.sort(key=lambda plane: float(plane[1][:3, 3] @ normal))
    affine = planes[0][1]
    affine[:3, 2] = (planes[-1][1][:3, 3] - affine[:3, 3]) / (len(planes) - 1)
    return Reading(np.stack([pixels for pixels, _ in planes], axis=-1), _LPS @ affine)


def _planes(image: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pixels (column, row) and affine of each frame of a DICOM image, in LPS mm."""
    slope, inter = float(getattr(image, "RescaleSlope", 1)), float(getattr(image, "RescaleIntercept", 0))
    pixels = np.asarray(image.pixel_array, float) * slope + inter
    groups = getattr(image, "PerFrameFunctionalGroupsSequence", None)
    if groups is None:
        return [(pixels.T, _plane(image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing))]
    shared = image.SharedFunctionalGroupsSequence[0]
    orientation = shared.PlaneOrientationSequence[0].ImageOrientationPatient
    spacing = shared.PixelMeasuresSequence[0].PixelSpacing
    return [
        (pixels[k].T, _plane(own.PlanePositionSequence[0].ImagePositionPatient, orientation, spacing))
        for k, own in enumerate(groups)
    ]


def _plane(position: Any, orientation: Any, spacing: Any) -> np.ndarray:
    """Affine from column and row to LPS mm (PS3.3 C.7.6.2.1.1)."""
    matrix = np.eye(4)
    axes = np.array(orientation, float).reshape(2, 3)
    matrix[:3, 0], matrix[:3, 1] = axes[0] * float(spacing[1]), axes[1] * float(spacing[0])
    matrix[:3, 3] = np.array(position, float)
    return matrix


def _squeezed(values: np.ndarray) -> np.ndarray:
    """Drop singleton axes after the third."""
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    return values


@cache
def _scratch() -> Path:
    """Return the folder of this process, whose output is not wanted: libraries print what they cannot read."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return Path(tempfile.mkdtemp(prefix=f"fuzz{os.getppid()}-"))
