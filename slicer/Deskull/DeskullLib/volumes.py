"""Volumes: from a node of the scene to a volume of deskull, and the arrays of results back in Slicer's order.

An array of Slicer is indexed (k, j, i), one of deskull (i, j, k). Slicer's files are often in LPS, but its scene is in
RAS: the IJKToRAS matrix of a node is the affine of deskull.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

from deskull import Volume, from_array
from DeskullLib.errors import ModuleError


def scan_of(node: Any) -> Volume:
    """Return a copy of the voxels of a node with its geometry.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode

    Returns
    -------
    Volume
        Shape (i, j, k); transforms above the node are left out, because its results get them, too.

    Raises
    ------
    ModuleError
        If it is missing, empty or in colour.
    InputError
        If it is no head scan by its size.
    """
    if node is None or node.GetImageData() is None:
        raise ModuleError("There is no volume to strip; load a head scan and choose it.")
    voxels = slicer.util.arrayFromVolume(node)
    if voxels.ndim != 3:
        raise ModuleError(f"{node.GetName()}: has several values in each voxel; choose a volume of grey values.")
    affine = slicer.util.arrayFromVTKMatrix(ijk_to_ras(node))
    return from_array(np.array(voxels, order="C").T, np.array(affine, float), name=node.GetName())


def ijk_to_ras(node: Any) -> Any:
    """Return a copy of the matrix of a node from voxel indices to RAS coordinates in mm."""
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix


def kji(volume: Volume) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the voxels of a volume in Slicer's order, (k, j, i)."""
    return np.ascontiguousarray(volume.data.T)
