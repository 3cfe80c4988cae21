"""A population that no shipped network was made for: synthetic heads as a portable scanner of 64 mT shows them.

Such scanners deliver slices of 5 mm, voxels of 1.6 mm in the plane, blurred edges, little contrast between grey and
white matter, and far more noise than the images on which the networks were trained: up to 10 % of bright tissue there,
40 to 80 % of bright brain here, at the end of what low field delivers. The heads are made from label maps, so that the
true surface of every brain is known. Each label map is one anatomy: those of the training scans and those of the test
scans are different people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from deskull import Volume, formats
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import load_label_map
from deskull.train.synthesis.nfbs import CONFIG

#: Edge of the voxels in the plane in mm, and number of those that make up the thickness of a slice.
IN_PLANE_MM, PER_SLICE = 1.6, 3
#: Voxels from left to right, posterior to anterior and inferior to superior, before slices are averaged.
SHAPE = (128, 144, 126)
#: Standard deviation of the blur in the plane in mm, and range of the noise as a fraction of bright brain.
BLUR_MM, NOISE = 1.2, (0.4, 0.8)
#: Stored value of bright brain.
BRIGHTNESS = 400.0


@dataclass(frozen=True)
class Head:
    """One scan with its mask.

    Attributes
    ----------
    subject : str
        The label map, without characters that BIDS labels may not have.
    scan, mask : Path
    """

    subject: str
    scan: Path
    mask: Path


def low_field_heads(label_maps: Path, names: list[str], out: Path, cache: Path, seed: int) -> Iterator[Head]:
    """Make one low-field scan of each label map; those that exist are kept."""
    config = _config(IN_PLANE_MM, coil_probability=0.5, neck_probability=1.0)
    for number, name in enumerate(names):
        head = _head(out, name)
        if not (head.scan.exists() and head.mask.exists()):
            sample = synthesise(load_label_map(label_maps / f"{name}.nii.gz", cache), seed + number, SHAPE, config)
            image, brain = sample.image[0, 0].numpy(), sample.distance[0, 0].numpy() < 0
            _write(head, *_scanned(image, brain, np.random.default_rng(seed + number)), IN_PLANE_MM * PER_SLICE)
        yield head


def ordinary_heads(label_maps: Path, names: list[str], out: Path, cache: Path, seed: int) -> Iterator[Head]:
    """Make one ordinary T1w scan of each label map, of 1.6 mm and little noise; those that exist are kept."""
    config = _config(IN_PLANE_MM, noise=0.06)
    for number, name in enumerate(names):
        head = _head(out, name)
        if not (head.scan.exists() and head.mask.exists()):
            sample = synthesise(load_label_map(label_maps / f"{name}.nii.gz", cache), seed + number, SHAPE, config)
            brain = sample.distance[0, 0].numpy() < 0
            _write(head, sample.image[0, 0].numpy() * BRIGHTNESS, brain, IN_PLANE_MM)
        yield head


def _config(voxel_size: float, **changes: float) -> SynthesisConfig:
    """Settings of T1w heads without noise, whose surface lies where the shipped networks have learnt it."""
    usual = {"noise": 0.0, "margin": 0.9, "defacing_probability": 0.0}
    return replace(CONFIG, voxel_size=voxel_size, **(usual | changes))


def _head(out: Path, name: str) -> Head:
    """Name the files of a head."""
    subject = name.replace("_", "")
    stem = out / f"sub-{subject}" / f"sub-{subject}_T1w"
    return Head(subject, stem.with_name(f"{stem.name}.nii.gz"), stem.with_name(f"{stem.name}_brainmask.nii.gz"))


def _scanned(image: np.ndarray, brain: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Image and mask as a low-field scanner would deliver them: blurred, in thick slices, with Rician noise."""
    blurred = ndimage.gaussian_filter(image, (BLUR_MM / IN_PLANE_MM, BLUR_MM / IN_PLANE_MM, 0))
    slices, inside = (_thick(volume) for volume in (blurred, brain.astype(np.float32)))
    mask = inside >= 0.5
    bright = np.percentile(slices[mask], 90)
    noise = rng.uniform(*NOISE) * bright * rng.standard_normal((2, *slices.shape))
    return np.hypot(slices + noise[0], noise[1]) * BRIGHTNESS / bright, mask


def _thick(volume: np.ndarray) -> np.ndarray:
    """Average voxels along the last axis into slices."""
    return volume.reshape(*volume.shape[:2], -1, PER_SLICE).mean(axis=-1)


def _write(head: Head, image: np.ndarray, mask: np.ndarray, slice_mm: float) -> None:
    """Write a scan and its mask; the scan last, so that an interrupted run leaves no scan alone."""
    affine = np.diag([IN_PLANE_MM, IN_PLANE_MM, slice_mm, 1.0])
    affine[:3, 3] = -(np.array(image.shape) - 1) / 2 * np.diag(affine)[:3]
    formats.write(Volume(mask.astype(np.uint8), affine), head.mask, overwrite=True)
    formats.write(Volume(np.round(image).astype(np.int16), affine), head.scan, overwrite=True)
