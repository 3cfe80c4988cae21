"""Nodes of the scene: volumes and segmentations."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tests.slicer.stub.vtk import vtkMatrix4x4


class Node:
    """What all nodes have."""

    def __init__(self, name: str) -> None:
        self._name, self._transform_id = name, None
        self.has_display = False

    def GetName(self) -> str:
        return self._name

    def GetTransformNodeID(self) -> str | None:
        return self._transform_id

    def SetAndObserveTransformNodeID(self, identifier: str | None) -> None:
        self._transform_id = identifier

    def CreateDefaultDisplayNodes(self) -> None:
        self.has_display = True


class VolumeNode(Node):
    """A scalar volume; `image` has the axes (k, j, i)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.image: np.ndarray[Any, Any] | None = None
        self._ijk_to_ras = vtkMatrix4x4()

    def GetImageData(self) -> Any:
        return self.image

    def GetIJKToRASMatrix(self, matrix: vtkMatrix4x4) -> None:
        matrix.DeepCopy(self._ijk_to_ras)

    def SetIJKToRASMatrix(self, matrix: vtkMatrix4x4) -> None:
        self._ijk_to_ras.DeepCopy(matrix)


class Segment:
    """A segment: its voxels in the order (k, j, i), and where they lie."""

    def __init__(self, name: str, colour: list[float]) -> None:
        self.name, self.colour = name, colour
        self.voxels: np.ndarray[Any, Any] | None = None
        self.ijk_to_ras = vtkMatrix4x4()


class Segmentation:
    """The segments of a node."""

    def __init__(self) -> None:
        self.segments: dict[str, Segment] = {}

    def AddEmptySegment(self, identifier: str, name: str, colour: list[float]) -> str:
        assert identifier not in self.segments
        self.segments[identifier] = Segment(name, colour)
        return identifier

    def GetSegment(self, identifier: str) -> Segment | None:
        return self.segments.get(identifier)

    def RemoveSegment(self, identifier: str) -> None:
        del self.segments[identifier]


class SegmentationNode(Node):
    """A segmentation."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._segmentation = Segmentation()
        self.reference: VolumeNode | None = None

    def GetSegmentation(self) -> Segmentation:
        return self._segmentation

    def SetReferenceImageGeometryParameterFromVolumeNode(self, volume: VolumeNode) -> None:
        self.reference = volume


class Scene:
    """The nodes that there are."""

    KINDS: ClassVar[dict[str, type[Node]]] = {
        "vtkMRMLScalarVolumeNode": VolumeNode,
        "vtkMRMLSegmentationNode": SegmentationNode,
    }

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def AddNewNodeByClass(self, kind: str, name: str) -> Node:
        node: Node = self.KINDS[kind](name)
        self.nodes.append(node)
        return node

    def RemoveNode(self, node: Node) -> None:
        self.nodes.remove(node)

    def IsNodePresent(self, node: Node) -> bool:
        return node in self.nodes

    def GenerateUniqueName(self, name: str) -> str:
        taken = {node.GetName() for node in self.nodes}
        count = 1
        unique = name
        while unique in taken:
            unique = f"{name}_{count}"
            count += 1
        return unique
