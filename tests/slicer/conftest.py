"""Fixtures: the stub of Slicer in place, and scans loaded as Slicer loads them, with ITK."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from tests.slicer.stub.modules import make_modules

MODULE = Path(__file__).parents[2] / "slicer" / "Deskull"
#: RAS of LPS coordinates.
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture
def slicer(monkeypatch) -> Any:
    """The stub as the module `slicer`; the module under test is imported anew for each test."""
    modules = make_modules()
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(MODULE)
    for name in [name for name in sys.modules if name.split(".")[0] in ("Deskull", "DeskullLib")]:
        monkeypatch.delitem(sys.modules, name)
    yield modules["slicer"]
    for name in [name for name in sys.modules if name.split(".")[0] in ("Deskull", "DeskullLib")]:
        del sys.modules[name]


@pytest.fixture
def load(slicer) -> Any:
    """A function that loads a file into the scene: voxels (k, j, i), and a matrix to RAS from ITK's LPS."""

    def load_file(path: Path) -> Any:
        image = sitk.ReadImage(str(path))
        lps = np.eye(4)
        lps[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
        lps[:3, 3] = image.GetOrigin()
        return add_volume(slicer, path.name.split(".")[0], sitk.GetArrayFromImage(image), FLIP @ lps)

    return load_file


def add_volume(slicer: Any, name: str, voxels: Any, ijk_to_ras: Any) -> Any:
    """Add a volume node with voxels (k, j, i)."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    slicer.util.updateVolumeFromArray(node, voxels)
    matrix = sys.modules["vtk"].vtkMatrix4x4()
    slicer.util.updateVTKMatrixFromArray(matrix, ijk_to_ras)
    node.SetIJKToRASMatrix(matrix)
    return node


def matrix_of(slicer: Any, node: Any) -> Any:
    """The matrix of a node as an array."""
    matrix = sys.modules["vtk"].vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)
