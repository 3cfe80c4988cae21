"""Valid small images of the formats that deskull reads through nibabel: AFNI, MINC and Philips PAR/REC."""

from __future__ import annotations

import io
from importlib.util import find_spec

import numpy as np
from benchmarks.fuzz.seeds import SHAPE, VOXEL_MM, Seed, affine, head
from nibabel.parrec import PARRECHeader
from scipy.io import netcdf_file

#: General information of a PAR file, in the scanner's words.
_PAR_GENERAL = {
    "Patient name": "anonymous", "Examination name": "head", "Protocol name": "T1w",
    "Examination date/time": "2025.01.01 / 12:00:00", "Series Type": "Image   MRSERIES", "Acquisition nr": "1",
    "Reconstruction nr": "1", "Scan Duration [sec]": "100", "Max. number of cardiac phases": "1",
    "Max. number of echoes": "1", "Max. number of slices/locations": str(SHAPE[2]), "Max. number of dynamics": "1",
    "Max. number of mixes": "1", "Patient position": "Head First Supine", "Preparation direction": "Anterior-Posterior",
    "Technique": "T1TFE", "Scan resolution  (x, y)": f"{SHAPE[0]} {SHAPE[1]}", "Scan mode": "3D",
    "Repetition time [ms]": "8.0", "FOV (ap,fh,rl) [mm]": f"{SHAPE[1] * 13} {SHAPE[2] * 15} {SHAPE[0] * 14}",
    "Water Fat shift [pixels]": "1.0", "Angulation midslice(ap,fh,rl)[degr]": "3.0 -2.0 10.0",
    "Off Centre midslice(ap,fh,rl) [mm]": "4.0 -5.0 2.0", "Flow compensation <0=no 1=yes> ?": "0",
    "Presaturation     <0=no 1=yes> ?": "0", "Phase encoding velocity [cm/sec]": "0 0 0",
    "MTC               <0=no 1=yes> ?": "0", "SPIR              <0=no 1=yes> ?": "0",
    "EPI factor        <0,1=no EPI>": "1", "Dynamic scan      <0=no 1=yes> ?": "0",
    "Diffusion         <0=no 1=yes> ?": "0", "Diffusion echo time [ms]": "0", "Max. number of diffusion values": "1",
    "Max. number of gradient orients": "1", "Number of label types   <0=no ASL>": "0",
}  # fmt: skip


def nibabel_seeds() -> list[Seed]:
    """Return the seeds of these formats."""
    return [
        _afni("afni", "scan+orig.BRIK", "raw"),
        _afni("afni.gz", "scan+orig.BRIK.gz", "gzip"),
        _par(),
        _minc("mnc", "scan.mnc", "raw"),
        *([_minc2("mnc2", "scan.mnc")] if find_spec("h5py") else []),
    ]


def _afni(name: str, body: str, encoding: str) -> Seed:
    """AFNI: a text header of typed attributes beside the voxels."""
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine()
    real = " ".join(f"{x:.6f}" for x in matrix[:3].ravel())
    attributes = [
        ("string", "TYPESTRING", "'3DIM_HEAD_ANAT~"),
        ("string", "BYTEORDER_STRING", "'LSB_FIRST~"),
        ("string", "LABEL_1", "'head~"),
        ("integer", "DATASET_RANK", "3 1 0 0 0 0 0 0"),
        ("integer", "DATASET_DIMENSIONS", "12 14 10 0 0"),
        ("integer", "SCENE_DATA", "0 2 0 -999 -999 -999 -999 -999"),
        ("integer", "ORIENT_SPECIFIC", "0 3 4"),
        ("integer", "BRICK_TYPES", "1"),
        ("float", "BRICK_FLOAT_FACS", "0"),
        ("float", "ORIGIN", " ".join(f"{x:g}" for x in matrix[:3, 3])),
        ("float", "DELTA", "14 13 15"),
        ("float", "IJK_TO_DICOM", real),
        ("float", "IJK_TO_DICOM_REAL", real),
    ]
    lines = []
    for kind, key, value in attributes:
        count = len(value) - 1 if kind == "string" else len(value.split())
        lines += ["", f"type  = {kind}-attribute", f"name  = {key}", f"count = {count}", f" {value}"]
    header = "\n".join(lines).encode() + b"\n"
    names = ("scan+orig.HEAD", body)
    return Seed(name, header, head().tobytes(order="F"), names, encoding, separator=" = ")


def _par() -> Seed:
    """Philips: a text header with a line for each slice beside the voxels."""
    lines = ["# === DATA DESCRIPTION FILE ===", "# CLINICAL TRYOUT   Research image export tool     V4.2", "#"]
    lines += [f".    {key:<34}:   {value}" for key, value in _PAR_GENERAL.items()]
    lines += ["#", "# === IMAGE INFORMATION ===", ""]
    for k in range(SHAPE[2]):
        lines.append(
            f"  {k + 1} 1 1 1 0 2 {k} 16 100 {SHAPE[0]} {SHAPE[1]} 0.0 1.0 1.0 400 800 3.0 -2.0 10.0 4.0 "
            f"{(k - 4.5) * 15 - 5:.3f} 2.0 15.000 0.000 0 1 0 2 {VOXEL_MM[0]:.3f} {VOXEL_MM[1]:.3f} 3.0 0.0 0.0 0.0 "
            "1 8.0 0 0 0 1 0.0 1 1 7 0 0 0 0 1"
        )
    lines += ["", "# === END OF DATA DESCRIPTION FILE ===", ""]
    header = "\n".join(lines).encode()
    matrix = PARRECHeader.from_fileobj(io.StringIO(header.decode())).get_affine()
    return Seed("par", header, head().tobytes(order="F"), ("scan.PAR", "scan.REC"), separator=":   ", affine=matrix)


def _minc(name: str, file: str, encoding: str) -> Seed:
    """MINC 1: a netCDF file with named axes, slowest first, and the range of each slice."""
    buffer = io.BytesIO()
    made = netcdf_file(buffer, "w", version=1)
    axes = ("zspace", "yspace", "xspace")
    directions = affine()[:3, :3] / VOXEL_MM
    starts = np.linalg.inv(directions) @ affine()[:3, 3]
    for index, axis in enumerate(reversed(axes)):
        made.createDimension(axis, SHAPE[index])
        variable = made.createVariable(axis, "i", ())
        variable.spacing, variable.alignment = b"regular__", b"centre"
        variable.step, variable.start = float(VOXEL_MM[index]), float(starts[index])
        variable.direction_cosines = directions[:, index]
    voxels = head().transpose().astype(">i2")
    for label, value in (("image-max", voxels.max()), ("image-min", voxels.min())):
        made.createVariable(label, "d", ())[...] = float(value)
    image = made.createVariable("image", "h", axes)
    image.signtype, image.valid_range = b"signed__", np.array([voxels.min(), voxels.max()], float)
    image[:] = voxels
    made.flush()
    content = buffer.getvalue()
    at = content.index(voxels.tobytes())
    return Seed(name, content[:at], content[at:], (file, file), encoding, encoding != "raw", any_axes=True)


def _minc2(name: str, file: str) -> Seed:
    """MINC 2: the same in HDF5."""
    import h5py

    directions = affine()[:3, :3] / VOXEL_MM
    starts = np.linalg.inv(directions) @ affine()[:3, 3]
    voxels = head().transpose()
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as made:
        for index, axis in enumerate(("xspace", "yspace", "zspace")):
            variable = made.create_dataset(f"minc-2.0/dimensions/{axis}", (), "i4")
            variable.attrs.update(
                step=VOXEL_MM[index],
                start=float(starts[index]),
                length=np.uint32(SHAPE[index]),
                spacing=np.bytes_("regular__"),
                direction_cosines=directions[:, index],
            )
        group = made.create_group("minc-2.0/image/0")
        group["image-min"], group["image-max"] = float(voxels.min()), float(voxels.max())
        image = group.create_dataset("image", data=voxels)
        image.attrs["dimorder"] = np.bytes_("zspace,yspace,xspace")
        image.attrs["valid_range"] = [float(voxels.min()), float(voxels.max())]
    content = buffer.getvalue()
    at = content.index(voxels.tobytes())
    return Seed(name, content[:at], content[at:], (file, file), any_axes=True)
