"""Results: the segmentation and the distance volume of a stripped volume, and moving their border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import slicer

from deskull import Result, Volume
from deskull.interfaces.summary import summary
from deskull.result import mask_ml
from DeskullLib.errors import ModuleError
from DeskullLib.volumes import ijk_to_ras, kji

#: Red, green and blue of the segments, from 0 to 1.
_BRAIN, _INTRACRANIAL = [0.86, 0.25, 0.22], [0.27, 0.55, 0.85]


@dataclass(frozen=True, eq=False)
class SceneResult:
    """A result and its nodes.

    Attributes
    ----------
    result : Result
    volume : vtkMRMLScalarVolumeNode
        The volume that was stripped.
    segmentation : vtkMRMLSegmentationNode
        With the segment of the mask.
    segment : str
        Identifier of the segment of the mask.
    distance : vtkMRMLScalarVolumeNode
        Signed distance to the surface in mm.
    intracranial : vtkMRMLSegmentationNode, optional
        With the segment of the intracranial mask, which does not move.
    """

    result: Result
    volume: Any
    segmentation: Any
    segment: str
    distance: Any
    intracranial: Any = None

    def move_border(self, border: float) -> str:
        """Move the segment of the mask, from the distance.

        Parameters
        ----------
        border : float
            In mm.

        Returns
        -------
        str
            Verdict, reasons and volume, as HTML.

        Raises
        ------
        ModuleError
            If the volume or the segment was removed.
        """
        if not all(map(slicer.mrmlScene.IsNodePresent, (self.volume, self.segmentation))):
            raise ModuleError("The volume or its segmentation was removed from the scene; strip the volume again.")
        if self.segmentation.GetSegmentation().GetSegment(self.segment) is None:
            raise ModuleError("The segment of the mask was removed; strip the volume again.")
        mask = self.result.mask_at(border)
        _fill(self.segmentation, self.segment, mask, self.volume)
        return summary(self.result, border, mask_ml(mask))

    def text(self) -> str:
        """Return verdict, reasons and volume of the mask as it was made, as HTML."""
        assert self.result.provenance is not None
        lines = [summary(self.result, self.result.provenance.border, self.result.volume_ml)]
        if self.result.icv_ml is not None:
            lines.append(f"Intracranial volume {self.result.icv_ml:,.0f} ml")
        return "<br>".join(lines)


def add_to_scene(result: Result, volume: Any) -> SceneResult:
    """Add the nodes of a result to the scene, with the geometry of the volume and beneath its transform.

    Parameters
    ----------
    result : Result
    volume : vtkMRMLScalarVolumeNode
        The volume that was stripped.

    Returns
    -------
    SceneResult

    Raises
    ------
    ModuleError
        If the volume was removed meanwhile.
    """
    if not slicer.mrmlScene.IsNodePresent(volume):
        raise ModuleError("The volume was removed from the scene while it was stripped; load it again.")
    segmentation, segment = _segmentation(volume, result.mask, "Brain", _BRAIN)
    distance = _new_node("vtkMRMLScalarVolumeNode", "distance", volume)
    distance.SetIJKToRASMatrix(ijk_to_ras(volume))
    slicer.util.updateVolumeFromArray(distance, kji(result.distance))
    intracranial = None
    if result.icv_mask is not None:
        intracranial, _ = _segmentation(volume, result.icv_mask, "Intracranial", _INTRACRANIAL)
    return SceneResult(result, volume, segmentation, segment, distance, intracranial)


def _segmentation(volume: Any, mask: Volume, name: str, colour: list[float]) -> tuple[Any, str]:
    """Add a segmentation of one segment; returns it and the identifier of the segment."""
    node = _new_node("vtkMRMLSegmentationNode", name.lower(), volume)
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segment: str = node.GetSegmentation().AddEmptySegment(name.lower(), name, colour)
    _fill(node, segment, mask, volume)
    return node, segment


def _new_node(kind: str, suffix: str, volume: Any) -> Any:
    """Add a node that is named after the volume and moves with it."""
    name = slicer.mrmlScene.GenerateUniqueName(f"{volume.GetName()} {suffix}")
    node = slicer.mrmlScene.AddNewNodeByClass(kind, name)
    node.CreateDefaultDisplayNodes()
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    return node


def _fill(segmentation: Any, segment: str, mask: Volume, volume: Any) -> None:
    """Replace the voxels of a segment."""
    slicer.util.updateSegmentBinaryLabelmapFromArray(kji(mask), segmentation, segment, volume)
