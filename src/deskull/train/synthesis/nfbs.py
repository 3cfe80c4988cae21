"""A data set in the layout of NFBS, made by synthesis: for where NFBS itself cannot be had.

NFBS (Puccio et al., GigaScience 2016) holds 125 defaced T1w scans of 256 x 256 x 192 voxels of 1 mm, each as
``A000xxxxx/sub-A000xxxxx_ses-NFB3_T1w.nii.gz`` with ``_T1w_brain`` and ``_T1w_brainmask`` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from deskull import formats
from deskull.data.splits import Membership, write_splits
from deskull.errors import InputError
from deskull.system.leftovers import remove_leftovers
from deskull.train.synthesis.anatomy import load_anatomy
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import SynthesisConfig, synthesise
from deskull.train.synthesis.spatial import PoseConfig, Shape
from deskull.volume import Volume

#: Anatomies that no shipped model has seen: the data set's validation subjects.
HELD_OUT = ("scatterbrains_13", "scatterbrains_14", "scatterbrains_15", "scatterbrains_16")
#: Left-right, back-front, bottom-top, in voxels of 1 mm.
SHAPE: Shape = (192, 256, 256)
#: The data set as it is stored: slices from right to left, 256 x 256 in the plane.
_STORED = "PSR"
_BRIGHTNESS = 600.0

CONFIG = SynthesisConfig(
    voxel=1.0,
    oversampling=1,
    margin=0,
    pose=PoseConfig(rotation=4, tilted_share=0, turned_share=0, scale=0.05, shift=4),
    contrast=ContrastConfig(shares={"T1w": 1.0}, class_jitter=0.05, bright_fat_share=0.3),
    lesion_share=0,
    deface_share=0.9,
    stripped_share=0,
    shrunken_share=0,
    ventricle_share=0,
    pad_share=0,
    metal_share=0,
    bias=0.35,
    coil_share=0.2,
    slice_share=0,
    coarse_share=0,
    ghost_share=0.02,
    motion_share=0,
    spike_share=0,
    cut_share=0,
    noise=0.06,
)


@dataclass(frozen=True)
class Head:
    """One subject to be made.

    Attributes
    ----------
    subject : str
        As NFBS names them, ``A00`` and six digits.
    labelmap : Path
        The anatomy it is made from.
    folder : Path
        Where its three files go.
    """

    subject: str
    labelmap: Path
    folder: Path

    def path(self, ending: str) -> Path:
        """File of this subject: `ending` is ``T1w``, ``T1w_brain`` or ``T1w_brainmask``."""
        return self.folder / f"sub-{self.subject}_ses-NFB3_{ending}.nii.gz"

    @property
    def done(self) -> bool:
        """Whether all three files are there."""
        return all(self.path(ending).exists() for ending in ("T1w", "T1w_brain", "T1w_brainmask"))


def plan_heads(labelmaps: Path, out: Path) -> list[Head]:
    """One subject for each adult label map in a folder, numbered in the order of their names.

    Raises
    ------
    InputError
        If the folder has none.
    """
    maps = [*sorted(labelmaps.glob("synthseg_*.nii.gz")), *sorted(labelmaps.glob("scatterbrains_*.nii.gz"))]
    if not maps:
        raise InputError(f"{labelmaps}: no label maps (synthseg_*, scatterbrains_*) there; check --labelmaps.")
    names = [f"A00{90_000 + 37 * number:06d}" for number in range(len(maps))]
    return [Head(name, path, out / name) for name, path in zip(names, maps, strict=True)]


def synthesise_nfbs(labelmaps: Path, out: Path, cache: Path, seed: int = 1) -> Iterator[Head]:
    """Make the data set, a head at a time; heads that are there already are left alone.

    Also writes ``splits.csv``: anatomies of `HELD_OUT` are for validation, the others for training.

    Parameters
    ----------
    labelmaps : Path
        Folder with the label maps.
    out : Path
        Folder of the data set.
    cache : Path
        Where prepared anatomies are kept.
    seed : int
        The same seed makes the same files.

    Yields
    ------
    Head
        Each one once it is there.
    """
    heads = plan_heads(labelmaps, out)
    remove_leftovers(out)
    splits = {head.subject: Membership("validation" if _held_out(head) else "train", -1) for head in heads}
    write_splits(splits, out / "splits.csv")
    for number, head in enumerate(heads):
        if not head.done:
            _write(head, *_make(head, cache, 10_007 * seed + number))
        yield head


def _held_out(head: Head) -> bool:
    return head.labelmap.name.split(".")[0] in HELD_OUT


def _make(head: Head, cache: Path, seed: int) -> tuple[Volume, Volume]:
    """Scan (int16) and mask (uint8) of one head, RAS."""
    sample = synthesise(load_anatomy(head.labelmap, cache), seed, SHAPE, CONFIG)
    affine = np.eye(4)
    affine[:3, 3] = -(np.array(SHAPE) - 1) / 2
    scan = np.round(sample.image[0, 0].numpy() * _BRIGHTNESS).astype(np.int16)
    mask = (sample.distance[0, 0].numpy() < 0).astype(np.uint8)
    return Volume(scan, affine), Volume(mask, affine)


def _write(head: Head, scan: Volume, mask: Volume) -> None:
    """Write the three files as NFBS stores them; the scan last, so that a killed run leaves no half pair."""
    brain = scan.with_data(scan.data * mask.data)
    for volume, ending in ((mask, "T1w_brainmask"), (brain, "T1w_brain"), (scan, "T1w")):
        formats.write(_stored(volume), head.path(ending), overwrite=True)


def _stored(volume: Volume) -> Volume:
    """Turn a RAS volume to the axes of `_STORED`."""
    image = nib.Nifti1Image(volume.data, volume.affine)
    turn = nib.orientations.ornt_transform(nib.orientations.axcodes2ornt("RAS"), nib.orientations.axcodes2ornt(_STORED))
    turned = image.as_reoriented(turn)
    return Volume(np.asarray(turned.dataobj), turned.affine)
