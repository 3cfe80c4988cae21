"""Tissues of the head, and the numbers by which the label maps of each public data set name them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.masking import signed_distance

TissueArray = npt.NDArray[np.uint8]


class Tissue(IntEnum):
    """The tissues of which an image is made; each has a mean intensity and a texture."""

    AIR = 0
    WHITE = 1
    CORTEX = 2
    DEEP_GREY = 3
    VENTRICLE = 4
    CEREBELLUM_WHITE = 5
    CEREBELLUM_CORTEX = 6
    BRAINSTEM = 7
    LESION = 8
    CSF = 9
    ARTERY = 10
    EYE = 11
    SOFT = 12
    EYE_MUSCLE = 13
    MUCOSA = 14
    SKIN = 15
    CORD = 16
    VEIN = 17
    BONE = 18
    MARROW = 19
    OPTIC_NERVE = 20
    DURA = 21
    FAT = 22


#: Tissues that are brain in any case.
BRAIN_TISSUES = (1, 2, 3, 4, 5, 6, 7, 8)
#: Tissues that morphological closing may add to the brain: fluid, vessels and folds of dura between gyri, never bone.
FILLABLE = (Tissue.CSF, Tissue.ARTERY, Tissue.VEIN, Tissue.DURA)

#: FreeSurfer's numbers (FreeSurferColorLUT) and the head labels of SimNIBS charm, as SynthSeg distributes them.
SYNTHSEG: dict[Tissue, tuple[int, ...]] = {
    Tissue.WHITE: (2, 41, 85, 30, 62),
    Tissue.CORTEX: (3, 42),
    Tissue.DEEP_GREY: (10, 11, 12, 13, 17, 18, 26, 28, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164),
    Tissue.VENTRICLE: (4, 5, 14, 15, 43, 44, 31, 63, 72),
    Tissue.CEREBELLUM_WHITE: (7, 46),
    Tissue.CEREBELLUM_CORTEX: (8, 47),
    Tissue.BRAINSTEM: (16,),
    Tissue.LESION: (25, 57),
    Tissue.CSF: (24,),
    Tissue.ARTERY: (502,),
    Tissue.EYE: (506,),
    Tissue.SOFT: (507,),
    Tissue.EYE_MUSCLE: (508,),
    Tissue.MUCOSA: (509,),
    Tissue.SKIN: (511,),
    Tissue.CORD: (512,),
    Tissue.VEIN: (514,),
    Tissue.BONE: (515,),
    Tissue.MARROW: (516,),
    Tissue.OPTIC_NERVE: (530,),
}
#: scatterBrains: five layers of the head.
SCATTERBRAINS: dict[Tissue, tuple[int, ...]] = {
    Tissue.SKIN: (1,),
    Tissue.BONE: (2,),
    Tissue.CSF: (3,),
    Tissue.CORTEX: (4,),
    Tissue.WHITE: (5,),
}
#: AtlasViewer's neonatal atlas.
NEONATE: dict[Tissue, tuple[int, ...]] = {
    Tissue.SKIN: (1,),
    Tissue.CSF: (2,),
    Tissue.CORTEX: (3,),
    Tissue.WHITE: (4,),
    Tissue.BRAINSTEM: (5,),
    Tissue.CEREBELLUM_CORTEX: (6,),
}
#: Label numbers by the first part of a label map's name.
SCHEMES: dict[str, dict[Tissue, tuple[int, ...]]] = {
    "synthseg": SYNTHSEG,
    "scatterbrains": SCATTERBRAINS,
    "neonate": NEONATE,
}


#: Layers of an adult's head in mm (the project's own choice, of the order of published means): skull beyond the fluid,
#: the distance beyond it at which bone is face, outer and inner table of the skull, skin with what lies close under it.
_SKULL_MM, _FACE_MM, _TABLE_MM, _SKIN_MM = 9.0, 3.0, (2.5, 1.5), 4.0
#: Those of a newborn: skull beyond the fluid, and where skin ends.
_NEONATE_SKULL_MM, _NEONATE_SKIN_MM = 2.0, 6.0
#: Thickness of the dura in mm.
_DURA_MM = 1.0


def tissues_of(labels: npt.NDArray[np.integer], scheme: str, voxel_size: float) -> TissueArray:
    """Translate a label map into `Tissue` numbers.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
        The label map, RAS+.
    scheme : {"synthseg", "scatterbrains", "neonate"}
        Whose label numbers it uses.
    voxel_size : float
        Edge of its isotropic voxels in mm.

    Returns
    -------
    ndarray of uint8, shape (x, y, z)

    Raises
    ------
    KeyError
        If the scheme is unknown.
    """
    table = SCHEMES[scheme]
    lookup = np.zeros(int(labels.max()) + 1, np.uint8)
    for tissue, numbers in table.items():
        lookup[[n for n in numbers if n < len(lookup)]] = tissue
    tissues = _largest(lookup[labels])
    if scheme == "scatterbrains":
        _split_outer_layers(tissues, voxel_size)
    if scheme == "neonate":
        _split_neonate_scalp(tissues, voxel_size)
    _line_with_dura(tissues, voxel_size)
    return tissues


def _largest(tissues: TissueArray) -> TissueArray:
    """Remove small parts outside the head."""
    parts, _ = ndimage.label(tissues > 0)
    head = np.bincount(parts.ravel())[1:].argmax() + 1
    return np.where(parts == head, tissues, 0).astype(np.uint8)


def _depth(inside: npt.NDArray[np.bool_], voxel_size: float) -> npt.NDArray[np.float32]:
    """Depth in mm below the surface of a region."""
    return -signed_distance(inside, voxel_size)


def _split_outer_layers(tissues: TissueArray, voxel_size: float) -> None:
    """Split the two outer labels of scatterBrains into the layers of a real head, in place."""
    inner = np.isin(tissues, (*BRAIN_TISSUES, Tissue.CSF))
    beyond = -_depth(inner, voxel_size)
    bone = tissues == Tissue.BONE
    # The whole face has the label of bone: what is far from the brain becomes soft tissue.
    tissues[bone & (beyond > _SKULL_MM + _FACE_MM)] = Tissue.SOFT
    deep_bone = _depth(tissues == Tissue.BONE, voxel_size) > _TABLE_MM[1]
    diploe = bone & (beyond > _TABLE_MM[0]) & (beyond < _SKULL_MM) & deep_bone
    tissues[diploe] = Tissue.MARROW
    deep = (tissues == Tissue.SKIN) & (_depth(tissues > 0, voxel_size) > _SKIN_MM)
    tissues[deep] = Tissue.SOFT


def _split_neonate_scalp(tissues: TissueArray, voxel_size: float) -> None:
    """Split the joint label of scalp and skull of the neonatal atlas in place: a thin inner shell becomes bone."""
    inner = np.isin(tissues, (*BRAIN_TISSUES, Tissue.CSF))
    beyond = -_depth(inner, voxel_size)
    scalp = tissues == Tissue.SKIN
    tissues[scalp & (beyond < _NEONATE_SKULL_MM)] = Tissue.BONE
    tissues[scalp & (beyond > _NEONATE_SKIN_MM)] = Tissue.SOFT


def _line_with_dura(tissues: TissueArray, voxel_size: float) -> None:
    """Turn the CSF that touches the skull into dura, a layer of about 1 mm, in place."""
    skull = np.isin(tissues, (Tissue.BONE, Tissue.MARROW))
    steps = max(1, round(_DURA_MM / voxel_size))
    tissues[(tissues == Tissue.CSF) & ndimage.binary_dilation(skull, iterations=steps)] = Tissue.DURA
