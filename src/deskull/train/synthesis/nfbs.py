"""A synthetic data set in the layout of NFBS, for where NFBS itself is not available.

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
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import load_label_map, name_of
from deskull.train.synthesis.spatial import PoseConfig, Shape
from deskull.volume import Volume

#: Label maps on which no shipped model was trained: the validation subjects of the data set.
VALIDATION = ("scatterbrains_13", "scatterbrains_14", "scatterbrains_15", "scatterbrains_16")
#: Number of voxels, of 1 mm, from left to right, posterior to anterior and inferior to superior.
SHAPE: Shape = (192, 256, 256)
#: Orientation of the stored files: NFBS has sagittal slices of 256 x 256 voxels.
_STORED = "PSR"
#: Stored value of the intensity 1 (about the brightest tissue).
_BRIGHTNESS = 600.0
#: Distance between the first seeds of two data sets; more than there are subjects.
_SEED_STEP = 10_007
#: Settings of the images: upright, mostly defaced heads in T1w, of good quality.
CONFIG = SynthesisConfig(
    voxel_size=1.0,
    oversampling=1,
    margin=0,
    pose=PoseConfig(rotation=4, large_rotation_probability=0, axis_permutation_probability=0, scale=0.05, shift=4),
    contrast=ContrastConfig(family_weights={"T1w": 1.0}, class_jitter=0.05, bright_fat_probability=0.3),
    lesion_probability=0,
    defacing_probability=0.9,
    skull_stripped_probability=0,
    atrophy_probability=0,
    ventricle_probability=0,
    pad_probability=0,
    metal_probability=0,
    bias_field=0.35,
    coil_probability=0.2,
    thick_slices_probability=0,
    coarse_voxels_probability=0,
    ghosting_probability=0.02,
    motion_probability=0,
    spike_probability=0,
    cropping_probability=0,
    noise=0.06,
)


@dataclass(frozen=True)
class Subject:
    """One subject of the data set.

    Attributes
    ----------
    name : str
        As NFBS names them, ``A00`` and six digits.
    label_map : Path
        From which it is made.
    folder : Path
        Of its three files.
    """

    name: str
    label_map: Path
    folder: Path

    def path(self, ending: str) -> Path:
        """Path of a file of this subject: `ending` is ``T1w``, ``T1w_brain`` or ``T1w_brainmask``."""
        return self.folder / f"sub-{self.name}_ses-NFB3_{ending}.nii.gz"

    @property
    def complete(self) -> bool:
        """Whether all three files exist."""
        return all(self.path(ending).exists() for ending in ("T1w", "T1w_brain", "T1w_brainmask"))


def plan_subjects(label_maps: Path, out: Path) -> list[Subject]:
    """Plan one subject for each adult label map in a folder, numbered in the order of their names.

    Parameters
    ----------
    label_maps : Path
        Folder with the label maps.
    out : Path
        Folder of the data set.

    Raises
    ------
    InputError
        If the folder has no label maps of adults.
    """
    maps = [*sorted(label_maps.glob("synthseg_*.nii.gz")), *sorted(label_maps.glob("scatterbrains_*.nii.gz"))]
    if not maps:
        raise InputError(f"{label_maps}: holds no label maps (synthseg_*, scatterbrains_*); check the path.")
    names = [f"A00{90_000 + 37 * number:06d}" for number in range(len(maps))]
    return [Subject(name, path, out / name) for name, path in zip(names, maps, strict=True)]


def synthesise_nfbs(label_maps: Path, out: Path, cache: Path, seed: int = 1) -> Iterator[Subject]:
    """Make the data set, one subject after the other; subjects whose files exist are kept as they are.

    Also writes ``splits.csv``: subjects made from `VALIDATION` are for validation, the others for training.

    Parameters
    ----------
    label_maps : Path
        Folder with the label maps.
    out : Path
        Folder of the data set.
    cache : Path
        Folder of label maps with their distances.
    seed : int
        The same seed gives the same files.

    Yields
    ------
    Subject
        Each one when its files exist.

    Raises
    ------
    InputError
        If the folder has no label maps of adults.
    """
    subjects = plan_subjects(label_maps, out)
    remove_leftovers(out)
    splits = {subject.name: Membership(_split_of(subject), -1) for subject in subjects}
    write_splits(splits, out / "splits.csv")
    for number, subject in enumerate(subjects):
        if not subject.complete:
            _write(subject, *_make(subject, cache, _SEED_STEP * seed + number))
        yield subject


def _split_of(subject: Subject) -> str:
    """Whether a subject is for training or validation."""
    return "validation" if name_of(subject.label_map) in VALIDATION else "train"


def _make(subject: Subject, cache: Path, seed: int) -> tuple[Volume, Volume]:
    """Scan (int16) and mask (uint8) of one subject, RAS+."""
    sample = synthesise(load_label_map(subject.label_map, cache), seed, SHAPE, CONFIG)
    affine = np.eye(4)
    affine[:3, 3] = -(np.array(SHAPE) - 1) / 2
    scan = np.round(sample.image[0, 0].numpy() * _BRIGHTNESS).astype(np.int16)
    mask = (sample.distance[0, 0].numpy() < 0).astype(np.uint8)
    return Volume(scan, affine), Volume(mask, affine)


def _write(subject: Subject, scan: Volume, mask: Volume) -> None:
    """Write the three files as NFBS stores them; the scan last, so that an interrupted run leaves no scan alone."""
    brain = scan.with_data(scan.data * mask.data)
    for volume, ending in ((mask, "T1w_brainmask"), (brain, "T1w_brain"), (scan, "T1w")):
        formats.write(_reoriented(volume), subject.path(ending), overwrite=True)


def _reoriented(volume: Volume) -> Volume:
    """Reorient a RAS+ volume to `_STORED`."""
    image = nib.Nifti1Image(volume.data, volume.affine)
    axes = (nib.orientations.axcodes2ornt(codes) for codes in ("RAS", _STORED))
    stored = image.as_reoriented(nib.orientations.ornt_transform(*axes))
    return Volume(np.asarray(stored.dataobj), stored.affine)
