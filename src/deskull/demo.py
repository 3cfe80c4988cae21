"""Demo: make a raw head scan from the sample that travels with deskull.

The sample is an image made by this project's synthesis (`deskull.train.synthesis.generator`, see
benchmarks/make_sample.py), free of noise, at 1.5 mm. The demo turns it into a scan as a scanner would give
it: 1 mm voxels, an oblique header, uneven coils, noise. The same seed makes the same scan.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
from scipy import ndimage

from deskull import formats
from deskull.volume import Affine, FloatArray, Volume

SHAPE = (192, 240, 240)


def make_head(seed: int = 0) -> Volume:
    """Return a synthetic raw T1w head: int16, 192 x 240 x 240 voxels of 1 mm, oblique.

    Parameters
    ----------
    seed : int
        Changes pose, coil shading, gamma and noise.
    """
    rng = np.random.default_rng(seed)
    sample = formats.read(Path(str(resources.files("deskull") / "samples" / "head.nii.gz")))
    affine = _oblique_affine(rng)
    to_sample = np.linalg.inv(sample.affine) @ affine
    head = ndimage.affine_transform(
        sample.values(), to_sample[:3, :3], to_sample[:3, 3], SHAPE, order=1, output=np.float32
    )
    head = (head / 255) ** np.float32(2.0 ** rng.normal(0, 0.2))
    head *= _shading(rng)
    noise = 0.02 * rng.standard_normal((2, *SHAPE), dtype=np.float32)
    head = np.hypot(head + noise[0], noise[1])
    return Volume(np.round(head * 1000).astype(np.int16), affine, name=f"synthetic head {seed}")


def _oblique_affine(rng: np.random.Generator) -> Affine:
    """1 mm voxels stored left, posterior, superior, tilted by a few degrees about x."""
    tilt = np.deg2rad(rng.uniform(-12, 12))
    affine = np.eye(4)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    affine[:3, :3] = turn @ np.diag([-1.0, -1.0, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    return affine


def _shading(rng: np.random.Generator) -> FloatArray:
    """Smooth multiplicative coil field around 1."""
    control = rng.normal(0, 0.25, (4, 4, 4)).astype(np.float32)
    zooms = [size / 4 for size in SHAPE]
    field: FloatArray = np.exp(ndimage.zoom(control, zooms, order=1, grid_mode=True, mode="nearest"))
    return field
