"""Tiny data sets laid out as their authors publish them, and a tool that thresholds."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

from deskull import Volume, formats

#: A tool: what is brighter than a level is brain. It reads int16 NIfTI by hand: NumPy would take longer to start.
THRESHOLD = """
import array, gzip, struct, sys
content = bytearray(gzip.open(sys.argv[1]).read())
voxels = array.array("h", bytes(content[352:]))
struct.pack_into("<2h", content, 70, 2, 8)
mask = bytes(voxel > float(sys.argv[3]) for voxel in voxels)
with gzip.open(sys.argv[2], "wb", 1) as file:
    file.write(bytes(content[:352]) + mask)
print("thresholded")
"""


def threshold_tool(folder: Path, level: float = 300) -> str:
    """Write the tool, and return the template of its command."""
    script = folder / "threshold.py"
    script.write_text(THRESHOLD)
    return f"{shlex.quote(sys.executable)} -S -E {shlex.quote(str(script))} {{input}} {{mask}} {level}"


def bright(head: Volume, above: float = 250) -> Volume:
    """A reference for a head: what is brighter than a level."""
    return head.with_data((head.data > above).astype(np.uint8))


def write_nfbs(folder: Path, head: Volume, count: int = 2) -> Path:
    """NFBS: the three files of each person in a folder of its own."""
    for number in range(count):
        stem = folder / f"A0009000{number}" / f"sub-A0009000{number}_ses-NFB3_T1w"
        formats.write(head, stem.with_name(f"{stem.name}.nii.gz"))
        formats.write(head, stem.with_name(f"{stem.name}_brain.nii.gz"))
        formats.write(bright(head), stem.with_name(f"{stem.name}_brainmask.nii.gz"))
    return folder


def write_synthstrip(folder: Path, head: Volume) -> Path:
    """SynthStrip 1.5: two scans of one person, one of another, and a mask without its image."""
    for name in ("ixi_t1_016", "ixi_t2_016", "fsm_t1_02cd"):
        formats.write(head, folder / name / "image.nii.gz")
        formats.write(bright(head), folder / name / "mask.nii.gz")
        formats.write(bright(head), folder / name / "labels.nii.gz")
    formats.write(bright(head), folder / "cim_ct_001" / "mask.nii.gz")
    return folder


def write_cc359(folder: Path, head: Volume) -> Path:
    """CC-359: scans and three kinds of masks in folders of their own."""
    name = "CC0001_philips_15_55_M"
    formats.write(head, folder / "Original" / "Original" / f"{name}.nii.gz")
    silver = folder / "Silver-standard-machine-learning" / "Silver-standard"
    formats.write(bright(head), silver / f"{name}_ss.nii.gz")
    probability = head.with_data(np.where(head.data > 250, 0.9, 0.2).astype(np.float32))
    formats.write(probability, folder / "Silver-standard-STAPLE" / "STAPLE" / f"{name}_staple.nii.gz")
    formats.write(bright(head), folder / "Manual" / f"{name}_manual.nii.gz")
    return folder


def write_lpba40(folder: Path, head: Volume) -> Path:
    """LPBA40, native space: pairs of Analyze files, and a brain that is stripped already."""
    place = folder / "native_space" / "S01"
    place.mkdir(parents=True)
    for name, volume in (("mri", head), ("brain.mask", bright(head)), ("brain.bfc", head)):
        image = nib.AnalyzeImage(volume.data, volume.affine)
        image.to_filename(place / f"S01.native.{name}.hdr")
    return folder


def write_ixi(folder: Path, head: Volume) -> Path:
    """IXI as released, with masks in another folder."""
    for number, site in (("002", "Guys"), ("012", "HH")):
        formats.write(head, folder / "IXI-T1" / f"IXI{number}-{site}-0828-T1.nii.gz")
        formats.write(bright(head), folder / "masks" / f"IXI{number}-{site}-0828-T1_mask.nii.gz")
    return folder


def write_ixi_tiny(folder: Path, head: Volume) -> Path:
    """IXI Tiny: scans and labels in two folders."""
    formats.write(head, folder / "image" / "IXI002-Guys-0828_image.nii.gz")
    formats.write(bright(head), folder / "label" / "IXI002-Guys-0828_label.nii.gz")
    return folder


#: By the name of the layout: how to write it, and the names and people of its cases.
DATA_SETS = {
    "nfbs": (write_nfbs, {f"sub-A0009000{n}_ses-NFB3_T1w": f"A0009000{n}" for n in range(2)}),
    "synthstrip": (
        write_synthstrip,
        {"ixi_t1_016": "ixi_016", "ixi_t2_016": "ixi_016", "fsm_t1_02cd": "fsm_02cd"},
    ),
    "cc359": (write_cc359, {"CC0001_philips_15_55_M": "CC0001"}),
    "lpba40": (write_lpba40, {"S01": "S01"}),
    "ixi": (write_ixi, {"IXI002-Guys-0828-T1": "IXI002", "IXI012-HH-0828-T1": "IXI012"}),
    "ixi-tiny": (write_ixi_tiny, {"IXI002-Guys-0828": "IXI002"}),
}
