"""The command line starts without pydicom, and has it where it is needed."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys

import nibabel
import numpy as np
import pytest

pytest.importorskip("pydicom", reason="needs pydicom (deskull[dicom])")


def python(code: str) -> str:
    """Run code in a fresh interpreter, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


STRIP = """
import sys
from deskull.cli import app
sys.argv = ["deskull", "strip", "missing.nii"]
try:
    app()
except SystemExit:
    print("pydicom" in sys.modules, "nibabel" in sys.modules)
"""


def test_stripping_imports_nibabel_without_pydicom():
    assert python(STRIP) == "False True"


def test_pydicom_can_be_imported_afterwards():
    code = "from deskull.cli.light_imports import import_nibabel_alone; import_nibabel_alone()"
    assert python(f"{code}; import pydicom; print(pydicom.__name__)") == "pydicom"


def test_library_leaves_pydicom_to_nibabel():
    code = "import deskull.formats, nibabel.nifti1 as n; print(n.have_dicom)"
    assert python(code) == "True"


def test_scan_with_a_dicom_extension_in_its_header_keeps_it(tiny_head, toy_model, tmp_path):
    image = nibabel.Nifti1Image(np.asarray(tiny_head.data, np.float32), tiny_head.affine)
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"no data set of DICOM"))
    scan, code_at = tmp_path / "scan.nii", 356
    content = bytearray(image.to_bytes())
    content[code_at : code_at + 4] = struct.pack("<i", 2)
    scan.write_bytes(content)
    command = ["strip", str(scan), "-o", str(tmp_path / "out"), "--model", str(toy_model)]
    done = subprocess.run([sys.executable, "-m", "deskull", *command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    start, end = 348, int(nibabel.Nifti1Header(bytes(content[:348]))["vox_offset"])
    assert gzip.decompress((tmp_path / "out" / "scan_brainmask.nii.gz").read_bytes())[start:end] == content[start:end]
