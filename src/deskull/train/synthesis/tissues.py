"""Head tissues, and how the label maps of each public data set name them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deskull.masking import signed_distance

Labels = npt.NDArray[np.uint8]
LabelMap = npt.NDArray[np.integer]


class Tissue(IntEnum):
    """The tissues an image is synthesised from; each gets a mean and a texture of its own."""

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


BRAIN_TISSUES = (1, 2, 3, 4, 5, 6, 7, 8)
#: What closing the brain may swallow: the fluid, vessels and folds of dura between gyri, never bone.
FILLABLE = (Tissue.CSF, Tissue.ARTERY, Tissue.VEIN, Tissue.DURA)

# FreeSurfer's numbers (FreeSurferColorLUT) and the head labels of SimNIBS charm as SynthSeg ships them.
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
SCATTERBRAINS: dict[Tissue, tuple[int, ...]] = {
    Tissue.SKIN: (1,),
    Tissue.BONE: (2,),
    Tissue.CSF: (3,),
    Tissue.CORTEX: (4,),
    Tissue.WHITE: (5,),
}
NEONATE: dict[Tissue, tuple[int, ...]] = {
    Tissue.SKIN: (1,),
    Tissue.CSF: (2,),
    Tissue.CORTEX: (3,),
    Tissue.WHITE: (4,),
    Tissue.BRAINSTEM: (5,),
    Tissue.CEREBELLUM_CORTEX: (6,),
}
SCHEMES: dict[str, dict[Tissue, tuple[int, ...]]] = {
    "synthseg": SYNTHSEG,
    "scatterbrains": SCATTERBRAINS,
    "neonate": NEONATE,
}


def tissues_of(labels: LabelMap, scheme: str, spacing: float) -> Labels:
    """Translate a label map into `Tissue` numbers.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
        The label map, RAS+.
    scheme : {"synthseg", "scatterbrains", "neonate"}
        Whose numbers it uses.
    spacing : float
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
        _split_crude_head(tissues, spacing, skull_mm=9.0)
    if scheme == "neonate":
        _split_neonate_scalp(tissues, spacing)
    _line_with_dura(tissues, spacing)
    return tissues


def _largest(tissues: Labels) -> Labels:
    """Drop specks floating outside the head."""
    parts, _ = ndimage.label(tissues > 0)
    head = np.bincount(parts.ravel())[1:].argmax() + 1
    return np.where(parts == head, tissues, 0).astype(np.uint8)


def _depth(inside: npt.NDArray[np.bool_], spacing: float) -> npt.NDArray[np.float32]:
    """Depth in mm below the surface of a region, by SimpleITK's exact Maurer map."""
    return -signed_distance(inside, spacing)


def _split_crude_head(tissues: Labels, spacing: float, skull_mm: float) -> None:
    """Give scatterBrains' two outer labels the layers that a real head has."""
    inner = np.isin(tissues, (*BRAIN_TISSUES, Tissue.CSF))
    beyond = -_depth(inner, spacing)
    bone = tissues == Tissue.BONE
    # The label calls the whole face bone: bone far from the brain becomes soft tissue.
    tissues[bone & (beyond > skull_mm + 3)] = Tissue.SOFT
    diploe = bone & (beyond > 2.5) & (beyond < skull_mm) & (_depth(tissues == Tissue.BONE, spacing) > 1.5)
    tissues[diploe] = Tissue.MARROW
    deep = (tissues == Tissue.SKIN) & (_depth(tissues > 0, spacing) > 4)
    tissues[deep] = Tissue.SOFT


def _split_neonate_scalp(tissues: Labels, spacing: float) -> None:
    """The neonatal atlas joins scalp and skull: a thin inner shell becomes bone."""
    inner = np.isin(tissues, (*BRAIN_TISSUES, Tissue.CSF))
    beyond = -_depth(inner, spacing)
    scalp = tissues == Tissue.SKIN
    tissues[scalp & (beyond < 2)] = Tissue.BONE
    tissues[scalp & (beyond > 6)] = Tissue.SOFT


def _line_with_dura(tissues: Labels, spacing: float) -> None:
    """Turn the CSF that touches the skull into dura, a layer of about 1 mm."""
    skull = np.isin(tissues, (Tissue.BONE, Tissue.MARROW))
    steps = max(1, round(1 / spacing))
    tissues[(tissues == Tissue.CSF) & ndimage.binary_dilation(skull, iterations=steps)] = Tissue.DURA
