"""`slicer.util`: arrays of nodes, errors and pip."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.slicer.stub.nodes import SegmentationNode, VolumeNode
from tests.slicer.stub.vtk import vtkMatrix4x4

#: What was shown and what pip was asked for, since the stub was made.
shown_errors: list[str] = []
pip_calls: list[list[str]] = []


def arrayFromVolume(node: VolumeNode) -> np.ndarray[Any, Any]:
    assert node.image is not None
    return node.image.view()


def arrayFromVTKMatrix(matrix: vtkMatrix4x4) -> np.ndarray[Any, Any]:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def updateVTKMatrixFromArray(matrix: vtkMatrix4x4, array: np.ndarray[Any, Any]) -> None:
    for row, column in np.ndindex(4, 4):
        matrix.SetElement(row, column, array[row, column])


def updateVolumeFromArray(node: VolumeNode, array: np.ndarray[Any, Any]) -> None:
    node.image = np.array(array, order="C")


def updateSegmentBinaryLabelmapFromArray(
    array: np.ndarray[Any, Any], node: SegmentationNode, identifier: str, reference: VolumeNode
) -> None:
    segment = node.GetSegmentation().GetSegment(identifier)
    assert segment is not None
    assert reference.image is not None
    assert array.shape == reference.image.shape
    segment.voxels = np.array(array, order="C")
    reference.GetIJKToRASMatrix(segment.ijk_to_ras)


def errorDisplay(text: str) -> None:
    shown_errors.append(text)


def pip_install(requirements: list[str]) -> None:
    pip_calls.append(requirements)
